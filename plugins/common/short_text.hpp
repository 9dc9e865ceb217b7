// Text of others, made short enough for a message.
//
// Pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace drcon::common {

/// The beginning of the text, of at most so many bytes. It ends between two characters of UTF-8, so that what is shown
/// of it is what was written.
inline std::string_view shortened(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  constexpr unsigned kind_of_byte = 0xc0;
  constexpr unsigned continues = 0x80;
  constexpr std::size_t longest_character = 4;
  auto end = most;
  while (end > 0 && most - end < longest_character &&
         (static_cast<unsigned char>(text[end]) & kind_of_byte) == continues)
    --end;
  // So many bytes that continue a character are no UTF-8: there is nothing to keep whole.
  const bool is_text = (static_cast<unsigned char>(text[end]) & kind_of_byte) != continues;
  return text.substr(0, is_text ? end : most);
}

/// What a server says of an error, for a message: its first line, shortened.
inline std::string first_line(std::string_view text) {
  constexpr std::size_t most = 200;
  return std::string(shortened(text.substr(0, text.find('\n')), most));
}

/// "'a', 'b', 'c' and 7 more": the first of a set, each by `name`.
template <class Set, class Name>
std::string first_of(const Set& all, Name name) {
  constexpr std::size_t shown = 3;
  std::string text;
  std::size_t count = 0;
  for (const auto& each : all) {
    if (count++ == shown) break;
    text += (text.empty() ? "'" : ", '") + name(each) + "'";
  }
  if (all.size() > shown) text += " and " + std::to_string(all.size() - shown) + " more";
  return text;
}

}  // namespace drcon::common
