// How tests of mustache escape.
#pragma once

#include <string>
#include <string_view>

namespace drcon::templating::mustache {

inline void html(std::string_view text, std::string& output) {
  for (const char c : text) switch (c) {
      case '&': output += "&amp;"; break;
      case '<': output += "&lt;"; break;
      case '>': output += "&gt;"; break;
      case '"': output += "&quot;"; break;
      default: output += c;
    }
}

}  // namespace drcon::templating::mustache
