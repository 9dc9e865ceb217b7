#include "plugins/registry.hpp"

#include <algorithm>
#include <set>
#include <system_error>

namespace drcon::plugins {

namespace fs = std::filesystem;

void registry::load_bundled(const fs::path& directory) {
  std::error_code error;
  bundled_ = fs::weakly_canonical(directory, error);
  load_directory(directory, trust::bundled);
}

void registry::load_directories(const std::vector<fs::path>& directories) {
  for (const auto& directory : directories) load_directory(directory, trust::unknown);
}

void registry::load_directory(const fs::path& directory, trust origin) {
  directories_.push_back(directory);
  std::error_code error;
  std::set<fs::path> files;
  for (fs::directory_iterator each(directory, error), end; !error && each != end; each.increment(error))
    if (each->path().extension() == ".so") files.insert(each->path());
  if (error && error != std::errc::no_such_file_or_directory)
    refused_.push_back(
        {directory, {"cannot be listed: " + error.message(), "see that it is a directory, and who may read it"}});
  for (const auto& file : files) load(file, origin);
}

void registry::load(const fs::path& file, trust origin) {
  if (auto fault = fault_of_place(file)) {
    refused_.push_back({file, std::move(*fault)});
    return;
  }
  if (auto loaded = load_library(file, origin)) add_or_refuse(*std::move(loaded), file);
  else refused_.push_back({file, loaded.error()});
}

// A link must not bring in a file that nobody has put into a plugin directory: its directory may be writable by others.
// Links among the plugin directories are allowed.
std::optional<library_fault> registry::fault_of_place(const fs::path& file) const {
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
  const auto known = plugins_.find(loaded.name());
  if (known == plugins_.end()) {
    plugins_.emplace(loaded.name(), std::move(loaded));
    return;
  }
  if (known->second.file == loaded.file) return;
  const bool takes_over = known->second.file.parent_path() == loaded.file.parent_path() &&
                          loaded.file.stem() == loaded.name() && known->second.file.stem() != loaded.name();
  if (takes_over) std::swap(known->second, loaded);
  refused_.push_back({takes_over ? loaded.file : file, clash(known->second)});
}

library_fault registry::clash(const plugin& known) const {
  const bool bundled = known.file.parent_path() == bundled_;
  return {"has the name '" + known.name() + "', which is that of " + (bundled ? "the bundled plugin " : "the plugin ") +
              known.file.string(),
          "give it another name, or remove one of the two"};
}

const plugin* registry::find(const std::string& name) const {
  const auto at = plugins_.find(name);
  return at == plugins_.end() ? nullptr : &at->second;
}

config::plugin_catalog registry::catalog() const {
  const auto schema_of = [](const plugin& each, config::kind kind) {
    return kind == config::kind::source ? each.source_schema : each.sink_schema;
  };
  return {.schema = [this, schema_of](config::kind kind, const std::string& name) -> std::optional<nlohmann::json> {
            const auto* found = find(name);
            return found ? schema_of(*found, kind) : std::nullopt;
          },
          .names =
              [this, schema_of](config::kind kind) {
                std::vector<std::string> names;
                for (const auto& [name, each] : plugins_)
                  if (schema_of(each, kind)) names.push_back(name);
                return names;
              }};
}

}  // namespace drcon::plugins
