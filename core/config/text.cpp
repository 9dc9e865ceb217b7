#include "config/text.hpp"

#include <array>
#include <cstdint>
#include <cstdio>

namespace drcon::config {
namespace {

std::uint32_t code_point(std::string_view sequence) {
  const auto first = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 1) return first;
  std::uint32_t value = first & (0x7FU >> sequence.size());
  for (const char c : sequence.substr(1)) value = (value << 6U) | (static_cast<unsigned char>(c) & 0x3FU);
  return value;
}

// They turn the direction of the text around them, so that what is read is not what is written.
bool turns_direction(std::uint32_t c) {
  return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

std::string escaped(const char* form, std::uint32_t value) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), form, value);
  return text.data();
}

}  // namespace

// Length of the UTF-8 sequence that begins at text[0], or 0 when it is not valid (overlong forms and surrogates too).
std::size_t sequence_length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto continues = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0U) == 0x80U; };
  const auto first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!continues(1) || !continues(2)) return 0;
    if (first == 0xE0 && byte(1) < 0xA0) return 0;
    if (first == 0xED && byte(1) > 0x9F) return 0;
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    if (first == 0xF0 && byte(1) < 0x90) return 0;
    if (first == 0xF4 && byte(1) > 0x8F) return 0;
    return 4;
  }
  return 0;
}

bool is_control(std::string_view sequence) {
  const auto c = code_point(sequence);
  return c < 0x20 || (c >= 0x7F && c < 0xA0);
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  while (!text.empty() && out.size() < limit) {
    const auto length = sequence_length(text);
    const auto sequence = text.substr(0, length == 0 ? 1 : length);
    const auto c = length == 0 ? static_cast<unsigned char>(text[0]) : code_point(sequence);
    if (length == 0 || c < 0x20 || c == 0x7F) out += escaped("\\x%02x", c);
    else if (is_control(sequence) || turns_direction(c)) out += escaped("\\u%04x", c);
    else out += sequence;
    text.remove_prefix(sequence.size());
  }
  if (!text.empty()) out += "…";
  return out;
}

std::string shortened(std::string_view text) {
  constexpr std::size_t longest = 80;
  if (text.size() <= longest) return std::string(text);
  auto end = longest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;  // not within a UTF-8 character
  return std::string(text.substr(0, end)) + "…";
}

}  // namespace drcon::config
