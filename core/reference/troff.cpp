#include "reference/troff.hpp"

namespace drcon::reference {

std::string troff(const std::string& text) {
  std::string out;
  bool in_code = false;
  for (const char c : text) {
    const bool begins_line = out.empty() || out.back() == '\n';
    if (begins_line && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') out += "\\e";
    else if (c == '-') out += "\\-";
    else if (c == '`') out += (in_code = !in_code) ? "\\fB" : "\\fR";
    else out += c;
  }
  return out;
}

std::string troff_argument(const std::string& text) {
  std::string out;
  for (const char c : troff(text)) out += c == '"' ? std::string("\\(dq") : std::string(1, c);
  return "\"" + out + "\"";
}

}  // namespace drcon::reference
