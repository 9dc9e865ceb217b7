#include "common/templating/mustache/tree.hpp"

#include <utility>

namespace drcon::templating::mustache {
namespace {

constexpr std::size_t deepest_section = 200;  // sections in one another: each takes some of the stack

std::string_view without_space(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const auto start = text.find_first_not_of(blank);
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(blank) - start + 1);
}

// a.b.[c.d] -> a, b, c.d
std::vector<std::string_view> path_of(std::string_view name) {
  std::vector<std::string_view> result;
  if (name == ".") return result;
  while (!name.empty()) {
    if (name.front() == '[') {
      if (const auto close = name.find(']'); close != std::string_view::npos) {
        result.push_back(name.substr(1, close - 1));
        name.remove_prefix(close + 1);
        if (name.starts_with('.')) name.remove_prefix(1);
        continue;
      }
    }
    const auto point = name.find('.');
    result.push_back(name.substr(0, point));
    name.remove_prefix(point == std::string_view::npos ? name.size() : point + 1);
  }
  if (result.empty()) result.emplace_back();
  return result;
}

enum class tag_type : std::uint8_t { variable, unescaped, section, inverted, close, comment, partial, delimiters };

struct tag {
  tag_type type = tag_type::variable;
  std::string_view name;
  std::size_t start = 0;
  std::size_t end = 0;  // behind it
};

class parser {
public:
  parser(source& of, rules by, std::vector<std::string>& wanted) : source_(of), by_(by), wanted_(wanted) {}

  void run();
  std::size_t place() const { return place_; }

private:
  [[noreturn]] void fail(std::size_t place, const std::string& what) {
    place_ = place;
    throw failure(what);
  }

  tag read_tag(std::size_t start);
  void set_delimiters(std::size_t start, std::string_view inner);
  void text(std::size_t start, std::size_t end);
  void add(const tag& found, std::string_view indentation);
  bool stands_alone(const tag& found, std::size_t& line_start, std::size_t& line_end) const;
  std::vector<node>& here() { return open_.empty() ? source_.nodes : open_.back().body; }
  void close(const tag& found);

  source& source_;
  rules by_;
  std::vector<std::string>& wanted_;
  std::string left_ = "{{";
  std::string right_ = "}}";
  std::vector<node> open_;
  std::size_t place_ = 0;
};

tag parser::read_tag(std::size_t start) {
  const std::string_view all = source_.text;
  auto inner = start + left_.size();
  const bool is_triple = left_ == "{{" && right_ == "}}" && inner < all.size() && all[inner] == '{';
  if (is_triple) ++inner;
  const std::string_view mark = is_triple ? std::string_view("}}}") : std::string_view(right_);
  const auto end = all.find(mark, inner);
  if (end == std::string_view::npos) fail(start, "Unclosed tag");
  const auto content = without_space(all.substr(inner, end - inner));
  tag result{.type = tag_type::variable, .name = content, .start = start, .end = end + mark.size()};
  if (is_triple) {
    result.type = tag_type::unescaped;
    return result;
  }
  if (content.empty()) return result;
  static constexpr std::string_view signs = "#^/>&!=";
  static constexpr tag_type types[] = {tag_type::section,   tag_type::inverted, tag_type::close,     tag_type::partial,
                                       tag_type::unescaped, tag_type::comment,  tag_type::delimiters};
  const auto sign = signs.find(content.front());
  if (sign == std::string_view::npos) return result;
  result.type = types[sign];
  result.name = without_space(content.substr(1));
  return result;
}

void parser::set_delimiters(std::size_t start, std::string_view inner) {
  if (inner.size() < 4 || inner.back() != '=') fail(start, "Invalid set delimiter tag");
  const auto both = without_space(inner.substr(0, inner.size() - 1));
  const auto space = both.find_first_of(" \t\r\n");
  if (space == std::string_view::npos) fail(start, "Invalid set delimiter tag");
  const auto right = without_space(both.substr(space));
  if (right.find_first_of(" \t\r\n=") != std::string_view::npos || both.substr(0, space).find('=') != both.npos)
    fail(start, "Invalid set delimiter tag");
  left_ = both.substr(0, space);
  right_ = right;
}

// Whether it has its line for itself, and where that begins and ends, with the line's end.
bool parser::stands_alone(const tag& found, std::size_t& line_start, std::size_t& line_end) const {
  if (found.type == tag_type::variable || found.type == tag_type::unescaped) return false;
  const std::string_view all = source_.text;
  const auto before = all.substr(0, found.start);
  const auto newline = before.rfind('\n');
  line_start = newline == std::string_view::npos ? 0 : newline + 1;
  if (before.substr(line_start).find_first_not_of(" \t") != std::string_view::npos) return false;
  const auto after = std::min(all.find_first_not_of(" \t", found.end), all.size());
  if (after == all.size()) line_end = after;
  else if (all[after] == '\n') line_end = after + 1;
  else if (all.substr(after).starts_with("\r\n")) line_end = after + 2;
  else return false;
  return true;
}

// By the rules as before in pieces: line ends have nodes of their own, since what a line becomes may depend on the
// whole of it.
void parser::text(std::size_t start, std::size_t end) {
  if (by_ == rules::standard && start < end) {
    const auto all = std::string_view(source_.text).substr(start, end - start);
    here().push_back(
        {.type = node_type::text, .offset = start, .text = all, .path = {}, .indentation = {}, .body = {}});
    return;
  }
  while (start < end) {
    const auto rest = std::string_view(source_.text).substr(start, end - start);
    auto length = rest.find_first_of("\r\n");
    if (length == std::string_view::npos) length = rest.size();
    auto type = node_type::text;
    if (length == 0) {
      type = node_type::line_end;
      length = rest.starts_with("\r\n") ? 2 : 1;
    }
    here().push_back(
        {.type = type, .offset = start, .text = rest.substr(0, length), .path = {}, .indentation = {}, .body = {}});
    start += length;
  }
}

void parser::close(const tag& found) {
  if (open_.empty()) fail(found.start, "Unopened section \"" + std::string(found.name) + "\"");
  if (open_.back().text != found.name)
    fail(open_.back().offset, "Unclosed section \"" + std::string(open_.back().text) + "\"");
  auto section = std::move(open_.back());
  open_.pop_back();
  here().push_back(std::move(section));
}

void parser::add(const tag& found, std::string_view indentation) {
  node made{
      .offset = found.start, .text = found.name, .path = path_of(found.name), .indentation = indentation, .body = {}};
  switch (found.type) {
    case tag_type::comment: return;
    case tag_type::delimiters: set_delimiters(found.start, found.name); return;
    case tag_type::close: close(found); return;
    case tag_type::section:
    case tag_type::inverted:
      if (open_.size() >= deepest_section)
        fail(found.start, "More than " + std::to_string(deepest_section) + " sections in one another");
      made.type = found.type == tag_type::section ? node_type::section : node_type::inverted;
      open_.push_back(std::move(made));
      return;
    case tag_type::partial:
      made.type = node_type::partial;
      wanted_.emplace_back(found.name);
      break;
    case tag_type::variable: made.type = node_type::variable; break;
    case tag_type::unescaped: made.type = node_type::unescaped; break;
  }
  here().push_back(std::move(made));
}

void parser::run() {
  const std::string_view all = source_.text;
  std::size_t done = 0;
  for (auto start = all.find(left_); start != std::string_view::npos; start = all.find(left_, done)) {
    const auto found = read_tag(start);
    std::size_t line_start = 0;
    std::size_t line_end = 0;
    // A line that began within a tag that went over several lines is no line of this tag's own.
    const bool is_alone = by_ == rules::standard && stands_alone(found, line_start, line_end) && line_start >= done;
    text(done, is_alone ? line_start : start);
    add(found, is_alone && found.type == tag_type::partial ? all.substr(line_start, start - line_start) : "");
    done = is_alone ? line_end : found.end;
  }
  text(done, all.size());
  if (!open_.empty()) fail(open_.back().offset, "Unclosed section \"" + std::string(open_.back().text) + "\"");
}

// What the engine before did with a line that holds nothing but one section tag or comment: without the line's end
// there is none. It looked for the marks that a template has at its beginning.
std::string without_standalone_lines(std::string_view text, std::vector<source::gap>& gaps) {
  const auto is_alone = [](std::string_view line) {
    const auto tag = without_space(line);
    return tag.size() > 5 && tag.starts_with("{{") && std::string_view("#^/!").find(tag[2]) != std::string_view::npos &&
           tag.find("}}") == tag.size() - 2;
  };
  std::string result;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    if (is_alone(line)) {
      const auto tag = without_space(line);
      const auto before = static_cast<std::size_t>(tag.data() - line.data());
      gaps.push_back({.offset = result.size(), .bytes = before});
      result += tag;
      gaps.push_back({.offset = result.size(),
                      .bytes = line.size() - before - tag.size() + (end == std::string_view::npos ? 0 : 1)});
    } else result += text.substr(0, end == std::string_view::npos ? end : end + 1);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return result;
}

}  // namespace

position source::place(std::size_t offset) const {
  if (gaps.empty()) return place_of(text, offset);
  std::size_t missing = 0;
  for (const auto& each : gaps)
    if (each.offset <= offset) missing += each.bytes;
  return place_of(written, offset + missing);
}

std::optional<fault> parse(source& of, rules by, std::vector<std::string>& wanted) {
  const auto read = [&](std::vector<std::string>& names) -> std::optional<fault> {
    parser reader(of, by, names);
    try {
      reader.run();
    } catch (const failure& wrong) {
      return fault{.name = of.name, .where = place_of(of.text, reader.place()), .text = wrong.text()};
    }
    return {};
  };
  // First the text as it is, since the places of faults are those that its author sees.
  if (auto wrong = read(wanted)) return wrong;
  if (by == rules::standard) return {};
  of.nodes.clear();
  of.written = std::exchange(of.text, without_standalone_lines(of.text, of.gaps));
  std::vector<std::string> again;
  return read(again);
}

}  // namespace drcon::templating::mustache
