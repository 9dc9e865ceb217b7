// Two texts as a unified diff, by diff(1).
#pragma once

#include <string>

namespace drcon::cli {

/// Empty when they are equal.
std::string unified_diff(const std::string& name, const std::string& before, const std::string& after);

}  // namespace drcon::cli
