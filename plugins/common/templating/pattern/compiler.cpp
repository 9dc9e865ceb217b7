// Reads a regular expression and writes its instructions.
#include "common/templating/fault.hpp"
#include "common/templating/format/unicode.hpp"
#include "common/templating/pattern/pattern.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

namespace drcon::templating {
namespace {

using character_set = pattern::character_set;
using operation = pattern::operation;
using range = pattern::range;

constexpr std::size_t deepest_group = 200;         // groups in one another
constexpr std::size_t most_instructions = 20'000;  // repetitions multiply
constexpr int most_repeats = 1000;

struct expression;
using expressions = std::vector<std::unique_ptr<expression>>;

enum class form : std::uint8_t { empty, set, assertion, sequence, alternatives, repeat, group };

struct expression {
  form what = form::empty;
  character_set set;
  operation assertion = operation::match;
  expressions parts;
  int least = 0;
  int most = -1;  // -1: any number
  bool is_lazy = false;
  std::size_t group = 0;  // which one it captures; 0: none
};

std::unique_ptr<expression> make(form what) {
  auto result = std::make_unique<expression>();
  result->what = what;
  return result;
}

[[noreturn]] void refuse(std::string_view what, std::string_view part) {
  throw failure("error parsing regexp: " + std::string(what) + ": `" + std::string(part) + "`");
}

const std::vector<range>& named_class(std::string_view name) {
  static const std::vector<std::pair<std::string_view, std::vector<range>>> all{
      {"d", {{'0', '9'}}},
      {"w", {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}},
      {"s", {{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}}},
      {"alnum", {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}},
      {"alpha", {{'A', 'Z'}, {'a', 'z'}}},
      {"ascii", {{0, 0x7f}}},
      {"blank", {{'\t', '\t'}, {' ', ' '}}},
      {"cntrl", {{0, 0x1f}, {0x7f, 0x7f}}},
      {"digit", {{'0', '9'}}},
      {"graph", {{'!', '~'}}},
      {"lower", {{'a', 'z'}}},
      {"print", {{' ', '~'}}},
      {"punct", {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}},
      {"space", {{'\t', '\r'}, {' ', ' '}}},
      {"upper", {{'A', 'Z'}}},
      {"word", {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}},
      {"xdigit", {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}}};
  static const std::vector<range> none;
  const auto found = std::ranges::find(all, name, &std::pair<std::string_view, std::vector<range>>::first);
  return found == all.end() ? none : found->second;
}

// All characters for which `is` holds, for \pL and its kin.
template <typename Is>
std::vector<range> all_that(Is is) {
  std::vector<range> result;
  for (char32_t c = 0; c <= last_character; ++c) {
    if (!is(c)) continue;
    if (!result.empty() && result.back().last + 1 == c) result.back().last = c;
    else result.push_back({c, c});
  }
  return result;
}

const std::vector<range>* unicode_class(std::string_view name) {
  static const auto letters = all_that(is_letter);
  static const auto digits = all_that(is_digit);
  static const auto uppers = all_that([](char32_t c) { return is_letter(c) && lower(c) != c; });
  static const auto lowers = all_that([](char32_t c) { return is_letter(c) && upper(c) != c; });
  if (name == "L") return &letters;
  if (name == "N" || name == "Nd") return &digits;
  if (name == "Lu") return &uppers;
  if (name == "Ll") return &lowers;
  return nullptr;
}

std::vector<range> opposite(std::vector<range> all) {
  std::ranges::sort(all, {}, &range::first);
  std::vector<range> result;
  char32_t next = 0;
  for (const auto& each : all) {
    if (each.first > next) result.push_back({next, each.first - 1});
    next = std::max<char32_t>(next, each.last + 1);
  }
  if (next <= last_character) result.push_back({next, last_character});
  return result;
}

class parser {
public:
  explicit parser(std::string_view text) : text_(text), rest_(text) {}

  std::unique_ptr<expression> run() {
    auto result = alternatives();
    if (!rest_.empty()) refuse("unexpected )", text_);
    return result;
  }
  std::vector<std::string> take_names() { return std::move(names_); }

private:
  struct flags {
    bool ignores_case = false;
    bool has_lines = false;      // m: ^ and $ at each line
    bool dot_takes_all = false;  // s
    bool is_lazy = false;        // U
  };

  bool take(std::string_view what) {
    if (!rest_.starts_with(what)) return false;
    rest_.remove_prefix(what.size());
    return true;
  }
  char32_t take_character() {
    const auto one = first_of(rest_);
    if (one.is_broken()) refuse("invalid UTF-8", text_);
    rest_.remove_prefix(one.bytes);
    return one.number;
  }

  std::unique_ptr<expression> alternatives() {
    if (++depth_ > deepest_group) refuse("expression nests too deeply", text_);
    auto result = make(form::alternatives);
    const auto outer = flags_;
    do result->parts.push_back(sequence());
    while (take("|"));
    flags_ = outer;
    --depth_;
    return result->parts.size() == 1 ? std::move(result->parts[0]) : std::move(result);
  }

  std::unique_ptr<expression> sequence() {
    auto result = make(form::sequence);
    while (!rest_.empty() && rest_[0] != '|' && rest_[0] != ')') {
      auto one = atom();
      if (one != nullptr) result->parts.push_back(repeated(std::move(one)));  // nothing where flags were set
    }
    return result;
  }

  // What follows an atom: *, +, ?, {n,m}, each perhaps lazy.
  std::unique_ptr<expression> repeated(std::unique_ptr<expression> one) {
    std::string_view first;
    for (;;) {
      const auto mark = rest_;
      int least = 0;
      int most = -1;
      if (take("*")) most = -1;
      else if (take("+")) least = 1;
      else if (take("?")) most = 1;
      else if (!counted(least, most)) return one;
      auto result = make(form::repeat);
      result->least = least;
      result->most = most;
      result->is_lazy = take("?") != flags_.is_lazy;
      const auto shown = mark.substr(0, mark.size() - rest_.size());
      if (!first.empty()) refuse("invalid nested repetition operator", first.substr(0, first.size() - rest_.size()));
      if (most > most_repeats || least > most_repeats || (most >= 0 && least > most))
        refuse("invalid repeat count", shown);
      first = mark;
      result->parts.push_back(std::move(one));
      one = std::move(result);
    }
  }

  // {n}, {n,} or {n,m}; anything else is text.
  bool counted(int& least, int& most) {
    const auto before = rest_;
    if (!take("{")) return false;
    const auto number = [&]() -> std::optional<int> {
      const auto end = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
      if (end == 0 || (end > 1 && rest_[0] == '0')) return {};
      int result = 0;
      for (std::size_t i = 0; i < end; ++i) result = std::min(result * 10 + (rest_[i] - '0'), 100'000);
      rest_.remove_prefix(end);
      return result;
    };
    const auto first = number();
    auto second = first;
    bool is_good = first.has_value();
    if (is_good && take(",")) {
      second = rest_.starts_with('}') ? std::optional(-1) : number();
      is_good = second.has_value();
    }
    if (!is_good || !take("}")) {
      rest_ = before;
      return false;
    }
    least = *first;
    most = *second;
    return true;
  }

  std::unique_ptr<expression> literal(char32_t one) {
    auto result = make(form::set);
    result->set.ranges = {{one, one}};
    result->set.ignores_case = flags_.ignores_case;
    return result;
  }

  static std::unique_ptr<expression> assertion(operation what) {
    auto result = make(form::assertion);
    result->assertion = what;
    return result;
  }

  std::unique_ptr<expression> atom() {
    const auto before = rest_;
    switch (rest_[0]) {
      case '(': return group();
      case '[': return set();
      case '\\': return escape();
      case '.': {
        rest_.remove_prefix(1);
        auto result = make(form::set);
        result->set.ranges = flags_.dot_takes_all ? std::vector<range>{{0, last_character}}
                                                  : std::vector<range>{{0, '\n' - 1}, {'\n' + 1, last_character}};
        return result;
      }
      case '^':
        rest_.remove_prefix(1);
        return assertion(flags_.has_lines ? operation::begin_line : operation::begin_text);
      case '$': rest_.remove_prefix(1); return assertion(flags_.has_lines ? operation::end_line : operation::end_text);
      case '*':
      case '+':
      case '?': {
        rest_.remove_prefix(1);
        take("?");
        refuse("missing argument to repetition operator", before.substr(0, before.size() - rest_.size()));
      }
      case '{': {
        int least = 0;
        int most = 0;
        if (counted(least, most))
          refuse("missing argument to repetition operator", before.substr(0, before.size() - rest_.size()));
        break;
      }
      default: break;
    }
    return literal(take_character());
  }

  std::unique_ptr<expression> group() {
    const auto before = rest_;
    take("(");
    auto result = make(form::group);
    const auto outer = flags_;
    if (take("?P<") || take("?<")) {
      const auto end = rest_.find('>');
      const auto name = rest_.substr(0, end);
      const bool is_good =
          end != std::string_view::npos && !name.empty() && std::ranges::all_of(name, [](char c) {
            return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
          });
      if (!is_good)
        refuse("invalid named capture",
               end == std::string_view::npos ? before : before.substr(0, before.find('>') + 1));
      if (std::ranges::find(names_, name) != names_.end()) refuse("duplicate capture group name", name);
      rest_.remove_prefix(end + 1);
      result->group = names_.size();
      names_.emplace_back(name);
    } else if (take("?")) {
      if (!read_flags(before)) return nullptr;
    } else {
      result->group = names_.size();
      names_.emplace_back();
    }
    result->parts.push_back(alternatives());
    if (!take(")")) refuse("missing closing )", text_);
    flags_ = outer;
    return result;
  }

  // (?i) changes the rest of the group that it stands in: false. (?i:…) is one of its own.
  bool read_flags(std::string_view before) {
    auto changed = flags_;
    bool is_on = true;
    bool had_any = false;
    while (!rest_.empty()) {
      const auto c = take_character();
      switch (c) {
        case 'i': changed.ignores_case = is_on; break;
        case 'm': changed.has_lines = is_on; break;
        case 's': changed.dot_takes_all = is_on; break;
        case 'U': changed.is_lazy = is_on; break;
        case '-':
          if (!is_on) refuse("invalid or unsupported Perl syntax", before.substr(0, before.size() - rest_.size()));
          is_on = false;
          had_any = false;
          continue;
        case ':':
        case ')':
          if (!is_on && !had_any)
            refuse("invalid or unsupported Perl syntax", before.substr(0, before.size() - rest_.size()));
          flags_ = changed;
          return c == ':';
        default: refuse("invalid or unsupported Perl syntax", before.substr(0, before.size() - rest_.size()));
      }
      had_any = true;
    }
    refuse("missing closing )", text_);
  }

  // \d and its kin, \pL: false where it is none of them.
  bool class_escape(std::vector<range>& result) {
    if (rest_.size() < 2 || rest_[0] != '\\') return false;
    const auto before = rest_;
    const char letter = rest_[1];
    if (std::string_view("dwsDWS").find(letter) != std::string_view::npos) {
      rest_.remove_prefix(2);
      const bool is_negated = letter < 'a';
      const char small = static_cast<char>(letter | 0x20);
      const auto& all = named_class(std::string_view(&small, 1));
      const auto added = is_negated ? opposite(all) : all;
      result.insert(result.end(), added.begin(), added.end());
      return true;
    }
    if (letter != 'p' && letter != 'P') return false;
    rest_.remove_prefix(2);
    bool is_negated = letter == 'P';
    std::string_view name;
    if (take("{")) {
      const auto end = rest_.find('}');
      if (end == std::string_view::npos) refuse("invalid character class range", before);
      name = rest_.substr(0, end);
      rest_.remove_prefix(end + 1);
    } else {
      name = rest_.substr(0, 1);
      rest_.remove_prefix(name.size());
    }
    if (name.starts_with('^')) {
      is_negated = !is_negated;
      name.remove_prefix(1);
    }
    const auto* all = unicode_class(name);
    if (all == nullptr) refuse("invalid character class range", before.substr(0, before.size() - rest_.size()));
    const auto added = is_negated ? opposite(*all) : *all;
    result.insert(result.end(), added.begin(), added.end());
    return true;
  }

  char32_t escaped_character() {
    const auto before = rest_;
    take("\\");
    if (rest_.empty()) refuse("trailing backslash at end of expression", "");
    const auto c = take_character();
    const auto fail = [&] { refuse("invalid escape sequence", before.substr(0, before.size() - rest_.size())); };
    static constexpr std::string_view letters = "afnrtv";
    static constexpr std::string_view meanings = "\a\f\n\r\t\v";
    if (c < 0x80 && letters.find(static_cast<char>(c)) != std::string_view::npos)
      return static_cast<unsigned char>(meanings[letters.find(static_cast<char>(c))]);
    if (c == 'x') return hexadecimal(fail);
    if (c == '0' || (c >= '1' && c <= '7' && !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '7')) {
      char32_t number = c - '0';
      for (int i = 1; i < 3 && !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '7'; ++i)
        number = number * 8 + (take_character() - '0');
      return number;
    }
    const bool is_word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (is_word || c >= 0x80) fail();
    return c;
  }

  template <typename Fail>
  char32_t hexadecimal(Fail fail) {
    const bool has_braces = take("{");
    char32_t number = 0;
    int digits = 0;
    for (; !rest_.empty() && (has_braces || digits < 2); ++digits) {
      const char c = rest_[0];
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) break;
      number = number * 16 + static_cast<char32_t>(digit);
      rest_.remove_prefix(1);
      if (number > last_character) fail();
    }
    if (digits == 0 || (!has_braces && digits < 2) || (has_braces && !take("}"))) fail();
    return number;
  }

  std::unique_ptr<expression> escape() {
    if (take("\\A")) return assertion(operation::begin_text);
    if (take("\\z")) return assertion(operation::end_text);
    if (take("\\b")) return assertion(operation::word_edge);
    if (take("\\B")) return assertion(operation::no_word_edge);
    if (take("\\Q")) {
      auto result = make(form::sequence);
      while (!rest_.empty() && !take("\\E")) result->parts.push_back(literal(take_character()));
      return result;
    }
    auto result = make(form::set);
    result->set.ignores_case = flags_.ignores_case;
    if (class_escape(result->set.ranges)) return result;
    return literal(escaped_character());
  }

  std::unique_ptr<expression> set() {
    const auto before = rest_;
    take("[");
    auto result = make(form::set);
    result->set.is_negated = take("^");
    result->set.ignores_case = flags_.ignores_case;
    auto& all = result->set.ranges;
    for (bool is_first = true; is_first || !rest_.starts_with(']'); is_first = false) {
      if (rest_.empty()) refuse("missing closing ]", before);
      if (rest_.starts_with("[:") && posix_class(all)) continue;
      if (class_escape(all)) continue;
      const auto start = rest_;
      const auto low = rest_[0] == '\\' ? escaped_character() : take_character();
      auto high = low;
      if (rest_.size() >= 2 && rest_[0] == '-' && rest_[1] != ']') {
        take("-");
        high = rest_[0] == '\\' ? escaped_character() : take_character();
        if (high < low) refuse("invalid character class range", start.substr(0, start.size() - rest_.size()));
      }
      all.push_back({low, high});
    }
    take("]");
    return result;
  }

  bool posix_class(std::vector<range>& result) {
    const auto end = rest_.find(":]", 2);
    if (end == std::string_view::npos) return false;
    auto name = rest_.substr(2, end - 2);
    const bool is_negated = name.starts_with('^');
    if (is_negated) name.remove_prefix(1);
    const auto& all = name.size() > 1 ? named_class(name) : named_class("");
    if (all.empty()) refuse("invalid character class range", rest_.substr(0, end + 2));
    const auto added = is_negated ? opposite(all) : all;
    result.insert(result.end(), added.begin(), added.end());
    rest_.remove_prefix(end + 2);
    return true;
  }

  std::string_view text_;
  std::string_view rest_;
  flags flags_;
  std::vector<std::string> names_{""};
  std::size_t depth_ = 0;
};

class program_writer {
public:
  explicit program_writer(pattern::program& result) : result_(result) {}

  void write(const expression& of) {
    switch (of.what) {
      case form::empty: return;
      case form::set:
        add(operation::set, static_cast<std::uint32_t>(result_.sets.size()));
        result_.sets.push_back(of.set);
        return;
      case form::assertion: add(of.assertion); return;
      case form::sequence:
        for (const auto& each : of.parts) write(*each);
        return;
      case form::alternatives: alternatives(of); return;
      case form::group:
        if (of.group > 0) add(operation::save, static_cast<std::uint32_t>(2 * of.group));
        write(*of.parts[0]);
        if (of.group > 0) add(operation::save, static_cast<std::uint32_t>(2 * of.group + 1));
        return;
      case form::repeat: repeat(of); return;
    }
  }

  std::uint32_t add(operation what, std::uint32_t x = 0) {
    if (result_.instructions.size() >= most_instructions) refuse("expression too large", "");
    result_.instructions.push_back({.what = what, .x = x});
    return static_cast<std::uint32_t>(result_.instructions.size() - 1);
  }

private:
  std::uint32_t here() const { return static_cast<std::uint32_t>(result_.instructions.size()); }
  // Where a split goes first and second.
  void aim(std::uint32_t split, std::uint32_t into, std::uint32_t past, bool is_lazy) {
    result_.instructions[split].x = is_lazy ? past : into;
    result_.instructions[split].y = is_lazy ? into : past;
  }

  void alternatives(const expression& of) {
    std::vector<std::uint32_t> ends;
    for (std::size_t i = 0; i < of.parts.size(); ++i) {
      if (i + 1 == of.parts.size()) {
        write(*of.parts[i]);
        break;
      }
      const auto split = add(operation::split);
      write(*of.parts[i]);
      ends.push_back(add(operation::jump));
      aim(split, split + 1, here(), false);
    }
    for (const auto each : ends) result_.instructions[each].x = here();
  }

  void repeat(const expression& of) {
    const auto& one = *of.parts[0];
    for (int i = 0; i < of.least; ++i) write(one);
    if (of.most < 0) {
      const auto split = add(operation::split);
      write(one);
      add(operation::jump, split);
      aim(split, split + 1, here(), of.is_lazy);
      return;
    }
    std::vector<std::uint32_t> splits;
    for (int i = of.least; i < of.most; ++i) {
      splits.push_back(add(operation::split));
      write(one);
    }
    for (const auto each : splits) aim(each, each + 1, here(), of.is_lazy);
  }

  pattern::program& result_;
};

}  // namespace

pattern::program compile(std::string_view text) {
  parser reader(text);
  const auto parsed = reader.run();
  pattern::program result;
  result.names = reader.take_names();
  program_writer out(result);
  out.add(operation::save, 0);
  out.write(*parsed);
  out.add(operation::save, 1);
  out.add(operation::match);
  return result;
}

}  // namespace drcon::templating
