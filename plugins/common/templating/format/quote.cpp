#include "common/templating/format/quote.hpp"

#include <algorithm>
#include <cstdint>

namespace drcon::templating {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

void append_hex(std::string& result, std::uint32_t number, int digits) {
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) result += hex_digits[(number >> shift) & 0xf];
}

void append_escaped(std::string& result, character one, std::string_view bytes, char quote, characters shown) {
  if (one.is_broken()) {
    result += "\\x";
    append_hex(result, static_cast<unsigned char>(bytes[0]), 2);
    return;
  }
  const auto number = one.number;
  if (number == static_cast<char32_t>(quote) || number == '\\') {
    result += '\\';
    result += static_cast<char>(number);
    return;
  }
  if (shown == characters::ascii ? number < 0x80 && is_printable(number) : is_printable(number)) {
    append(result, number);
    return;
  }
  static constexpr std::string_view letters = "abfnrtv";
  static constexpr std::string_view meanings = "\a\b\f\n\r\t\v";
  if (const auto found = number < 0x80 ? meanings.find(static_cast<char>(number)) : std::string_view::npos;
      found != std::string_view::npos) {
    result += '\\';
    result += letters[found];
  } else if (number < ' ' || number == 0x7f) {
    result += "\\x";
    append_hex(result, number, 2);
  } else if (number < 0x10000) {
    result += "\\u";
    append_hex(result, number, 4);
  } else {
    result += "\\U";
    append_hex(result, number, 8);
  }
}

std::optional<std::uint32_t> digits_of(std::string_view text, unsigned base) {
  std::uint32_t number = 0;
  for (const char c : text) {
    const auto lower_case = static_cast<char>(c >= 'A' && c <= 'F' ? c + ('a' - 'A') : c);
    const auto digit = hex_digits.find(lower_case);
    if (digit >= base) return {};
    number = number * base + static_cast<std::uint32_t>(digit);
  }
  return number;
}

struct piece {
  std::uint32_t number = 0;
  bool is_byte = false;    // of \x or an octal escape: not a character of its own
  std::size_t length = 0;  // 0: not well-formed
};

// One character or escape of a literal in these quotes.
piece next_piece(std::string_view text, char quote) {
  if (text.empty() || text[0] == quote || text[0] == '\n') return {};
  if (text[0] != '\\') {
    const auto one = first_of(text);
    if (one.is_broken()) return {.number = static_cast<unsigned char>(text[0]), .is_byte = true, .length = 1};
    return {.number = one.number, .length = one.bytes};
  }
  if (text.size() < 2) return {};
  static constexpr std::string_view letters = "abfnrtv\\";
  static constexpr std::string_view meanings = "\a\b\f\n\r\t\v\\";
  if (const auto found = letters.find(text[1]); found != std::string_view::npos)
    return {.number = static_cast<unsigned char>(meanings[found]), .length = 2};
  const auto read = [&](std::size_t start, std::size_t count, unsigned base, bool is_byte) -> piece {
    if (text.size() < start + count) return {};
    const auto number = digits_of(text.substr(start, count), base);
    if (!number || (is_byte && *number > 255)) return {};
    if (!is_byte && (*number > last_character || (*number >= 0xd800 && *number < 0xe000))) return {};
    return {.number = *number, .is_byte = is_byte, .length = start + count};
  };
  switch (text[1]) {
    case 'x': return read(2, 2, 16, true);
    case 'u': return read(2, 4, 16, false);
    case 'U': return read(2, 8, 16, false);
    case '\'':
    case '"': return text[1] == quote ? piece{.number = static_cast<unsigned char>(quote), .length = 2} : piece{};
    default: return text[1] >= '0' && text[1] <= '7' ? read(1, 3, 8, true) : piece{};
  }
}

}  // namespace

std::string go_quoted(std::string_view text, characters shown) {
  std::string result = "\"";
  while (!text.empty()) {
    const auto one = first_of(text);
    append_escaped(result, one, text, '"', shown);
    text.remove_prefix(one.bytes);
  }
  return result + '"';
}

std::string go_quoted(char32_t one, characters shown) {
  std::string result = "'";
  if (one > last_character || (one >= 0xd800 && one < 0xe000)) one = replacement;
  append_escaped(result, {.number = one, .bytes = 4}, {}, '\'', shown);
  return result + '\'';
}

bool fits_back_quotes(std::string_view text) {
  while (!text.empty()) {
    const auto one = first_of(text);
    if (one.is_broken() || one.number == 0xfeff) return false;
    if ((one.number < ' ' && one.number != '\t') || one.number == '`' || one.number == 0x7f) return false;
    text.remove_prefix(one.bytes);
  }
  return true;
}

std::optional<std::string> unquoted(std::string_view literal) {
  if (literal.size() < 2 || literal.front() != literal.back()) return {};
  const auto quote = literal.front();
  auto inner = literal.substr(1, literal.size() - 2);
  std::string result;
  if (quote == '`') {
    if (inner.find('`') != std::string_view::npos) return {};
    std::ranges::copy_if(inner, std::back_inserter(result), [](char c) { return c != '\r'; });
    return result;
  }
  if (quote != '"') return {};
  while (!inner.empty()) {
    const auto one = next_piece(inner, '"');
    if (one.length == 0) return {};
    if (one.is_byte) result += static_cast<char>(one.number);
    else append(result, one.number);
    inner.remove_prefix(one.length);
  }
  return result;
}

std::optional<char32_t> unquoted_character(std::string_view literal, bool& begins_well) {
  begins_well = false;
  if (literal.size() < 2 || literal.front() != '\'') return {};
  const auto one = next_piece(literal.substr(1), '\'');
  begins_well = one.length > 0;
  if (!begins_well || literal.substr(1 + one.length) != "'") return {};
  return one.is_byte && literal[1] != '\\' ? replacement : static_cast<char32_t>(one.number);
}

}  // namespace drcon::templating
