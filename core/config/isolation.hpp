// [source.NAME] or [sink.NAME] isolation: whether the plugin's code runs in a process of its own.
#pragma once

#include "config/not_compared.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstddef>

namespace drcon::config {

class diagnostics;
struct section;

struct isolation_config {
  bool own_process = false;
  std::size_t memory = std::size_t{512} << 20U;  ///< bytes; a process that holds more is restarted
  /// The pause before the first restart. It doubles with each one up to restart_max, and is back at the first when the
  /// process has lived for longer than that.
  std::chrono::nanoseconds restart_min = std::chrono::milliseconds(100);
  std::chrono::nanoseconds restart_max = std::chrono::seconds(30);
  /// Half of [host] stop_deadline: then it is killed. Not compared: a new deadline restarts no plugin.
  not_compared<std::chrono::nanoseconds> stop_patience{};
  bool operator==(const isolation_config&) const = default;
};

/// The JSON Schema of `isolation` where it is a table. A string sets the mode alone.
nlohmann::json isolation_schema();

/// The isolation of the instance whose table is `instance`; faults go to `found`.
isolation_config read_isolation(const section& instance, diagnostics& found);

}  // namespace drcon::config
