#include "common/toml_text.hpp"

namespace drcon::common {

std::string toml_text(std::string_view content) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string result = "\"";
  for (const char c : content) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') result += std::string("\\") + c;
    else if (c == '\n') result += "\\n";
    else if (c == '\t') result += "\\t";
    else if (code < 0x20 || code == 0x7f) result += std::string("\\u00") + digits[code >> 4U] + digits[code & 15U];
    else result += c;
  }
  return result + '"';
}

}  // namespace drcon::common
