// What a digit is: of ASCII, whatever the locale.
//
// Pure function.
#pragma once

namespace drcon::templating {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace drcon::templating
