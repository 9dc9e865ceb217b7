// One plugin library: found, looked at, loaded, and its entry object checked.
//
// Libraries stay mapped until the process ends: unloading code that a late thread may still run is the danger, and
// frees nothing worth having.
#pragma once

#include <drcon/plugin.h>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <optional>
#include <string>

namespace drcon::plugins {

/// A loaded plugin. Cheap to copy; `entry` points into the library and is valid for good.
struct plugin {
  std::filesystem::path file;
  const drcon_plugin* entry = nullptr;
  std::optional<nlohmann::json> source_schema;
  std::optional<nlohmann::json> sink_schema;

  std::string name() const { return entry->name; }
};

/// The plugin in `file`; or nothing, and one line in `why`: what is wrong, found and wanted.
std::optional<plugin> load_library(const std::filesystem::path& file, std::string& why);

}  // namespace drcon::plugins
