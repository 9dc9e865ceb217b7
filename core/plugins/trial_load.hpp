// Loads a library in a child process first: a static constructor that throws or crashes ends the process that loads
// it, and no handler can prevent that.
//
// Thread rule: forks, so call it while the process has no other thread that matters: at start.
#pragma once

#include "plugins/library_fault.hpp"

#include <filesystem>
#include <optional>

namespace drcon::plugins {

/// What became of the child, if it did not live through it. A library that the loader merely refuses passes: the real
/// load tells why.
std::optional<library_fault> fault_of_trial_load(const std::filesystem::path& file);

}  // namespace drcon::plugins
