// Of names that are known, the one that somebody probably meant.
//
// Pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace drcon::common {

/// ` (did you mean "NAME"?)`, or empty where none is near.
std::string nearest(std::string_view written, std::span<const std::string_view> known);

}  // namespace drcon::common
