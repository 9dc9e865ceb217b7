#include "plugins/library.hpp"

#include "base/build_facts.hpp"
#include "config/schema_fault.hpp"
#include "plugins/elf_file.hpp"
#include "plugins/library_file.hpp"
#include "plugins/trial_load.hpp"
#include "plugins/validation.hpp"

#include <parsed_json.hpp>

#include <boost/core/demangle.hpp>

#include <dlfcn.h>

#include <algorithm>
#include <cstring>

namespace drcon::plugins {
namespace {

namespace fs = std::filesystem;

// What follows `mark` in the loader's message, up to white space or one of `ends`.
std::string word_after(const std::string& text, std::string_view mark, std::string_view ends) {
  const auto at = text.find(mark);
  if (at == std::string::npos) return {};
  const auto begin = at + mark.size();
  return text.substr(begin, text.find_first_of(ends, begin) - begin);
}

// The loader's message names the missing thing. It knows the file by the name of a descriptor, which people do not.
library_fault fault_of_loading(const library_file& library, std::string text) {
  const auto& file = library.name().string();
  const auto given = library.name_for_loader();
  for (auto at = text.find(given); at != std::string::npos; at = text.find(given, at + file.size()))
    text.replace(at, given.size(), file);
  if (const auto symbol = word_after(text, "undefined symbol: ", " ,()]"); !symbol.empty())
    return {"refers to " + printable(boost::core::demangle(symbol.c_str())) + ", which nothing provides",
            "link it with the library that has it; -Wl,-z,defs shows this when it is built"};
  const auto away = text.find(": cannot open shared object file");
  if (away != std::string::npos && text.find(file + ": cannot open") == std::string::npos) {
    const auto start = text.find_last_of(" (", away - 1);
    return {"needs " + printable(text.substr(start + 1, away - start - 1)) + ", which is not there",
            "install the package that has it"};
  }
  return {"cannot be loaded: " + printable(text, 400), "ldd " + file + " shows what it needs"};
}

base::result<const drcon_plugin*, library_fault> load(library_file& library) {
  void* const handle = ::dlopen(library.name_for_loader().c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return fault_of_loading(library, ::dlerror());
  library.keep_open();
  const auto* const entry = static_cast<const drcon_plugin*>(::dlsym(handle, DRCON_ENTRY_SYMBOL));
  if (entry == nullptr)
    return library_fault{
        "is not a drcon plugin: it does not export " DRCON_ENTRY_SYMBOL,
        "write DRCON_SOURCE(…) or DRCON_SINK(…) in one of its files, or define the object in C, and export it"};
  return entry;
}

bool is_plugin_name(const char* name) {
  if (name == nullptr) return false;
  const std::string_view text(name, ::strnlen(name, 64));
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !text.empty() && text.size() <= 63 && text[0] >= 'a' && text[0] <= 'z' && std::ranges::all_of(text, fits);
}

std::string version(std::uint32_t major, std::uint32_t minor) {
  return std::to_string(major) + "." + std::to_string(minor);
}

constexpr auto built_wrong = "include the SDK's plugin.h as it is, and fill the object as its comments say";

// The ABI's own rule: same major, whatever the minor.
possible_fault fault_of_entry(const drcon_plugin& entry) {
  if (std::memcmp(entry.magic, DRCON_MAGIC, sizeof DRCON_MAGIC) != 0)
    return library_fault{"is not a drcon plugin: its entry object starts with \"" +
                             printable(std::string_view(entry.magic, sizeof entry.magic)) +
                             "\", not \"" DRCON_MAGIC "\"",
                         built_wrong};
  if (entry.abi_major != DRCON_ABI_MAJOR)
    return library_fault{"has plugin ABI " + version(entry.abi_major, entry.abi_minor) + std::string("; this drcon ") +
                             build::version + " has " + version(DRCON_ABI_MAJOR, DRCON_ABI_MINOR),
                         entry.abi_major > DRCON_ABI_MAJOR
                             ? "use a newer drcon, or the plugin's release for ABI 1"
                             : "build it again with this drcon's SDK, or use a newer release of it"};
  // Members that later minors append may be missing; those of 1.0 may not.
  constexpr auto least = offsetof(drcon_plugin, ability) + sizeof(entry.ability);
  if (entry.size < least)
    return library_fault{"has an entry object of " + std::to_string(entry.size) + " bytes; ABI " +
                             version(entry.abi_major, entry.abi_minor) + " has " + std::to_string(least),
                         built_wrong};
  if (!is_plugin_name(entry.name))
    return library_fault{"has a name that is not [a-z][a-z0-9-]*, at most 63 bytes", "give it such a name"};
  if (entry.version == nullptr || entry.summary == nullptr)
    return library_fault{"has no version or no summary", "fill both in; they are shown to people"};
  if (entry.source == nullptr && entry.sink == nullptr)
    return library_fault{"offers neither a source nor a sink", "fill in one of them"};
  return {};
}

// `least`: the size that the type had in ABI 1.0.
template <class Type>
possible_fault fault_of_type(const Type* type, const std::string& kind, std::size_t least,
                             std::optional<nlohmann::json>& schema) {
  if (type == nullptr) return {};
  const auto its = "its " + kind;
  if (type->size < least)
    return library_fault{its + " has " + std::to_string(type->size) + " bytes; ABI 1.0 has " + std::to_string(least),
                         built_wrong};
  if (!type->options || !type->create || !type->start || !type->stop || !type->destroy)
    return library_fault{its + " lacks options, create, start, stop or destroy", "none of them may be NULL"};
  schema = parsed_json(type->options);
  if (schema->is_discarded())
    return library_fault{"the option schema of " + its + " is not JSON", "drcon plugin test says more"};
  if (const auto wrong = config::fault_of_schema(*schema))
    return library_fault{"the option schema of " + its + " cannot be used: " + *wrong, "drcon plugin test says more"};
  return {};
}

possible_fault fault_of_source(const drcon_source_type* source, std::optional<nlohmann::json>& schema) {
  return fault_of_type(source, "source", offsetof(drcon_source_type, destroy) + sizeof(void*), schema);
}

possible_fault fault_of_sink(const drcon_sink_type* sink, std::optional<nlohmann::json>& schema) {
  if (auto wrong = fault_of_type(sink, "sink", offsetof(drcon_sink_type, render) + sizeof(void*), schema)) return wrong;
  if (sink != nullptr && !sink->apply) return library_fault{"its sink lacks apply", "it may not be NULL"};
  return {};
}

base::result<plugin, library_fault> load_checked(library_file& file) {
  const auto entry = load(file);
  if (!entry) return entry.error();
  if (auto refused = fault_of_entry(**entry)) return *std::move(refused);
  plugin loaded{
      .file = file.name(), .descriptor = file.descriptor(), .entry = *entry, .source_schema = {}, .sink_schema = {}};
  if (auto refused = fault_of_source(loaded.entry->source, loaded.source_schema)) return *std::move(refused);
  if (auto refused = fault_of_sink(loaded.entry->sink, loaded.sink_schema)) return *std::move(refused);
  return loaded;
}

}  // namespace

base::result<plugin, library_fault> load_library(const fs::path& given, trust origin) {
  auto file = library_file::open(given);
  if (!file) return file.error();
  if (auto refused = fault_of_elf(file->descriptor())) return *std::move(refused);
  if (auto refused = fault_of_stack(file->descriptor())) return *std::move(refused);
  // A bundled library came with the program, and is trusted as the program is: a trial of each would cost every start.
  if (origin != trust::bundled)
    if (auto refused = fault_of_trial_load(*file)) return *std::move(refused);
  return load_checked(*file);
}

base::result<plugin, library_fault> load_library_checked_before(int descriptor, const fs::path& name) {
  auto file = library_file::checked_before(descriptor, name);
  return load_checked(file);
}

}  // namespace drcon::plugins
