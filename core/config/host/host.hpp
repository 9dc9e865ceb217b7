// [host], and with it [log] and [admin]: the program itself.
#pragma once

#include "config/host/admin.hpp"
#include "config/host/log.hpp"
#include "config/not_compared.hpp"
#include "config/position.hpp"
#include "config/secret.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace drcon::config {

class diagnostics;
struct sections;

struct host_config {
  std::vector<std::filesystem::path> plugin_directories;  ///< besides the built-in one
  bool stop_on_bad_plugin = false;                        ///< on_bad_plugin = "stop" | "continue"
  std::filesystem::path state_directory = "/var/lib/drcon";
  std::chrono::nanoseconds stop_deadline = std::chrono::seconds(10);
  std::chrono::nanoseconds state_interval = std::chrono::milliseconds(500);
  std::int64_t journal_size = 1000;  ///< entries kept in memory
  log_config log;
  admin_config admin;
  not_compared<secret_signatures> secret_files;  ///< that secrets of these tables were read from
  /// Key of [host] -> where its value stands.
  not_compared<std::map<std::string, position>> positions;

  bool operator==(const host_config&) const = default;
};

/// The JSON Schemas of [host], [log] and [admin], by their names.
nlohmann::json host_schemas();

/// Reads [host], [log] and [admin], with their defaults where one is missing. Nothing when one is in error.
std::optional<host_config> read_host(const sections& all, diagnostics& found);

/// For a reload: what is read at start only keeps in `next` the value that it has in `running`. Each option for which
/// that is another value than the configuration `file` has is reported as a warning.
void keep_what_is_read_at_start(const host_config& running, host_config& next, const std::filesystem::path& file,
                                diagnostics& found);

}  // namespace drcon::config
