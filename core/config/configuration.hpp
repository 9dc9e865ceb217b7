// A checked configuration as the engine uses it, and how to read one.
#pragma once

#include "config/diagnostics.hpp"
#include "config/position.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace drcon::config {

/// isolation = "process": the plugin's code runs in a process of its own.
struct isolation_config {
  bool own_process = false;
  std::size_t memory = 0;                    ///< bytes; more costs the process a restart
  std::chrono::nanoseconds restart_min{};    ///< pause before the first restart; doubles up to
  std::chrono::nanoseconds restart_max{};    ///< this; back to the first when it has lived for longer
  std::chrono::nanoseconds stop_patience{};  ///< half of [host] stop_deadline: then it is killed

  bool same_as(const isolation_config& other) const {
    return own_process == other.own_process && memory == other.memory && restart_min == other.restart_min &&
           restart_max == other.restart_max;
  }
};

/// [source.NAME] or [sink.NAME].
struct instance_config {
  std::string name;
  std::string plugin;
  nlohmann::json options;                     ///< checked; defaults filled in; secrets resolved
  std::set<std::string> secrets;              ///< JSON Pointers into `options` that must never be shown
  std::map<std::string, position> positions;  ///< JSON Pointer of an option -> where its value (or key) stands
  position where;                             ///< of the table's header
  isolation_config isolation;

  /// True when an instance made from `other` would be the same: a reload leaves it running.
  bool same_as(const instance_config& other) const {
    return plugin == other.plugin && options == other.options && isolation.same_as(other.isolation);
  }
  /// `options` as text for people, with secrets replaced.
  std::string redacted() const;
};

enum class merge_policy {
  union_of_all,  ///< "union": endpoints of all sources; waits until every source is ready
  prefer,        ///< "prefer": the first source, in the order given, whose state is known
};

/// [pipeline.NAME] merge = …: how the services of several sources become one snapshot.
struct merge_config {
  merge_policy policy = merge_policy::union_of_all;
  std::chrono::nanoseconds grace{};  ///< prefer: how long an earlier source may stay silent at start
  bool operator==(const merge_config&) const = default;
};

/// [pipeline.NAME] wait = …: the first change goes at once when quiet; a storm is folded.
struct wait_config {
  std::chrono::nanoseconds min{};  ///< quiet time that ends a storm
  std::chrono::nanoseconds max{};  ///< a storm is applied at least this often
  bool operator==(const wait_config&) const = default;
};

/// [pipeline.NAME] brake = …: refuses to lose too many endpoints at once.
struct brake_config {
  double max_removed = 0.5;           ///< share (0..1) of endpoints in service that may go within `window`
  std::int64_t min_endpoints = 1;     ///< never fewer than this in service, unless there were fewer before
  std::chrono::nanoseconds hold{};    ///< how long a loss is held before it is believed; 0: no brake
  std::chrono::nanoseconds window{};  ///< losses within this time are added up
  bool operator==(const brake_config&) const = default;
};

/// [pipeline.NAME] filter = …: what of the sources' word the pipeline takes. Every condition that is given must hold.
struct filter_config {
  std::string service;                      ///< regular expression for the whole name; empty: any
  std::vector<std::string> tags;            ///< all of these
  std::vector<std::string> without_tags;    ///< none of these
  std::map<std::string, std::string> meta;  ///< all of these, with these values
  std::vector<std::string> health;          ///< one of these; empty: any
  std::vector<std::string> datacenter;      ///< one of these; empty: any
  bool operator==(const filter_config&) const = default;
};

/// [pipeline.NAME] limit = …: at most so many endpoints of each service.
struct limit_config {
  std::int64_t endpoints = 0;  ///< 0: no limit
  std::string key;             ///< what the choice depends on; empty: the host's name
  bool operator==(const limit_config&) const = default;
};

/// [pipeline.NAME].
struct pipeline_config {
  std::string name;
  std::vector<std::string> sources;
  std::vector<std::string> sinks;
  merge_config merge;
  filter_config filter;
  limit_config limit;
  wait_config wait;
  brake_config brake;
  std::chrono::nanoseconds resync{};  ///< how often sinks compare their target with what is wanted; 0: never
  position where;

  bool same_as(const pipeline_config& other) const;
};

/// [admin].
struct admin_config {
  std::filesystem::path socket;  ///< empty: none
  std::string address;           ///< listen = "ADDRESS:PORT"; empty: no TCP
  std::uint16_t port = 0;
  std::string token;                  ///< empty: none, and nothing is changed over TCP
  std::filesystem::path certificate;  ///< with a private key: TLS
  std::filesystem::path private_key;
  bool is_on() const { return !socket.empty() || !address.empty(); }
  bool operator==(const admin_config&) const = default;
};

/// [host], [log], [admin].
struct host_config {
  std::vector<std::filesystem::path> plugin_directories;  ///< besides the built-in one
  bool stop_on_bad_plugin = false;                        ///< on_bad_plugin = "stop" | "continue"
  std::filesystem::path state_directory;
  std::chrono::nanoseconds stop_deadline{};
  std::int64_t journal_size = 0;                         ///< entries kept in memory
  std::string log_level;                                 ///< trace, debug, info, warning, error
  std::map<std::string, std::string> plugin_log_levels;  ///< of what plugins say, where it differs; by their name
  std::string log_format;                                ///< text, json
  std::filesystem::path log_file;                        ///< empty: standard error
  admin_config admin;
  bool operator==(const host_config&) const = default;
};

struct configuration {
  host_config host;
  std::map<std::string, instance_config> sources;
  std::map<std::string, instance_config> sinks;
  std::map<std::string, pipeline_config> pipelines;
};

enum class kind { source, sink };

/// What the loader must know about plugins.
struct plugin_catalog {
  /// The option schema of a plugin of this kind, or nothing when there is none.
  std::function<std::optional<nlohmann::json>(kind, const std::string& plugin)> schema;
  /// All plugin names of a kind, for suggestions.
  std::function<std::vector<std::string>(kind)> names;
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
