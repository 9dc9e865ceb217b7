// "did you mean …?"
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace drcon::config {

/// "did you mean 'x'?" when one of `known` is close to `written` or begins with it; else the list of `known` when it is
/// short; else empty.
std::string suggestion(std::string_view written, const std::vector<std::string>& known);

/// "a, b, c".
std::string listed(const std::vector<std::string>& names);

}  // namespace drcon::config
