// Regular expressions in Go's syntax, which is RE2's, matched in a time that grows with the length of the text and of
// the expression, and never with its powers: an expression is the operator's, but the text is anybody's.
//
// There: characters, ., classes with ranges and [[:names:]], \d \w \s \D \W \S, \pL \pN \p{L} and their opposites, ^ $
// \A \z \b \B, groups that capture or (?:not), names (?P<name>), flags (?imsU), alternatives, * + ? {n,m} and their
// lazy forms, \Q…\E, \x41 and \x{263a}.
//
// Thread rule: const functions from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace drcon::templating {

class pattern {
public:
  /// Throws a `failure` in Go's words where the text is no expression.
  explicit pattern(std::string_view text);

  /// Called with the work that a piece of the text took, so that it can be bounded by who calls.
  using cost = std::function<void(std::uint64_t steps)>;

  bool matches(std::string_view text, const cost& spend) const;
  /// Each match replaced; in `by`, $1, ${1} and ${name} stand for groups and $$ for $.
  std::string replace_all(std::string_view text, std::string_view by, std::size_t limit, const cost& spend) const;
  /// The same, where $ stands for itself.
  std::string replace_all_literally(std::string_view text, std::string_view by, std::size_t limit,
                                    const cost& spend) const;

  /// A match and its groups, as parts of the text; empty where a group took no part.
  using groups = std::vector<std::string_view>;
  /// `most` of them, or all when it is negative. Throws a `failure` for more than `limit`.
  std::vector<groups> find_all(std::string_view text, std::int64_t most, std::size_t limit, const cost& spend) const;

  struct range {
    char32_t first = 0;
    char32_t last = 0;
  };
  struct character_set {
    std::vector<range> ranges;
    bool is_negated = false;
    bool ignores_case = false;

    bool has(char32_t one) const;
  };

  enum class operation : std::uint8_t {
    set,           // a character of the set `x`
    split,         // goes on at x, or, when that does not match, at y
    jump,          // goes on at x
    save,          // keeps the place as x
    begin_text,    // \A
    end_text,      // \z
    begin_line,    // ^ of several lines
    end_line,      // $ of several lines
    word_edge,     // \b
    no_word_edge,  // \B
    match,
  };
  struct instruction {
    operation what = operation::match;
    std::uint32_t x = 0;
    std::uint32_t y = 0;
  };
  struct program {
    std::vector<instruction> instructions;
    std::vector<character_set> sets;
    std::vector<std::string> names{""};  // of the groups; the first is the whole match
  };

private:
  using places = std::vector<std::size_t>;
  class machine;
  using expansion = std::function<void(std::string& result, const places& found)>;
  std::string replace(std::string_view text, const expansion& expand, const cost& spend) const;
  void expand(std::string& result, std::string_view by, std::string_view text, const places& found,
              std::size_t limit) const;

  program program_;
};

/// The instructions for an expression. Throws a `failure`.
pattern::program compile(std::string_view text);

}  // namespace drcon::templating
