#include "nginx/own_upstreams.hpp"

#include "common/atomic_file.hpp"
#include "common/lower.hpp"

#include <glob.h>

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

namespace drcon::nginx {
namespace {

namespace fs = std::filesystem;

// Bounds what is read where files include each other in a circle, which nginx itself refuses.
constexpr int deepest = 16;
constexpr std::size_t most_files = 10000;

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

class reader {
public:
  reader(fs::path directory, fs::path without) : directory_(std::move(directory)), without_(std::move(without)) {}

  void read(std::string_view text, std::vector<std::string> open, int depth) {
    words all(text);
    words::word word;
    for (std::vector<std::string> statement; all.next(word);) {
      if (!word.is_mark) {
        statement.push_back(word.text);
        continue;
      }
      if (word.text == ";") {
        if (statement.size() == 2 && statement[0] == "include") include(statement[1], open, depth);
        // In stream { } no upstream of http { } can be meant.
        if (statement.size() == 2 && statement[0].ends_with("_pass") && !open.empty() && open.front() == "http")
          note_host(statement[1]);
      } else if (word.text == "{") {
        // Those of stream { } are others.
        if (statement.size() == 2 && statement[0] == "upstream" && open == std::vector<std::string>{"http"})
          found_.insert(common::lower(statement[1]));
        open.push_back(statement.empty() ? std::string() : statement[0]);
      } else if (!open.empty()) {
        open.pop_back();
      }
      statement.clear();
    }
  }

  void read_file(const fs::path& file, const std::vector<std::string>& open, int depth) {
    std::error_code error;
    const auto real = fs::weakly_canonical(file, error);
    if (error || real == without_ || depth > deepest || ++files_ > most_files) return;
    std::string ignored;
    if (const auto text = common::read_file(real.string(), ignored)) read(*text, open, depth);
  }

  const std::set<std::string>& found() const { return found_; }

private:
  // nginx refuses an upstream with the name of a host that is passed to with a port, as http://HOST:PORT/path.
  void note_host(std::string_view address) {
    if (const auto scheme = address.find("://"); scheme != std::string_view::npos) address.remove_prefix(scheme + 3);
    address = address.substr(0, address.find('/'));
    const auto colon = address.rfind(':');
    if (colon != std::string_view::npos && address.find('$') == std::string_view::npos)
      found_.insert(common::lower(std::string(address.substr(0, colon))));
  }

  // A path starts at the directory of the main configuration, and may be a pattern.
  void include(const std::string& pattern, const std::vector<std::string>& open, int depth) {
    glob_t matches{};
    if (::glob((directory_ / pattern).c_str(), 0, nullptr, &matches) == 0)
      for (std::size_t i = 0; i < matches.gl_pathc; ++i) read_file(matches.gl_pathv[i], open, depth + 1);
    ::globfree(&matches);
  }

  const fs::path directory_;
  const fs::path without_;
  std::set<std::string> found_;
  std::size_t files_ = 0;
};

}  // namespace

std::set<std::string> own_upstreams(const std::string& config, const std::string& without) {
  std::error_code ignored;
  reader all(fs::path(config).parent_path(), fs::weakly_canonical(without, ignored));
  all.read_file(config, {}, 0);
  return all.found();
}

std::set<std::string> upstreams_in(std::string_view text) {
  reader one({}, {});
  one.read(text, {"http"}, deepest);
  return one.found();
}

}  // namespace drcon::nginx
