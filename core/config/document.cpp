#include "config/document.hpp"

#include "config/file_text.hpp"
#include "config/text.hpp"

#include <glob.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <optional>
#include <utility>

namespace drcon::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_file = 16U << 20U;  // no person writes more; the parser needs many times as much memory
constexpr std::size_t deepest_include = 32;       // each level is a recursion

position place_of(const toml::source_region& region) {
  return {.file = region.path ? *region.path : std::string(),
          .line = static_cast<int>(region.begin.line),
          .column = static_cast<int>(region.begin.column)};
}

fs::path absolute_directory(const fs::path& file) {
  std::error_code error;
  const auto whole = fs::absolute(file, error);
  return (error ? file : whole).parent_path().lexically_normal();
}

// What makes two names the same file.
fs::path identity(const fs::path& file) {
  std::error_code error;
  const auto real = fs::weakly_canonical(file, error);
  return error ? file.lexically_normal() : real;
}

// A directory's own name may hold the characters that mean something in a pattern.
std::string escaped(const std::string& path) {
  std::string out;
  for (const char c : path) {
    if (c == '*' || c == '?' || c == '[' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

// A pattern's directory that is not there matches nothing; one that may not be read would hide a part of the config.
int on_glob_error(const char* /*path*/, int error) { return error == ENOENT ? 0 : 1; }

std::optional<std::vector<fs::path>> matches_of(const fs::path& directory, const std::string& pattern) {
  const auto whole = pattern.starts_with('/') || directory.empty() ? pattern : escaped(directory) + "/" + pattern;
  glob_t found{};
  const int result = ::glob(whole.c_str(), 0, on_glob_error, &found);
  std::vector<fs::path> paths;
  if (result == 0)
    for (std::size_t i = 0; i < found.gl_pathc; ++i) paths.emplace_back(found.gl_pathv[i]);
  ::globfree(&found);
  if (result != 0 && result != GLOB_NOMATCH) return {};
  std::ranges::sort(paths);
  return paths;
}

// The first line of the text that is the header of the table; nothing when none is written just so.
std::optional<std::size_t> line_of_table(std::string_view text, std::string_view name) {
  const auto header = "[" + std::string(name) + "]";
  std::size_t line = 1;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto row = text.substr(0, end);
    const auto begin = row.find_first_not_of(" \t");
    if (begin != row.npos && row.substr(begin).starts_with(header)) return line;
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    ++line;
  }
  return {};
}

class reader {
public:
  explicit reader(diagnostics& found) : found_(found) {}

  documents read(const fs::path& file) {
    all_.is_complete = true;
    read_file(file, {.file = file.string()});
    return std::move(all_);
  }

private:
  // `included_at` is the place of the include that names the file.
  void read_file(const fs::path& file, const position& included_at) {
    const auto real = identity(file);
    if (std::ranges::find(open_, real) != open_.end())
      return fault(code::file, included_at, "'" + file.string() + "' includes itself, directly or through other files");
    if (std::ranges::find(done_, real) != done_.end()) return;
    if (open_.size() >= deepest_include)
      return fault(code::file, included_at,
                   "'" + file.string() + "' is more than " + std::to_string(deepest_include) + " includes deep");
    done_.push_back(real);
    const auto text = read_file_text(file, largest_file);
    // The main file is named on the command line, or has its usual place: that it is not there is a mistake, and does
    // not pass.
    if (!text)
      return unread(included_at,
                    {"'" + file.string() + "' " + text.error().why, text.error().may_pass && !open_.empty()});
    open_.push_back(real);
    take(file, *text);
    open_.pop_back();
  }

  void take(const fs::path& file, const std::string& text) {
    constexpr std::size_t odd = 31;  // so that two files that swap their texts make a difference
    all_.hash = all_.hash * odd + std::hash<std::string>()(text);
    auto parsed = parse_toml(text, file.string());
    if (const auto* wrong = std::get_if<toml_fault>(&parsed))
      return fault(code::syntax, {file.string(), wrong->line, wrong->column},
                   "not valid TOML: " + reason_of(wrong->what), advice_on(wrong->what, file, text));
    auto& table = std::get<toml::table>(parsed);
    const auto patterns = includes_of(table);
    if (open_.size() == 1) all_.has_main = true;
    all_.all.push_back({file, absolute_directory(file), std::move(table)});
    for (const auto& [pattern, where] : patterns) include(file, pattern, where);
  }

  // The parser's message is "Error while parsing value: what is wrong"; it may quote the file.
  static std::string reason_of(std::string_view words) {
    constexpr std::string_view opening = "Error while parsing ";
    if (words.starts_with(opening)) words.remove_prefix(opening.size());
    return std::string(words.substr(0, 300));
  }

  // Advice on the mistakes that the parser's message does not explain.
  static std::string advice_on(std::string_view words, const fs::path& file, std::string_view text) {
    const auto has = [words](std::string_view part) { return words.find(part) != words.npos; };
    if (has("could not determine value type") || has("floating-point: expected") || has("boolean: expected"))
      return R"(text is written in quotes: "…")";
    constexpr std::string_view again = "cannot redefine existing table '";
    if (const auto begin = words.find(again); begin != words.npos) {
      const auto name = words.substr(begin + again.size());
      if (const auto line = line_of_table(text, name.substr(0, name.find('\''))))
        return "it is defined at " + file.string() + ":" + std::to_string(*line) +
               " already: give one of them another name";
    }
    if (has("parsing string: unescaped control")) return "a string ends on the line where it begins";
    return {};
  }

  std::vector<std::pair<std::string, position>> includes_of(const toml::table& table) {
    std::vector<std::pair<std::string, position>> all;
    const auto* node = table.get("include");
    if (node == nullptr) return all;
    const auto* list = node->as_array();
    if (list == nullptr) {
      fault(code::value, place(*node),
            "'include': expected an array of paths and patterns, such as [\"pipelines.d/*.toml\"]");
      return all;
    }
    for (const auto& each : *list) {
      const auto pattern = each.value_exact<std::string>();
      if (pattern && !pattern->empty() && pattern->find('\0') == std::string::npos)
        all.emplace_back(*pattern, place(each));
      else fault(code::value, place(each), "'include': expected a path or a pattern, such as \"pipelines.d/*.toml\"");
    }
    return all;
  }

  void include(const fs::path& including_file, const std::string& pattern, const position& where) {
    if (pattern.find_first_of("*?[") == std::string::npos)
      return read_file(including_file.parent_path() / pattern, where);
    const auto paths = matches_of(including_file.parent_path(), pattern);
    if (!paths) return unread(where, {"a directory of '" + shortened(pattern) + "' cannot be read", true});
    for (const auto& each : *paths) read_file(each, where);
  }

  void fault(code of, const position& where, std::string message, std::string help = {}) {
    found_.error(of, where, std::move(message), std::move(help));
    all_.is_complete = false;
  }

  void unread(const position& where, const read_fault& why) {
    found_.unread(code::file, where, why);
    all_.is_complete = false;
  }

  diagnostics& found_;
  std::vector<fs::path> open_;  // the files that lead to the one being read
  std::vector<fs::path> done_;
  documents all_;
};

}  // namespace

position place(const toml::node& node) { return place_of(node.source()); }
position place(const toml::key& key) { return place_of(key.source()); }

documents read_documents(const fs::path& file, diagnostics& found) { return reader(found).read(file); }

}  // namespace drcon::config
