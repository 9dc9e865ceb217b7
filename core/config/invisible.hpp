// Characters that are not seen, and so make two texts look the same that are not.
#pragma once

#include <string_view>

namespace drcon::config {

/// Of a valid UTF-8 sequence that is no control character: it has no width. In prose it has its uses, such as between
/// letters of Persian; in a name it has none.
bool is_invisible(std::string_view sequence);
/// Whether a text in UTF-8 has one.
bool has_invisible(std::string_view text);

}  // namespace drcon::config
