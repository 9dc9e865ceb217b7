// What the kit found, for people and for machines.
#pragma once

#include "conformance/runner.hpp"

#include <string>

namespace drcon::conformance {

/// One line; when the promise is broken, what was promised, what was seen and what to do below it.
std::string line_of(const result& result);
/// The last line: how many cases passed, failed, crashed, timed out or did not run.
std::string summary_of(const findings& findings);
nlohmann::json json_of(const request& request, const findings& findings);

}  // namespace drcon::conformance
