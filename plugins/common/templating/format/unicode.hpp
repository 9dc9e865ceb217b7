// Characters as Go has them: its UTF-8, where each byte that is none of it counts as one U+FFFD, and its classes.
//
// Pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace drcon::templating {

inline constexpr char32_t replacement = 0xfffd;
inline constexpr char32_t last_character = 0x10ffff;

struct character {
  char32_t number = 0;
  std::size_t bytes = 0;  // 0 at the end of the text

  bool is_broken() const { return number == replacement && bytes == 1; }
};

character first_of(std::string_view text);
character last_of(std::string_view text);
/// U+FFFD for a number that is no character.
void append(std::string& result, char32_t number);
std::size_t count_characters(std::string_view text);

bool is_letter(char32_t number);
bool is_digit(char32_t number);
bool is_space(char32_t number);
bool is_printable(char32_t number);
bool is_upper(char32_t number);
bool is_lower(char32_t number);
bool is_title(char32_t number);  // one letter of two, the first of which is in upper case
bool is_punctuation(char32_t number);
bool is_number(char32_t number);
char32_t upper(char32_t number);
char32_t lower(char32_t number);
char32_t title(char32_t number);
std::string to_upper(std::string_view text);
std::string to_lower(std::string_view text);
/// Each word's first letter in upper case, the others as they are.
std::string to_title(std::string_view text);
/// Without what is_space() at both ends.
std::string_view trim_space(std::string_view text);

}  // namespace drcon::templating
