// The time of day, as the journal, the status and the state files write it.
//
// Durations are measured with the steady clock instead: the time of day may be set back.
#pragma once

#include <chrono>

namespace drcon::base {

/// Seconds since the epoch; 0 for "never".
inline double to_seconds(std::chrono::system_clock::time_point when) {
  return std::chrono::duration<double>(when.time_since_epoch()).count();
}

}  // namespace drcon::base
