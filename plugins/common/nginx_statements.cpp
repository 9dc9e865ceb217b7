#include "common/nginx_statements.hpp"

#include <algorithm>

namespace drcon::common::nginx {
namespace {

// Splits a text into the words and the marks ; { } of nginx's grammar. A mark stands alone and is not quoted.
class words {
public:
  explicit words(std::string_view text) : rest_(text) {}

  struct word {
    std::string text;
    bool is_mark = false;
  };

  // False at the end.
  bool next(word& found) {
    skip_space_and_comments();
    found = {};
    if (rest_.empty()) return false;
    if (is_mark(rest_.front())) {
      found = {std::string(1, take()), true};
      return true;
    }
    if (rest_.front() == '"' || rest_.front() == '\'') take_quoted(found.text);
    else take_plain(found.text);
    return true;
  }

private:
  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
  static bool is_mark(char c) { return c == ';' || c == '{' || c == '}'; }

  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  void skip_space_and_comments() {
    while (!rest_.empty() && (is_space(rest_.front()) || rest_.front() == '#')) {
      if (rest_.front() != '#') take();
      else rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
    }
  }

  void take_quoted(std::string& into) {
    const char quote = take();
    while (!rest_.empty() && rest_.front() != quote) {
      if (rest_.front() == '\\' && rest_.size() > 1) take();
      into += take();
    }
    if (!rest_.empty()) take();
  }

  // "${" begins a variable, and no block.
  void take_plain(std::string& into) {
    while (!rest_.empty() && !is_space(rest_.front())) {
      if (is_mark(rest_.front()) && !(rest_.front() == '{' && into.ends_with('$'))) return;
      if (rest_.front() == '\\' && rest_.size() > 1) into += take();
      const bool begins_variable = rest_.front() == '{';
      into += take();
      if (begins_variable)
        while (!rest_.empty() && !is_space(into.back()) && into.back() != '}') into += take();
    }
  }

  std::string_view rest_;
};

}  // namespace

void for_each_statement(std::string_view text, std::vector<std::string> blocks,
                        const std::function<void(const statement&)>& each) {
  words all(text);
  words::word word;
  for (std::vector<std::string> found; all.next(word);) {
    if (!word.is_mark) {
      found.push_back(word.text);
      continue;
    }
    if (word.text != "}") each({blocks, found, word.text == "{"});
    if (word.text == "{") blocks.push_back(found.empty() ? std::string() : found[0]);
    else if (word.text == "}" && !blocks.empty()) blocks.pop_back();
    found.clear();
  }
}

}  // namespace drcon::common::nginx
