// Splits a template of Go's language into the items that its parser reads.
//
// Thread rule: one thread at a time. The items point into the text, which must outlive them.
#pragma once

#include "common/templating/format/unicode.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace drcon::templating::go {

struct delimiters {
  std::string left = "{{";
  std::string right = "}}";
};

enum class item_type : std::uint8_t {
  error,
  boolean,
  character,           // a printable character that has no other meaning, such as a comma
  character_constant,  // 'c'
  assign,              // =
  declare,             // :=
  end_of_text,
  field,       // .Name
  identifier,  // Name
  left_delimiter,
  left_parenthesis,
  number,
  pipe,
  raw_string,  // `…`
  right_delimiter,
  right_parenthesis,
  space,
  string,  // "…"
  text,
  variable,  // $Name
  // Words of the language. Those that come behind `keyword` are shown in messages as <word>.
  keyword,
  block,
  break_word,
  continue_word,
  dot,
  define,
  else_word,
  end,
  if_word,
  nil,
  range,
  template_word,
  with,
};

struct item {
  item_type type = item_type::end_of_text;
  std::size_t offset = 0;
  std::string_view text;  // of an error: what is wrong
  std::size_t line = 1;

  /// As a message names it.
  std::string shown() const;
};

class lexer {
public:
  lexer(std::string_view text, delimiters marks);

  item next();
  /// Whether `break` and `continue` are words of the language: they are not where functions have these names.
  bool break_is_word = true;
  bool continue_is_word = true;

private:
  static constexpr char32_t end_of_input = 0xffffffff;
  enum class state : std::uint8_t { text, left, action, done };

  char32_t read();
  char32_t peek() const;
  void step_back(char32_t what);
  bool accept(std::string_view any);
  void accept_run(std::string_view any);
  bool at_right_delimiter(bool& trims) const;
  bool at_terminator() const;
  std::string_view rest() const { return text_.substr(place_); }
  std::string_view pending() const { return text_.substr(start_, place_ - start_); }
  void ignore();

  state emit(item_type type);
  state fail(std::string what);
  state lex_text();
  state lex_left();
  state lex_comment();
  state lex_right();
  state lex_action();
  state lex_space();
  state lex_identifier();
  state lex_field_or_variable(item_type type);
  state lex_quoted(char32_t quote, item_type type, std::string_view what);
  state lex_raw();
  state lex_number();
  bool scan_number();

  std::string_view text_;
  delimiters marks_;
  std::size_t place_ = 0;
  std::size_t start_ = 0;
  std::size_t line_ = 1;
  std::size_t start_line_ = 1;
  std::size_t parentheses_ = 0;
  bool in_action_ = false;
  item found_;
  std::string error_;
};

}  // namespace drcon::templating::go
