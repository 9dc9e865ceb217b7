// A text as one part of a URL's path or query (RFC 3986, section 2.1).
//
// Pure function.
#pragma once

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include <string>
#include <string_view>

namespace drcon::common {

inline std::string percent_encoded(std::string_view text) {
  return boost::urls::encode(text, boost::urls::unreserved_chars);
}

}  // namespace drcon::common
