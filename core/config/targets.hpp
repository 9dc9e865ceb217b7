// What sinks own: the values of options that a plugin's schema marks with "target".
//
// Two names of one thing are seen as one where that shows in the names and in the file system: paths through links,
// localhost and 127.0.0.1, a URL with its scheme's port. Two addresses of one server that only the server itself could
// tell are left to the locks that a sink's plugin takes. Pure functions, but for looking at links.
#pragma once

#include "config/configuration.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace drcon::config {

/// Two sinks with one target would undo each other's work: an error for each sink whose target one before it has. So is
/// a target that the configuration needs for something else: one of its own `files`, what a source reads as long as it
/// runs ("reads": "always"), what another option of the same sink names, a file of the host, what drcon keeps in its
/// state directory.
void check_targets(const configuration& all, const std::vector<std::filesystem::path>& files,
                   const plugin_catalog& plugins, diagnostics& found);

/// The files that a sink writes, as its options name them; "DIRECTORY/*" for any file below a directory. `schema` is
/// that of its plugin.
std::vector<std::string> written_paths(const instance_config& sink, const nlohmann::json& schema);

}  // namespace drcon::config
