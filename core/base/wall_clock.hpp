// The clock on the wall, as journal, status and state write it.
#pragma once

#include <chrono>

namespace drcon::base {

/// Seconds since the epoch; 0 for "never".
inline double to_seconds(std::chrono::system_clock::time_point when) {
  return std::chrono::duration<double>(when.time_since_epoch()).count();
}

}  // namespace drcon::base
