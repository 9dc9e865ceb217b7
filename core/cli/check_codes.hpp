// The codes of what `drcon check --json` finds.
//
// Constants.
#pragma once

#include <array>
#include <string_view>

namespace drcon::cli {

struct check_code {
  std::string_view code;     ///< scripts compare with it, so it does not change
  std::string_view meaning;  ///< one sentence
};

inline constexpr std::array check_codes{
    check_code{"configuration", "A file, a key, a value or a name in the configuration is wrong."},
    check_code{"plugin", "A plugin refuses its options, for what its schema cannot judge."},
};

}  // namespace drcon::cli
