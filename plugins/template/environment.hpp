// What commands are given in their environment about a change.
//
// The kernel takes at most 128 KiB for one variable and, under a small stack limit, for all of them together. What the
// registry names must not reach that: no command could be run any more. Everything is on standard input, without limit.
// Pure functions.
#pragma once

#include "template/desired.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace drcon::templates {

/// Of each list in the environment. Four of them take half of what the kernel grants at least.
inline constexpr std::size_t longest_list = std::size_t{16} * 1024;

/// The first names that fit, each whole, with `separator` between them.
std::string list_of(const std::vector<std::string>& names, char separator);

/// The variables that a command is given: DRCON_SINK, DRCON_REVISION, and lists with their counts.
std::map<std::string, std::string> environment_of(const std::string& sink, const desired_state& desired,
                                                  const std::vector<std::string>& files);

}  // namespace drcon::templates
