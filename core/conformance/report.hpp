// What the kit found, for people and for machines.
#pragma once

#include "conformance/runner.hpp"

#include <string>

namespace drcon::conformance {

/// One line; when the promise is broken, what was promised, what was seen and what to do below it.
std::string line_of(const result& from);
/// The last words: how many of what.
std::string summary_of(const findings& from);
nlohmann::json json_of(const request& what, const findings& from);

}  // namespace drcon::conformance
