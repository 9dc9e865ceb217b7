// The command line of `drcon container`: help, and what it says of itself.
//
// Pure functions.
#pragma once

#include <string>

namespace drcon::container {

std::string help();
/// For the manual page and completion of shells, in JSON.
std::string description();

}  // namespace drcon::container
