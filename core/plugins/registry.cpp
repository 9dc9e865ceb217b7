#include "plugins/registry.hpp"

#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <system_error>
#include <utility>

namespace drcon::plugins {

namespace fs = std::filesystem;

namespace {

// Once: a file that is tried again, or a directory that is named twice, has the same fault.
void note(std::vector<refused_library>& all, refused_library one) {
  const auto is_same = [&](const refused_library& each) {
    return each.file == one.file && each.fault.why == one.fault.why;
  };
  if (std::ranges::none_of(all, is_same)) all.push_back(std::move(one));
}

}  // namespace

void registry::offer_bundled(const fs::path& directory) {
  std::error_code error;
  bundled_ = fs::weakly_canonical(directory, error);
  for (const auto& file : files_of(directory)) offered_.emplace(file.stem().string(), offer{.file = file});
}

void registry::load_all() {
  for (auto& [name, each] : offered_) load_offered(each);
}

// One that cannot be loaded is tried again when it is asked for once more: at a reload it may be whole.
void registry::load_offered(offer& each) {
  if (!each.is_loaded) each.is_loaded = load_file(each.file, trust::bundled);
}

void registry::load_directories(const std::vector<fs::path>& directories) {
  for (const auto& directory : directories)
    for (const auto& file : files_of(directory)) load_file(file, trust::unknown);
}

void registry::add(plugin built_in) {
  const std::unique_lock lock(mutex_);
  auto name = built_in.name();
  plugins_.insert_or_assign(std::move(name), std::move(built_in));
}

// In order of name.
std::vector<fs::path> registry::files_of(const fs::path& directory) {
  directories_.push_back(directory);
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::directory_iterator each(directory, error), end; !error && each != end; each.increment(error))
    if (each->path().extension() == ".so") files.push_back(each->path());
  if (error) {
    const library_fault fault{"cannot be listed: " + error.message(),
                              "make it a directory that the user whom drcon runs as, uid " +
                                  std::to_string(::geteuid()) +
                                  ", may list, or name another one with plugin_directories or --plugin-dir"};
    note(unlisted_, {directory, fault});
    if (error != std::errc::no_such_file_or_directory) refuse(directory, fault);
  }
  std::ranges::sort(files);
  return files;
}

// False when the file cannot be loaded; refused() has the reason.
bool registry::load_file(const fs::path& file, trust origin) {
  if (auto fault = fault_of_place(file)) {
    refuse(file, std::move(*fault));
    return false;
  }
  auto loaded = load_library(file, origin);
  if (loaded) add_or_refuse(*std::move(loaded), file);
  else refuse(file, loaded.error());
  return loaded.has_value();
}

void registry::refuse(const fs::path& file, library_fault fault) { note(refused_, {file, std::move(fault)}); }

// A link must not bring in a file that nobody has put into a plugin directory: its directory may be writable by others.
// Links among the plugin directories are allowed.
possible_fault registry::fault_of_place(const fs::path& file) const {
  std::error_code error;
  const auto real = fs::canonical(file, error);
  if (error) return {};  // load_library reports it
  for (const auto& directory : directories_)
    if (real.parent_path() == fs::weakly_canonical(directory, error)) return {};
  return library_fault{"lies outside of the plugin directories: it is a link to " + real.string(),
                       "copy it there, or name its directory with plugin_directories or --plugin-dir"};
}

// The plugin that was loaded first keeps the name. Within one directory that would depend on the spelling of the files,
// so there the file that is called NAME.so has the name.
void registry::add_or_refuse(plugin loaded, const fs::path& file) {
  std::error_code error;
  if (const auto offered = offered_.find(loaded.name());
      offered != offered_.end() && fs::canonical(offered->second.file, error) != loaded.file)
    return refuse(file, clash(loaded.name(), offered->second.file));
  const std::unique_lock lock(mutex_);
  const auto known = plugins_.find(loaded.name());
  if (known == plugins_.end()) {
    plugins_.emplace(loaded.name(), std::move(loaded));
    return;
  }
  if (known->second.file == loaded.file) return;
  const bool takes_over = known->second.file.parent_path() == loaded.file.parent_path() &&
                          loaded.file.stem() == loaded.name() && known->second.file.stem() != loaded.name();
  if (takes_over) std::swap(known->second, loaded);
  refuse(takes_over ? loaded.file : file, clash(known->second.name(), known->second.file));
}

library_fault registry::clash(const std::string& name, const fs::path& known) const {
  std::error_code error;
  const bool bundled = fs::weakly_canonical(known.parent_path(), error) == bundled_;
  return {"has the name '" + name + "', which is that of " + (bundled ? "the bundled plugin " : "the plugin ") +
              known.string(),
          "give it another name, or remove one of the two"};
}

const plugin* registry::load(const std::string& name) {
  if (const auto* found = find(name)) return found;
  if (const auto offered = offered_.find(name); offered != offered_.end()) load_offered(offered->second);
  else load_all();  // a file may be called otherwise than the plugin in it
  return find(name);
}

const plugin* registry::find(const std::string& name) const {
  const std::shared_lock lock(mutex_);
  const auto at = plugins_.find(name);
  return at == plugins_.end() ? nullptr : &at->second;
}

// A file may be called otherwise than its plugin. So one that is called by the name says most; after that any directory
// of which nobody knows what is in it.
std::optional<config::missing_plugin> registry::why_missing(const std::string& name) const {
  for (const auto& each : refused_)
    if (each.file.filename() == name + ".so") return config::missing_plugin{each.text(), each.fault.help};
  if (unlisted_.empty()) return {};
  std::string why;
  for (const auto& each : unlisted_)
    why += (why.empty() ? "the plugin directory " : ", and the plugin directory ") + each.text();
  return config::missing_plugin{why, unlisted_.front().fault.help};
}

config::plugin_catalog registry::catalog() {
  const auto schema_of = [](const plugin& each, config::kind kind) {
    return kind == config::kind::source ? each.source_schema : each.sink_schema;
  };
  return {.schema = [this, schema_of](config::kind kind, const std::string& name) -> std::optional<nlohmann::json> {
            const auto* found = load(name);
            return found ? schema_of(*found, kind) : std::nullopt;
          },
          .names =
              [this, schema_of](config::kind kind) {
                load_all();
                std::vector<std::string> names;
                for (const auto& [name, each] : plugins_)
                  if (schema_of(each, kind)) names.push_back(name);
                return names;
              },
          .why_missing = [this](const std::string& name) { return why_missing(name); }};
}

}  // namespace drcon::plugins
