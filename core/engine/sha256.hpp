// SHA-256, for comparing: of what a file holds, and of what a pipeline asks for.
//
// Thread rule: a pure function.
#pragma once

#include <string>
#include <string_view>

namespace drcon::engine {

/// In lower-case hexadecimal; empty if the library cannot do it.
std::string sha256(std::string_view text);

}  // namespace drcon::engine
