// Texts as TOML writes them.
//
// Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace drcon::common {

/// In double quotes.
std::string toml_text(std::string_view content);

}  // namespace drcon::common
