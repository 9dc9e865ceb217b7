#include "plugins/library.hpp"

#include "plugins/boundary.hpp"
#include "plugins/elf_file.hpp"

#include <boost/dll/shared_library.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <deque>

namespace drcon::plugins {
namespace {

namespace fs = std::filesystem;

// What would let somebody else run code as us.
std::optional<std::string> fault_of_permissions(const fs::path& file) {
  if (::geteuid() != 0) return {};
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) return std::string("cannot be looked at: ") + std::strerror(errno);
  if (info.st_uid != 0) return "is not loaded by root: it belongs to user " + std::to_string(info.st_uid);
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) return "is not loaded by root: others than its owner may write to it";
  return {};
}

// Boost.DLL reports each failure as the same error code; only the text of the exception tells the cause.
const drcon_plugin* open(const fs::path& file, std::string& why) {
  static std::deque<boost::dll::shared_library>& open_for_good = *new std::deque<boost::dll::shared_library>;
  try {
    boost::dll::shared_library library(file.string(),
                                       boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
    open_for_good.push_back(library);
    if (!library.has(DRCON_ENTRY_SYMBOL)) {
      why = "is not a drcon plugin: it does not export " DRCON_ENTRY_SYMBOL;
      return nullptr;
    }
    return &library.get<const drcon_plugin>(DRCON_ENTRY_SYMBOL);
  } catch (const std::exception& error) {
    why = "cannot be loaded: " + printable(error.what(), 400);
    return nullptr;
  }
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

// The ABI's own rule: same major; before 1.0 the same minor too.
std::optional<std::string> fault_of_entry(const drcon_plugin& entry) {
  if (std::memcmp(entry.magic, DRCON_MAGIC, sizeof DRCON_MAGIC) != 0)
    return "is not a drcon plugin: its entry object starts with \"" +
           printable(std::string_view(entry.magic, sizeof entry.magic)) + "\", not \"" DRCON_MAGIC "\"";
  const bool fits = entry.abi_major == DRCON_ABI_MAJOR && (DRCON_ABI_MAJOR > 0 || entry.abi_minor == DRCON_ABI_MINOR);
  if (!fits)
    return "has plugin ABI " + version(entry.abi_major, entry.abi_minor) + "; this drcon has " +
           version(DRCON_ABI_MAJOR, DRCON_ABI_MINOR);
  if (entry.size < sizeof(drcon_plugin))
    return "has an entry object of " + std::to_string(entry.size) + " bytes; ABI " +
           version(entry.abi_major, entry.abi_minor) + " has " + std::to_string(sizeof(drcon_plugin));
  if (!is_plugin_name(entry.name)) return "has a name that is not [a-z][a-z0-9-]*, at most 63 bytes";
  if (entry.version == nullptr || entry.summary == nullptr) return "has no version or no summary";
  if (entry.source == nullptr && entry.sink == nullptr) return "offers neither a source nor a sink";
  return {};
}

template <class Type>
std::optional<std::string> fault_of_type(const Type* type, const char* kind, std::optional<nlohmann::json>& schema) {
  if (type == nullptr) return {};
  const std::string its = std::string("its ") + kind;
  // `render` is the last member of a sink and optional; everything before it must be there.
  if (type->size < sizeof(drcon_source_type))
    return its + " has " + std::to_string(type->size) + " bytes; this ABI has " + std::to_string(sizeof(Type));
  if (!type->options || !type->create || !type->start || !type->stop || !type->destroy)
    return its + " lacks options, create, start, stop or destroy";
  schema = nlohmann::json::parse(type->options, nullptr, false);
  if (!schema->is_object()) return "the option schema of " + its + " is not a JSON object";
  return {};
}

std::optional<std::string> fault_of_sink(const drcon_sink_type* sink) {
  if (sink == nullptr) return {};
  if (sink->size < offsetof(drcon_sink_type, render))
    return "its sink has " + std::to_string(sink->size) + " bytes; this ABI has " +
           std::to_string(sizeof(drcon_sink_type));
  if (!sink->apply) return "its sink lacks apply";
  return {};
}

}  // namespace

std::optional<plugin> load_library(const fs::path& given, std::string& why) {
  std::error_code error;
  const auto file = fs::canonical(given, error);
  if (error) {
    why = "cannot be found: " + error.message();
    return {};
  }
  const auto refuse = [&why](const std::optional<std::string>& fault) {
    if (fault) why = *fault;
    return fault.has_value();
  };
  if (!fs::is_regular_file(file, error)) {
    why = "is not a regular file";
    return {};
  }
  if (refuse(fault_of_permissions(file)) || refuse(fault_of_elf(file))) return {};

  plugin loaded{.file = file, .entry = open(file, why), .source_schema = {}, .sink_schema = {}};
  if (!loaded.entry || refuse(fault_of_entry(*loaded.entry)) || refuse(fault_of_sink(loaded.entry->sink)) ||
      refuse(fault_of_type(loaded.entry->source, "source", loaded.source_schema)) ||
      refuse(fault_of_type(loaded.entry->sink, "sink", loaded.sink_schema)))
    return {};
  return loaded;
}

}  // namespace drcon::plugins
