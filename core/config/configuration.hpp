// A checked configuration as the engine uses it, and how to read one.
#pragma once

#include "config/diagnostics.hpp"
#include "config/host/host.hpp"
#include "config/isolation.hpp"
#include "config/not_compared.hpp"
#include "config/pipeline/pipeline.hpp"
#include "config/position.hpp"
#include "config/secret.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace drcon::config {

/// [source.NAME] or [sink.NAME].
struct instance_config {
  std::string name;
  std::string plugin;
  nlohmann::json options;         ///< checked; defaults filled in; secrets resolved
  std::set<std::string> secrets;  ///< JSON Pointers into `options` that must never be shown
  /// File that an option names and the plugin reads when it is made -> a hash of its content: a renewed certificate is
  /// another configuration, though no option of it has changed.
  std::map<std::string, std::size_t> files_read;
  not_compared<secret_signatures> secret_files;  ///< that secrets of `options` were read from
  /// JSON Pointer of an option -> where its value (or key) stands.
  not_compared<std::map<std::string, position>> positions;
  not_compared<position> where;  ///< of the table's header
  isolation_config isolation;
  not_compared<std::string> file{};  ///< of the configuration: absolute

  /// What a reload goes by: an instance whose configuration is equal is left running.
  bool operator==(const instance_config&) const = default;
  /// `options` as text for people, with secrets replaced.
  std::string redacted() const;
};

struct configuration {
  host_config host;
  std::map<std::string, instance_config> sources;
  std::map<std::string, instance_config> sinks;
  std::map<std::string, pipeline_config> pipelines;
  std::size_t text_hash = 0;  ///< of what its files say: equal when nobody has edited one of them

  /// The files that all secrets were read from.
  secret_signatures secret_files() const;
};

enum class kind { source, sink };

/// Why a plugin that is asked for may be missing, and what to do about it.
struct missing_plugin {
  std::string why;   ///< "the plugin directory /opt/drcon cannot be listed: Permission denied"
  std::string help;  ///< "let the user that drcon runs as list it"
};

/// What the loader must know about plugins.
struct plugin_catalog {
  /// The option schema of a plugin of this kind, or nothing when there is none.
  std::function<std::optional<nlohmann::json>(kind, const std::string& plugin)> schema;
  /// All plugin names of a kind, for suggestions.
  std::function<std::vector<std::string>(kind)> names;
  /// Of a plugin that has no schema: nothing when all that could be searched was, so that it is nowhere.
  std::function<std::optional<missing_plugin>(const std::string& plugin)> why_missing = [](const std::string&) {
    return std::nullopt;
  };
};

/// Reads only [host], [log] and [admin] of `file` (and its includes), which must be known before plugins can be
/// loaded. Nothing when they are in error.
std::optional<host_config> load_host(const std::filesystem::path& file, diagnostics& found);

/// Reads `file` and its includes and checks everything. All errors go to `found`; the result is empty when there is
/// one.
std::optional<configuration> load(const std::filesystem::path& file, const plugin_catalog& plugins, diagnostics& found);

/// The JSON Schema of drcon's own keys ([host], [log], [admin], [pipeline.*]): what they mean, units, defaults, ranges.
const nlohmann::json& host_schema();

}  // namespace drcon::config
