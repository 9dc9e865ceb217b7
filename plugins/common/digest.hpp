// A short hash of a text, to compare versions by.
//
// Pure function.
#pragma once

#include <string>
#include <string_view>

namespace drcon::common {

/// 64 bits of SHA-256, in hexadecimal: enough to tell one version of a file or a registration from another.
std::string digest(std::string_view text);

}  // namespace drcon::common
