#include "config/text.hpp"

#include "config/invisible.hpp"

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

bool is_within(std::uint32_t c, std::uint32_t first, std::uint32_t last) { return c >= first && c <= last; }

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

// So is what ends a line for some readers of a log (U+2028, U+2029), turns the direction of the text around it, or
// hides text in text (tag characters).
bool is_control(std::string_view sequence) {
  const auto c = code_point(sequence);
  return c < 0x20 || is_within(c, 0x7F, 0x9F) || is_within(c, 0x2028, 0x202E) || is_within(c, 0x2066, 0x2069) ||
         is_within(c, 0xE0000, 0xE007F);
}

bool is_invisible(std::string_view sequence) {
  const auto c = code_point(sequence);
  return c == 0xAD || c == 0x61C || c == 0x180E || is_within(c, 0x200B, 0x200F) || is_within(c, 0x2060, 0x2064) ||
         is_within(c, 0x206A, 0x206F) || c == 0xFEFF;
}

bool has_invisible(std::string_view text) {
  while (!text.empty()) {
    const auto length = sequence_length(text);
    if (length == 0) return false;
    if (length > 1 && is_invisible(text.substr(0, length))) return true;
    text.remove_prefix(length);
  }
  return false;
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  while (!text.empty() && out.size() < limit) {
    const auto length = sequence_length(text);
    const auto sequence = text.substr(0, length == 0 ? 1 : length);
    const auto c = length == 0 ? static_cast<unsigned char>(text[0]) : code_point(sequence);
    if (length == 0 || c < 0x20 || c == 0x7F) out += escaped("\\x%02x", c);
    else if (is_control(sequence) || is_invisible(sequence)) out += escaped(c > 0xFFFF ? "\\U%08x" : "\\u%04x", c);
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
