// A text as part of a URL's path or query (RFC 3986, section 2.1).
//
// Pure function.
#pragma once

#include <boost/url/encode.hpp>
#include <boost/url/grammar/lut_chars.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include <string>
#include <string_view>

namespace drcon::common {

inline std::string percent_encoded(std::string_view text) {
  return boost::urls::encode(text, boost::urls::unreserved_chars);
}

/// The text as a path of several parts: its slashes stay.
inline std::string percent_encoded_path(std::string_view text) {
  return boost::urls::encode(text, boost::urls::unreserved_chars + boost::urls::grammar::lut_chars('/'));
}

}  // namespace drcon::common
