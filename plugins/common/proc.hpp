// What /proc shows of a process; see proc(5).
//
// Thread rule: any.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>

namespace drcon::common {

/// The text of /proc/PID/WHAT; empty when there is no such process, or drcon may not see it.
std::string proc_text(pid_t pid, const std::string& what);

/// When it was started, in clock ticks since the boot (field 22 of /proc/PID/stat): tells a process from a later one
/// with the same id. 0 when there is no such process, or drcon may not see it.
unsigned long long start_ticks(pid_t pid);

/// The process that it is a child of; 0 where that is in another process namespace. Nothing when there is no such
/// process, or drcon may not see it.
std::optional<pid_t> parent_of(pid_t pid);

/// How long it has been running: an hour and more when that cannot be seen.
std::chrono::milliseconds age_of(pid_t pid);

}  // namespace drcon::common
