// How long ago something was, as people say it: "3 days ago".
//
// Thread rule: pure functions but for the clock.
#pragma once

#include <chrono>
#include <string>

namespace drcon::base {

/// In whole days, hours or minutes, rounded down; "less than a minute ago" for what lies ahead, too, since the clock
/// was set back. The epoch: "at a time that is not known".
std::string ago(std::chrono::system_clock::time_point when);

/// Longer ago than a day, or not known.
bool is_days_old(std::chrono::system_clock::time_point when);

}  // namespace drcon::base
