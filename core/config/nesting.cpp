#include "config/nesting.hpp"

#include <algorithm>

namespace drcon::config {
namespace {

constexpr int most_dots = 15;

bool is_key_part(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         c == ' ' || c == '\t';
}

// The end of the string that opens at `at`. A string that is not closed ends anywhere: the parser stops there too.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const auto triple = std::string_view(quote == '"' ? R"(""")" : "'''");
  const bool is_long = text.substr(at, 3) == triple;
  auto i = at + (is_long ? 3 : 1);
  while (i < text.size()) {
    if (quote == '"' && text[i] == '\\') {
      i += 2;
    } else if (is_long && text.substr(i, 3) == triple) {
      i += 3;
      for (int extra = 0; extra < 2 && i < text.size() && text[i] == quote; ++extra) ++i;  // the text may end in quotes
      return i;
    } else if (!is_long && (text[i] == quote || text[i] == '\n')) {
      return i + 1;
    } else {
      ++i;
    }
  }
  return text.size();
}

text_place place_of(std::string_view text, std::size_t at) {
  const auto before = text.substr(0, at);
  const auto line_start = before.rfind('\n') + 1;  // npos + 1 is 0: the first line
  const auto is_first_byte = [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; };
  return {.line = 1 + static_cast<int>(std::ranges::count(before, '\n')),
          .column = 1 + static_cast<int>(std::ranges::count_if(before.substr(line_start), is_first_byte))};
}

}  // namespace

std::optional<text_place> too_many_dots(std::string_view toml) {
  int dots = 0;
  for (std::size_t i = 0; i < toml.size();) {
    const char c = toml[i];
    if (c == '"' || c == '\'') {
      i = end_of_string(toml, i);
      continue;
    }
    if (c == '#') {
      i = std::min(toml.find('\n', i), toml.size());
      continue;
    }
    if (c == '.') {
      if (++dots > most_dots) return place_of(toml, i);
    } else if (!is_key_part(c)) {
      dots = 0;
    }
    ++i;
  }
  return {};
}

}  // namespace drcon::config
