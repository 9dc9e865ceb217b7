// Loads a library in a child process first: a static constructor that throws or crashes ends the process that loads
// it, and no handler can prevent that.
//
// Thread rule: it forks, so it is called at start, while no other thread may hold a lock that the child would need.
#pragma once

#include "plugins/library_fault.hpp"
#include "plugins/library_file.hpp"

#include <optional>

namespace drcon::plugins {

/// What happened to the child, if it did not survive the load. A library that the loader refuses without harm passes:
/// the real load reports the reason.
possible_fault fault_of_trial_load(const library_file& file);

}  // namespace drcon::plugins
