#include "common/templating/format/unicode.hpp"

#include <algorithm>
#include <iterator>
#include <span>

namespace drcon::templating {
namespace {

struct range {
  char32_t first;
  char32_t last;
};

struct change {
  char32_t first;
  char32_t last;
  int step;
  int delta;
};

// A character that a word begins with as another text than one character.
struct long_title {
  char32_t number;
  std::string_view text;
};

#include "common/templating/format/unicode_tables.inc"

bool is_in(std::span<const range> all, char32_t number) {
  const auto found = std::ranges::lower_bound(all, number, {}, &range::last);
  return found != all.end() && found->first <= number;
}

// Ranges of every other character may lie within one another, so the last few that begin before it are looked at.
char32_t changed(std::span<const change> all, char32_t number) {
  auto next = std::ranges::upper_bound(all, number, {}, &change::first);
  for (int looked = 0; next != all.begin() && looked < 3; ++looked) {
    --next;
    if (number <= next->last && (number - next->first) % static_cast<char32_t>(next->step) == 0)
      return static_cast<char32_t>(static_cast<int>(number) + next->delta);
  }
  return number;
}

template <typename Change>
std::string each_changed(std::string_view text, Change by) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const auto one = first_of(text);
    append(result, by(one.number));
    text.remove_prefix(one.bytes);
  }
  return result;
}

}  // namespace

character first_of(std::string_view text) {
  if (text.empty()) return {};
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto first = byte(0);
  if (first < 0x80) return {.number = first, .bytes = 1};
  const character broken{.number = replacement, .bytes = 1};
  const std::size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < bytes) return broken;
  char32_t number = first & (0xffU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return broken;
    number = number << 6 | (byte(i) & 0x3f);
  }
  const bool is_too_long = (bytes == 3 && number < 0x800) || (bytes == 4 && number < 0x10000);
  if (is_too_long || number > last_character || (number >= 0xd800 && number < 0xe000)) return broken;
  return {.number = number, .bytes = bytes};
}

character last_of(std::string_view text) {
  if (text.empty()) return {};
  for (std::size_t bytes = std::min<std::size_t>(4, text.size()); bytes > 1; --bytes) {
    const auto one = first_of(text.substr(text.size() - bytes));
    if (one.bytes == bytes) return one;
  }
  return first_of(text.substr(text.size() - 1));
}

void append(std::string& result, char32_t number) {
  if (number > last_character || (number >= 0xd800 && number < 0xe000)) number = replacement;
  const auto tail = [&](unsigned shift) { result += static_cast<char>(0x80 | ((number >> shift) & 0x3f)); };
  if (number < 0x80) {
    result += static_cast<char>(number);
  } else if (number < 0x800) {
    result += static_cast<char>(0xc0 | number >> 6);
    tail(0);
  } else if (number < 0x10000) {
    result += static_cast<char>(0xe0 | number >> 12);
    tail(6);
    tail(0);
  } else {
    result += static_cast<char>(0xf0 | number >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(first_of(text).bytes);
  return count;
}

bool is_letter(char32_t number) { return is_in(letters, number); }
bool is_digit(char32_t number) { return is_in(digits, number); }
bool is_printable(char32_t number) { return is_in(printables, number); }
bool is_upper(char32_t number) { return is_in(upper_letters, number); }
bool is_lower(char32_t number) { return is_in(lower_letters, number); }
bool is_title(char32_t number) { return is_in(title_letters, number); }
bool is_punctuation(char32_t number) { return is_in(punctuation, number); }
bool is_number(char32_t number) { return is_in(numbers, number); }
char32_t upper(char32_t number) { return changed(upper_changes, number); }
char32_t lower(char32_t number) { return changed(lower_changes, number); }
char32_t title(char32_t number) { return changed(title_changes, number); }

bool is_space(char32_t number) {
  if (number >= 0x2000 && number <= 0x200a) return true;
  static constexpr char32_t all[] = {'\t', '\n',   '\v',   '\f',   '\r',   ' ',    0x85,
                                     0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000};
  return std::ranges::find(all, number) != std::end(all);
}

std::string to_upper(std::string_view text) { return each_changed(text, upper); }
std::string to_lower(std::string_view text) { return each_changed(text, lower); }

namespace {

// Modifier letters and the like are small ones, too.
bool has_case(char32_t number) {
  const bool is_small =
      number == 0xaa || number == 0xba || (number >= 0x2b0 && number <= 0x2b8) || (number >= 0x2e0 && number <= 0x2e4);
  return is_small || is_upper(number) || is_lower(number) || is_title(number);
}

// Of scripts that put no spaces between words: each letter is one for itself.
bool is_word_alone(char32_t number) {
  static constexpr range all[] = {{0xe00, 0xeff},   {0x1000, 0x109f}, {0x1780, 0x17ff},
                                  {0x3040, 0x30ff}, {0x3400, 0x4dbf}, {0x4e00, 0x9fff},
                                  {0xf900, 0xfaff}, {0xff66, 0xff9f}, {0x20000, 0x3ffff}};
  return is_in(all, number) && is_letter(number);
}

// A letter, a digit, a mark on one of them, or what ties two of them together.
bool is_of_words(char32_t number) {
  const bool is_mark = number >= 0x300 && number <= 0x36f;
  return is_letter(number) || is_digit(number) || is_mark || number == '_' || number == 0x203f;
}

// Unicode's MidLetter, MidNumLet and Single_Quote.
bool is_within_words(char32_t number) {
  static constexpr char32_t all[] = {'\'',   '.',    ':',    0xb7,   0x387,  0x55f,  0x5f4,  0x2018, 0x2019,
                                     0x2024, 0x2027, 0xfe13, 0xfe52, 0xfe55, 0xff07, 0xff0e, 0xff1a};
  return std::ranges::find(all, number) != std::end(all);
}

}  // namespace

std::string to_title(std::string_view text) {
  const auto append_first = [](std::string& to, char32_t number) {
    const auto* found = std::ranges::lower_bound(long_titles, number, {}, &long_title::number);
    if (found != std::end(long_titles) && found->number == number) to += found->text;
    else append(to, title(number));
  };
  std::string result;
  bool in_word = false;  // behind its first letter that has a case
  while (!text.empty()) {
    const auto one = first_of(text);
    if (in_word) append(result, one.number);
    else append_first(result, one.number);
    text.remove_prefix(one.bytes);
    // A word goes on behind an apostrophe, a dot or a colon where it goes on behind that, too.
    const auto next = first_of(text).number;
    const bool joins = is_within_words(one.number) && is_of_words(next) && !is_word_alone(next);
    const bool goes_on = is_of_words(one.number) || joins;
    in_word = !is_word_alone(one.number) && (has_case(one.number) || (in_word && goes_on));
  }
  return result;
}

std::string_view trim_space(std::string_view text) {
  while (!text.empty() && is_space(first_of(text).number)) text.remove_prefix(first_of(text).bytes);
  while (!text.empty() && is_space(last_of(text).number)) text.remove_suffix(last_of(text).bytes);
  return text;
}

}  // namespace drcon::templating
