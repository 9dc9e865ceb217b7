// Hashes of a text, in hexadecimal.
//
// Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace drcon::common {

/// A short one, to compare versions by. 64 bits of SHA-256: enough to tell one version of a file or a registration from
/// another.
std::string digest(std::string_view text);

/// SHA-1, for a reader that has no better one: it shows damage, and proves no origin.
std::string sha1(std::string_view text);

}  // namespace drcon::common
