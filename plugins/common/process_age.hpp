// When a process was started, which tells it from a later one with the same id.
//
// Thread rule: any.
#pragma once

#include <sys/types.h>

#include <chrono>

namespace drcon::common {

/// In clock ticks since the boot, as /proc/PID/stat has it (proc(5), field 22); 0 when there is no such process, or
/// drcon may not see it.
unsigned long long start_ticks(pid_t pid);

/// How long it has been running: an hour and more when that cannot be seen.
std::chrono::milliseconds age_of(pid_t pid);

}  // namespace drcon::common
