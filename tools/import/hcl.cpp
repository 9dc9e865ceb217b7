#include "import/hcl.hpp"

#include <algorithm>
#include <cctype>
#include <stdexcept>
#include <utility>

namespace drcon::importing::hcl {
namespace {

constexpr std::size_t deepest = 100;         // objects and lists in one another: each takes some of the stack
constexpr std::size_t longest = 16U << 20U;  // bytes of a file

// Thrown and caught within this file.
struct broken {
  position where;
  std::string text;
};

bool begins_word(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool goes_on_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
}

void append_character(std::string& text, std::uint32_t code) {
  const auto byte = [&text](std::uint32_t bits) { text += static_cast<char>(bits); };
  if (code < 0x80U) return byte(code);
  if (code < 0x800U) {
    byte(0xc0U | code >> 6U);
  } else {
    if (code < 0x10000U) {
      byte(0xe0U | code >> 12U);
    } else {
      byte(0xf0U | code >> 18U);
      byte(0x80U | (code >> 12U & 0x3fU));
    }
    byte(0x80U | (code >> 6U & 0x3fU));
  }
  byte(0x80U | (code & 0x3fU));
}

class reader {
public:
  explicit reader(std::string_view text) : text_(text) {}

  value whole();

private:
  bool at_end() const { return place_ >= text_.size(); }
  char peek(std::size_t ahead = 0) const { return place_ + ahead < text_.size() ? text_[place_ + ahead] : '\0'; }
  char take();
  bool take_if(char c);
  position here() const { return {.line = line_, .column = place_ - line_start_ + 1}; }
  [[noreturn]] void fail(std::string what) const { throw broken{here(), std::move(what)}; }
  std::string found() const;

  void skip();
  void skip_block_comment();
  void skip_line();

  std::vector<entry> entries(char end);
  entry one_entry();
  std::string key();
  value any();
  value object();
  value list();
  value word();
  value number();
  std::string string();
  void escape(std::string& text);
  std::uint32_t hexadecimal(std::size_t digits);
  void interpolation(std::string& text);
  std::string heredoc();

  std::string_view text_;
  std::size_t place_ = 0;
  std::size_t line_ = 1;
  std::size_t line_start_ = 0;
  std::size_t depth_ = 0;
  bool is_json_ = false;
};

char reader::take() {
  const char c = text_[place_++];
  if (c == '\n') {
    ++line_;
    line_start_ = place_;
  }
  return c;
}

bool reader::take_if(char c) {
  if (at_end() || peek() != c) return false;
  take();
  return true;
}

std::string reader::found() const {
  if (at_end()) return "the end of the file";
  if (const auto c = static_cast<unsigned char>(peek()); c >= 0x20 && c < 0x7f)
    return "'" + std::string(1, peek()) + "'";
  return peek() == '\n' ? "the end of the line" : "a character that has no meaning here";
}

void reader::skip_line() {
  while (!at_end() && peek() != '\n') take();
}

void reader::skip_block_comment() {
  const auto begin = here();
  take();
  take();
  while (!at_end()) {
    if (take() != '*' || !take_if('/')) continue;
    return;
  }
  throw broken{begin, "this comment has no end: */ is missing"};
}

void reader::skip() {
  while (!at_end()) {
    if (std::isspace(static_cast<unsigned char>(peek())) != 0) take();
    else if (peek() == '#' || (peek() == '/' && peek(1) == '/')) skip_line();
    else if (peek() == '/' && peek(1) == '*') skip_block_comment();
    else return;
  }
}

value reader::whole() {
  if (text_.size() > longest) fail("the file is longer than " + std::to_string(longest) + " bytes");
  if (text_.starts_with("\xef\xbb\xbf")) place_ = line_start_ = 3;
  skip();
  if (peek() == '{') {
    is_json_ = true;
    auto result = object();
    skip();
    if (!at_end()) fail("expected the end of the file, found " + found());
    return result;
  }
  value result{.what = value::kind::object, .where = here()};
  result.entries = entries('\0');
  return result;
}

// Up to `end`, which is read as well; '\0' is the end of the file.
std::vector<entry> reader::entries(char end) {
  std::vector<entry> all;
  for (;;) {
    skip();
    if (end == '\0' ? at_end() : peek() == end) break;
    if (at_end()) fail("expected '" + std::string(1, end) + "', found the end of the file");
    all.push_back(one_entry());
    skip();
    take_if(',');
  }
  if (end != '\0') take();
  return all;
}

std::string reader::key() {
  if (peek() == '"') return string();
  if (!begins_word(peek())) fail("expected a key, found " + found());
  std::string name;
  while (goes_on_word(peek())) name += take();
  return name;
}

entry reader::one_entry() {
  entry result{.key = {}, .where = here(), .held = {}};
  result.key = key();
  skip();
  std::vector<entry> labels;
  while (peek() == '"' || begins_word(peek())) {
    if (labels.size() >= deepest) fail("more than " + std::to_string(deepest) + " labels of one block");
    entry label{.key = {}, .where = here(), .held = {}};
    label.key = key();
    labels.push_back(std::move(label));
    skip();
  }
  if (labels.empty() && (take_if('=') || take_if(':'))) {
    skip();
    result.held = any();
    return result;
  }
  if (peek() != '{')
    fail("expected " + std::string(labels.empty() ? "'=' or '{'" : "'{'") + " after '" +
         (labels.empty() ? result.key : labels.back().key) + "', found " + found());
  auto inner = object();
  while (!labels.empty()) {
    auto label = std::move(labels.back());
    labels.pop_back();
    label.held = std::move(inner);
    inner = value{.what = value::kind::object, .where = label.where};
    inner.entries.push_back(std::move(label));
  }
  result.held = std::move(inner);
  return result;
}

value reader::any() {
  switch (peek()) {
    case '{': return object();
    case '[': return list();
    case '"': {
      value result{.what = value::kind::text, .where = here()};
      result.text = string();
      return result;
    }
    case '<': {
      value result{.what = value::kind::text, .where = here()};
      result.text = heredoc();
      return result;
    }
    default: break;
  }
  if (begins_word(peek())) return word();
  if (std::isdigit(static_cast<unsigned char>(peek())) != 0 || peek() == '-' || peek() == '.') return number();
  fail("expected a value, found " + found());
}

value reader::object() {
  if (++depth_ > deepest) fail("more than " + std::to_string(deepest) + " objects and lists in one another");
  value result{.what = value::kind::object, .where = here()};
  take();
  result.entries = entries('}');
  --depth_;
  return result;
}

value reader::list() {
  if (++depth_ > deepest) fail("more than " + std::to_string(deepest) + " objects and lists in one another");
  value result{.what = value::kind::list, .where = here()};
  take();
  for (;;) {
    skip();
    if (take_if(']')) break;
    if (at_end()) fail("expected ']', found the end of the file");
    result.items.push_back(any());
    skip();
    if (!take_if(',') && peek() != ']') fail("expected ',' or ']', found " + found());
  }
  --depth_;
  return result;
}

value reader::word() {
  value result{.what = value::kind::boolean, .where = here()};
  std::string name;
  while (goes_on_word(peek())) name += take();
  if (name == "true" || name == "false") result.flag = name == "true";
  else if (name == "null") result.what = value::kind::null;
  else throw broken{result.where, "expected a value, found '" + name + "': a text stands in double quotes"};
  return result;
}

value reader::number() {
  value result{.what = value::kind::number, .where = here()};
  while (std::isalnum(static_cast<unsigned char>(peek())) != 0 || peek() == '.' || peek() == '-' || peek() == '+')
    result.text += take();
  const auto digits = result.text.find_first_of("0123456789");
  const auto other = result.text.find_first_not_of("0123456789abcdefABCDEFxX.+-");
  if (digits == std::string::npos || other != std::string::npos)
    throw broken{result.where, "expected a number, found '" + result.text + "'"};
  return result;
}

std::uint32_t reader::hexadecimal(std::size_t digits) {
  std::uint32_t code = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (std::isxdigit(static_cast<unsigned char>(peek())) == 0)
      fail("expected " + std::to_string(digits) + " hexadecimal digits");
    const char c = take();
    const auto digit = std::isdigit(static_cast<unsigned char>(c)) != 0 ? c - '0' : (c | 0x20) - 'a' + 10;
    code = code << 4U | static_cast<std::uint32_t>(digit);
  }
  return code;
}

void reader::escape(std::string& text) {
  if (at_end()) fail("this text has no end: '\"' is missing");
  switch (const char c = take(); c) {
    case '"':
    case '\\':
    case '/': text += c; return;
    case 'a': text += '\a'; return;
    case 'b': text += '\b'; return;
    case 'f': text += '\f'; return;
    case 'n': text += '\n'; return;
    case 'r': text += '\r'; return;
    case 't': text += '\t'; return;
    case 'v': text += '\v'; return;
    case 'x': text += static_cast<char>(hexadecimal(2)); return;
    case 'u':
    case 'U': {
      auto code = hexadecimal(c == 'u' ? 4 : 8);
      if (code >= 0xd800U && code < 0xdc00U && peek() == '\\' && peek(1) == 'u') {  // JSON's two halves of one
        take();
        take();
        const auto low = hexadecimal(4);
        if (low < 0xdc00U || low >= 0xe000U) fail("a second half of a character is missing here");
        code = 0x10000U + ((code - 0xd800U) << 10U) + (low - 0xdc00U);
      }
      if (code > 0x10ffffU || (code >= 0xd800U && code < 0xe000U)) fail("there is no character of this number");
      append_character(text, code);
      return;
    }
    default: fail("there is no escape '\\" + std::string(1, c) + "'");
  }
}

// HCL does not look for the end of a text within ${…}, and leaves that as it is.
void reader::interpolation(std::string& text) {
  const auto begin = here();
  std::size_t braces = 0;
  text += take();
  do {
    if (at_end()) throw broken{begin, "this ${ has no end: '}' is missing"};
    if (peek() == '{') ++braces;
    if (peek() == '}') --braces;
    text += take();
  } while (braces > 0);
}

std::string reader::string() {
  const auto begin = here();
  take();
  std::string text;
  for (;;) {
    if (at_end() || peek() == '\n') throw broken{begin, "this text has no end: '\"' is missing on its line"};
    if (!is_json_ && peek() == '$' && peek(1) == '{') {
      interpolation(text);
      continue;
    }
    const char c = take();
    if (c == '"') return text;
    if (c == '\\') escape(text);
    else text += c;
  }
}

// <<-: the lines lose the indentation of the last one, when all of them have it.
std::string unindented(const std::vector<std::string>& lines, const std::string& indentation) {
  const bool all_have_it =
      std::ranges::all_of(lines, [&indentation](const auto& each) { return each.starts_with(indentation); });
  std::string text;
  for (const auto& each : lines) text += (all_have_it ? each.substr(indentation.size()) : each) + "\n";
  return text;
}

std::string reader::heredoc() {
  const auto begin = here();
  take();
  if (!take_if('<')) throw broken{begin, "expected a value, found '<'"};
  const bool indented = take_if('-');
  std::string mark;
  while (goes_on_word(peek())) mark += take();
  if (mark.empty()) fail("expected the word that ends this text, such as <<EOF");
  take_if('\r');
  if (!take_if('\n')) fail("expected the end of the line after <<" + mark);
  std::vector<std::string> lines;
  while (!at_end()) {
    std::string line;
    while (!at_end() && peek() != '\n') line += take();
    const auto first = std::min(line.find_first_not_of(" \t"), line.size());
    auto word = line.substr(first);
    if (word.ends_with('\r')) word.pop_back();
    if (word == mark) {
      if (indented) return unindented(lines, line.substr(0, first));
      std::string text;
      for (const auto& each : lines) text += each + "\n";
      return text;
    }
    if (!at_end()) take();
    lines.push_back(std::move(line));
  }
  throw broken{begin, "this text has no end: a line with " + mark + " alone is missing"};
}

}  // namespace

std::variant<value, fault> read(std::string_view text) {
  try {
    return reader(text).whole();
  } catch (const broken& wrong) {
    return fault{.where = wrong.where, .text = wrong.text};
  }
}

}  // namespace drcon::importing::hcl
