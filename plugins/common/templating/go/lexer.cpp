#include "common/templating/go/lexer.hpp"

#include "common/templating/format/quote.hpp"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <utility>

namespace drcon::templating::go {
namespace {

constexpr std::string_view spaces = " \t\r\n";

bool is_blank(char32_t c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_alphanumeric(char32_t c) { return c == '_' || is_letter(c) || is_digit(c); }

// {{- and -}}: the dash has a space on its inner side, or {{-3}} would trim.
bool has_left_trim(std::string_view text) {
  return text.size() >= 2 && text[0] == '-' && is_blank(static_cast<unsigned char>(text[1]));
}
bool has_right_trim(std::string_view text) {
  return text.size() >= 2 && is_blank(static_cast<unsigned char>(text[0])) && text[1] == '-';
}

std::size_t newlines(std::string_view text) { return static_cast<std::size_t>(std::ranges::count(text, '\n')); }

// U+0023 '#'
std::string named(char32_t c) {
  if (c == 0xffffffff) return "U+FFFFFFFFFFFFFFFF";
  char number[16];
  std::snprintf(number, sizeof number, "U+%04X", static_cast<unsigned>(c));
  std::string result = number;
  if (!is_printable(c)) return result;
  result += " '";
  append(result, c);
  return result + "'";
}

}  // namespace

std::string item::shown() const {
  if (type == item_type::end_of_text) return "EOF";
  if (type == item_type::error) return std::string(text);
  if (type > item_type::keyword) return "<" + std::string(text) + ">";
  if (text.size() <= 10) return go_quoted(text);
  auto cut = text;
  for (int left = 10; left > 0 && !cut.empty(); --left) cut.remove_prefix(first_of(cut).bytes);
  return go_quoted(text.substr(0, text.size() - cut.size())) + "...";
}

lexer::lexer(std::string_view text, delimiters marks) : text_(text), marks_(std::move(marks)) {
  if (marks_.left.empty()) marks_.left = "{{";
  if (marks_.right.empty()) marks_.right = "}}";
}

char32_t lexer::read() {
  if (place_ >= text_.size()) return end_of_input;
  const auto one = first_of(rest());
  place_ += one.bytes;
  if (one.number == '\n') ++line_;
  return one.number;
}

char32_t lexer::peek() const { return place_ >= text_.size() ? end_of_input : first_of(rest()).number; }

void lexer::step_back(char32_t what) {
  if (what == end_of_input) return;
  place_ -= last_of(text_.substr(0, place_)).bytes;
  if (what == '\n') --line_;
}

bool lexer::accept(std::string_view any) {
  const auto next = peek();
  if (next >= 0x80 || any.find(static_cast<char>(next)) == std::string_view::npos) return false;
  read();
  return true;
}

void lexer::accept_run(std::string_view any) {
  while (accept(any)) continue;
}

void lexer::ignore() {
  line_ += newlines(pending());
  start_ = place_;
  start_line_ = line_;
}

lexer::state lexer::emit(item_type type) {
  found_ = {.type = type, .offset = start_, .text = pending(), .line = start_line_};
  start_ = place_;
  start_line_ = line_;
  return state::done;
}

lexer::state lexer::fail(std::string what) {
  error_ = std::move(what);
  found_ = {.type = item_type::error, .offset = start_, .text = error_, .line = start_line_};
  start_ = place_ = text_.size();
  return state::done;
}

item lexer::next() {
  found_ = {.type = item_type::end_of_text, .offset = place_, .text = "EOF", .line = start_line_};
  auto now = in_action_ ? state::action : state::text;
  while (now != state::done) {
    if (now == state::text) now = lex_text();
    else if (now == state::left) now = lex_left();
    else now = lex_action();
  }
  return found_;
}

lexer::state lexer::lex_text() {
  const auto mark = text_.find(marks_.left, place_);
  if (mark == std::string_view::npos) {
    place_ = text_.size();
    if (place_ == start_) return emit(item_type::end_of_text);
    line_ += newlines(pending());
    return emit(item_type::text);
  }
  if (mark == place_) return state::left;
  place_ = mark;
  auto shown = pending();
  if (has_left_trim(text_.substr(place_ + marks_.left.size())))
    shown = shown.substr(0, shown.find_last_not_of(spaces) + 1);
  place_ = start_ + shown.size();
  line_ += newlines(pending());
  emit(item_type::text);
  place_ = mark;
  ignore();
  return found_.text.empty() ? state::left : state::done;
}

bool lexer::at_right_delimiter(bool& trims) const {
  trims = has_right_trim(rest()) && rest().substr(2).starts_with(marks_.right);
  return trims || rest().starts_with(marks_.right);
}

lexer::state lexer::lex_left() {
  place_ += marks_.left.size();
  const std::size_t behind_mark = has_left_trim(rest()) ? 2 : 0;
  if (rest().substr(behind_mark).starts_with("/*")) {
    place_ += behind_mark;
    ignore();
    return lex_comment();
  }
  emit(item_type::left_delimiter);
  in_action_ = true;
  place_ += behind_mark;
  ignore();
  parentheses_ = 0;
  return state::done;
}

lexer::state lexer::lex_comment() {
  const auto mark = text_.find("*/", place_ + 2);
  if (mark == std::string_view::npos) return fail("unclosed comment");
  place_ = mark + 2;
  bool trims = false;
  if (!at_right_delimiter(trims)) return fail("comment ends before closing delimiter");
  if (trims) place_ += 2;
  place_ += marks_.right.size();
  if (trims) place_ = std::min(text_.find_first_not_of(spaces, place_), text_.size());
  ignore();
  return state::text;
}

lexer::state lexer::lex_right() {
  bool trims = false;
  at_right_delimiter(trims);
  if (trims) {
    place_ += 2;
    ignore();
  }
  place_ += marks_.right.size();
  emit(item_type::right_delimiter);
  if (trims) {
    place_ = std::min(text_.find_first_not_of(spaces, place_), text_.size());
    ignore();
  }
  in_action_ = false;
  return state::done;
}

lexer::state lexer::lex_action() {
  bool trims = false;
  if (at_right_delimiter(trims)) return parentheses_ == 0 ? lex_right() : fail("unclosed left paren");
  const auto c = read();
  if (c == end_of_input) return fail("unclosed action");
  if (is_blank(c)) {
    step_back(c);
    return lex_space();
  }
  switch (c) {
    case '=': return emit(item_type::assign);
    case ':': return read() == '=' ? emit(item_type::declare) : fail("expected :=");
    case '|': return emit(item_type::pipe);
    case '"': return lex_quoted('"', item_type::string, "quoted string");
    case '`': return lex_raw();
    case '$': return at_terminator() ? emit(item_type::variable) : lex_field_or_variable(item_type::variable);
    case '\'': return lex_quoted('\'', item_type::character_constant, "character constant");
    case '.':
      // A point in front of a digit begins a number.
      if (place_ < text_.size() && (text_[place_] < '0' || text_[place_] > '9'))
        return lex_field_or_variable(item_type::field);
      step_back(c);
      return lex_number();
    case '(': ++parentheses_; return emit(item_type::left_parenthesis);
    case ')':
      if (parentheses_ == 0) return fail("unexpected right paren");
      --parentheses_;
      return emit(item_type::right_parenthesis);
    default: break;
  }
  if (c == '+' || c == '-' || (c >= '0' && c <= '9')) {
    step_back(c);
    return lex_number();
  }
  if (is_alphanumeric(c)) {
    step_back(c);
    return lex_identifier();
  }
  if (c < 0x80 && is_printable(c)) return emit(item_type::character);
  return fail("unrecognized character in action: " + named(c));
}

lexer::state lexer::lex_space() {
  std::size_t count = 0;
  for (; is_blank(peek()); ++count) read();
  // The last of the spaces may belong to a closing delimiter that trims.
  if (has_right_trim(text_.substr(place_ - 1)) && text_.substr(place_ + 1).starts_with(marks_.right)) {
    step_back(static_cast<unsigned char>(text_[place_ - 1]));
    if (count == 1) return lex_right();
  }
  return emit(item_type::space);
}

lexer::state lexer::lex_identifier() {
  static constexpr std::pair<std::string_view, item_type> words[] = {{"block", item_type::block},
                                                                     {"break", item_type::break_word},
                                                                     {"continue", item_type::continue_word},
                                                                     {"define", item_type::define},
                                                                     {"else", item_type::else_word},
                                                                     {"end", item_type::end},
                                                                     {"if", item_type::if_word},
                                                                     {"range", item_type::range},
                                                                     {"nil", item_type::nil},
                                                                     {"template", item_type::template_word},
                                                                     {"with", item_type::with},
                                                                     {"true", item_type::boolean},
                                                                     {"false", item_type::boolean}};
  while (is_alphanumeric(peek())) read();
  if (!at_terminator()) return fail("bad character " + named(peek()));
  const auto found = std::ranges::find(words, pending(), &std::pair<std::string_view, item_type>::first);
  auto type = found == std::end(words) ? item_type::identifier : found->second;
  if ((type == item_type::break_word && !break_is_word) || (type == item_type::continue_word && !continue_is_word))
    type = item_type::identifier;
  return emit(type);
}

lexer::state lexer::lex_field_or_variable(item_type type) {
  if (at_terminator()) return emit(type == item_type::variable ? type : item_type::dot);
  while (is_alphanumeric(peek())) read();
  if (!at_terminator()) return fail("bad character " + named(peek()));
  return emit(type);
}

bool lexer::at_terminator() const {
  const auto next = peek();
  if (is_blank(next) || next == end_of_input) return true;
  if (next < 0x80 && std::string_view(".,|:)(").find(static_cast<char>(next)) != std::string_view::npos) return true;
  return rest().starts_with(marks_.right);
}

lexer::state lexer::lex_quoted(char32_t quote, item_type type, std::string_view what) {
  for (;;) {
    auto c = read();
    if (c == quote) return emit(type);
    if (c == '\\') {
      c = read();
      if (c != end_of_input && c != '\n') continue;
    }
    if (c == end_of_input || c == '\n') return fail("unterminated " + std::string(what));
  }
}

lexer::state lexer::lex_raw() {
  for (;;) {
    const auto c = read();
    if (c == end_of_input) return fail("unterminated raw quoted string");
    if (c == '`') return emit(item_type::raw_string);
  }
}

lexer::state lexer::lex_number() {
  if (!scan_number()) return fail("bad number syntax: " + go_quoted(pending()));
  const auto sign = peek();
  if (sign != '+' && sign != '-') return emit(item_type::number);
  // 1+2i: Go's imaginary numbers have no use in a configuration file.
  if (!scan_number() || text_[place_ - 1] != 'i') return fail("bad number syntax: " + go_quoted(pending()));
  return emit(item_type::number);
}

bool lexer::scan_number() {
  accept("+-");
  std::string_view digits = "0123456789_";
  bool is_decimal = true;
  bool is_hex = false;
  if (accept("0")) {
    is_hex = accept("xX");
    if (is_hex) digits = "0123456789abcdefABCDEF_";
    else if (accept("oO")) digits = "01234567_";
    else if (accept("bB")) digits = "01_";
    is_decimal = digits.size() == 11;
  }
  accept_run(digits);
  if (accept(".")) accept_run(digits);
  if ((is_decimal && accept("eE")) || (is_hex && accept("pP"))) {
    accept("+-");
    accept_run("0123456789_");
  }
  accept("i");
  if (!is_alphanumeric(peek())) return true;
  read();
  return false;
}

}  // namespace drcon::templating::go
