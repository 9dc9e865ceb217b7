// The time of day, as the journal, the status and the state files write it.
//
// Durations are measured with the steady clock instead: the time of day may be set back.
#pragma once

#include <chrono>
#include <string>

namespace drcon::base {

/// Seconds since the epoch; 0 for "never".
inline double to_seconds(std::chrono::system_clock::time_point when) {
  return std::chrono::duration<double>(when.time_since_epoch()).count();
}

/// "22:31:04 UTC", in this machine's zone, for a sentence; with the date before it unless that is today's. Any thread.
std::string time_of_day(std::chrono::system_clock::time_point when);

}  // namespace drcon::base
