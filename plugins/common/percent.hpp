// A text as part of a URL's path or query (RFC 3986, section 2.1).
//
// Pure function.
#pragma once

#include <drcon/url.hpp>

#include <string>
#include <string_view>

namespace drcon::common {

inline std::string percent_encoded(std::string_view text) {
  return url_encode(text);
}

/// The text as a path of several parts: its slashes stay.
inline std::string percent_encoded_path(std::string_view text) {
  return url_encode_path(text);
}

}  // namespace drcon::common
