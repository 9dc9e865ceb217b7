#include "common/templating/go/escape.hpp"

#include "common/templating/format/unicode.hpp"

#include <cstdio>

namespace drcon::templating::go {

std::string html_text(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char c : text) switch (c) {
      case '\0': append(result, replacement); break;
      case '"': result += "&#34;"; break;
      case '\'': result += "&#39;"; break;
      case '&': result += "&amp;"; break;
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      default: result += c;
    }
  return result;
}

std::string javascript_text(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto one = first_of(text);
    switch (one.number) {
      case '\\': result += "\\\\"; break;
      case '\'': result += "\\'"; break;
      case '"': result += "\\\""; break;
      default: {
        const bool is_mark = one.number == '<' || one.number == '>' || one.number == '&' || one.number == '=';
        if (one.number >= ' ' && !is_mark && (one.number < 0x80 || is_printable(one.number))) {
          result += text.substr(0, one.bytes);
        } else {
          char escape[16];
          std::snprintf(escape, sizeof escape, "\\u%04X", static_cast<unsigned>(one.number));
          result += escape;
        }
      }
    }
    text.remove_prefix(one.bytes);
  }
  return result;
}

std::string query_text(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                          c == '_' || c == '.' || c == '~';
    if (is_plain) {
      result += c;
    } else if (c == ' ') {
      result += '+';
    } else {
      char escape[4];
      std::snprintf(escape, sizeof escape, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
      result += escape;
    }
  }
  return result;
}

}  // namespace drcon::templating::go
