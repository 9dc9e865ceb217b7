#include "plugins/registry.hpp"

#include <algorithm>
#include <set>
#include <system_error>

namespace drcon::plugins {

namespace fs = std::filesystem;

void registry::load_directories(const std::vector<fs::path>& directories) {
  directories_ = directories;
  for (const auto& directory : directories) {
    std::error_code error;
    std::set<fs::path> files;
    for (fs::directory_iterator each(directory, error), end; !error && each != end; each.increment(error))
      if (each->path().extension() == ".so") files.insert(each->path());
    if (error && error != std::errc::no_such_file_or_directory)
      refused_.push_back(directory.string() + ": cannot be listed: " + error.message());
    for (const auto& file : files) load(file);
  }
}

void registry::load(const fs::path& file) {
  std::string why;
  auto loaded = load_library(file, why);
  if (!loaded) {
    refused_.push_back(file.string() + ": " + why);
    return;
  }
  const auto known = plugins_.find(loaded->name());
  if (known == plugins_.end()) {
    plugins_.emplace(loaded->name(), std::move(*loaded));
  } else if (known->second.file != loaded->file) {
    refused_.push_back(file.string() + ": its name '" + loaded->name() + "' is taken by " +
                       known->second.file.string());
  }
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
