// Text in lower case, as far as it is ASCII: names of DNS, HTTP and nginx do not distinguish case there.
//
// Pure function; no locale has a say in it.
#pragma once

#include <string>
#include <utility>

namespace drcon::common {

inline std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

}  // namespace drcon::common
