// One plugin library: found, looked at, loaded, and its entry object checked.
//
// Libraries stay mapped until the process ends: unloading code that a late thread may still run is the danger, and
// frees nothing worth having.
#pragma once

#include "base/result.hpp"
#include "plugins/library_fault.hpp"

#include <drcon/plugin.h>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <optional>
#include <string>

namespace drcon::plugins {

/// A loaded plugin. Cheap to copy; `entry` points into the library and is valid until the process ends.
struct plugin {
  std::filesystem::path file;
  int descriptor = -1;  ///< of the file, open until the process ends; -1: built in
  const drcon_plugin* entry = nullptr;
  std::optional<nlohmann::json> source_schema;
  std::optional<nlohmann::json> sink_schema;

  std::string name() const { return entry->name; }
};

/// How far a library is trusted before it is loaded.
enum class trust {
  bundled,  ///< came with drcon
  unknown,  ///< is loaded in a child first: code that runs at loading can end the process, and nothing can catch that
};

/// The plugin in `file`, or why it is refused.
base::result<plugin, library_fault> load_library(const std::filesystem::path& file, trust origin);

/// The plugin in an open file that load_library() of another process has taken. `name` is for messages.
base::result<plugin, library_fault> load_library_checked_before(int descriptor, const std::filesystem::path& name);

}  // namespace drcon::plugins
