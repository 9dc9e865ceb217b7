// Guards the TOML parser against dotted keys without end.
#pragma once

#include <optional>
#include <string_view>

namespace drcon::config {

struct text_place {
  int line = 0;
  int column = 0;
};

/// Where a dotted key of more than 16 parts stands ("a.b.c… = 1" or "[a.b.c…]"); nothing when there is none.
///
/// The parser limits arrays and inline tables to 256 levels but not dotted keys, and frees tables recursively: some
/// 100,000 dots in a row end the process.
std::optional<text_place> too_many_dots(std::string_view toml);

}  // namespace drcon::config
