#include "bench/former/mustache.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

namespace drcon::former {
namespace {

// A line that holds nothing but one section tag or comment.
bool stands_alone(std::string_view line) {
  const auto blank = " \t\r";
  const auto start = line.find_first_not_of(blank);
  if (start == std::string_view::npos) return false;
  const auto tag = line.substr(start, line.find_last_not_of(blank) - start + 1);
  return tag.size() > 5 && tag.starts_with("{{") && std::string_view("#^/!").find(tag[2]) != std::string_view::npos &&
         tag.find("}}") == tag.size() - 2;
}

// mustache(5) removes such a line; kainjow's library, 4.1, leaves an empty one where the section is skipped. Without
// the line's end there is none. (An empty line that follows the tag goes too.)
std::string without_standalone_lines(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    if (stands_alone(line)) {
      const auto start = line.find("{{");
      result += line.substr(start, line.find("}}") + 2 - start);
    } else {
      result += text.substr(0, end == std::string_view::npos ? end : end + 1);
    }
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return result;
}

// Of the whole text, whatever its delimiters are: a name that no tag has may be among them, none that one has is
// missing.
std::set<std::string, std::less<>> words_of(std::string_view text) {
  const auto letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  std::set<std::string, std::less<>> all;
  for (auto start = text.find_first_of(letters); start != std::string_view::npos;) {
    const auto end = text.find_first_not_of(letters, start);
    all.emplace(text.substr(start, end - start));
    start = end == std::string_view::npos ? end : text.find_first_of(letters, end);
  }
  return all;
}

}  // namespace

mustache_template::mustache_template(std::string text)
    : text_(std::move(text)), prepared_(without_standalone_lines(text_)), words_(words_of(text_)) {}

std::optional<std::string> mustache_template::fault() const {
  const kainjow::mustache::mustache parsed(text_);
  if (parsed.is_valid()) return {};
  // "Unclosed section "x" at 123": a byte, where people expect a line.
  const auto& said = parsed.error_message();
  const auto mark = said.rfind(" at ");
  std::size_t offset = 0;
  if (mark == std::string::npos ||
      std::from_chars(said.data() + mark + 4, said.data() + said.size(), offset).ec != std::errc())
    return "1:1: " + said;
  const auto before = text_.substr(0, offset);
  const auto line = std::ranges::count(before, '\n') + 1;
  const auto start = before.rfind('\n');
  const auto column = before.size() - (start == std::string::npos ? 0 : start + 1) + 1;
  return std::to_string(line) + ":" + std::to_string(column) + ": " + said.substr(0, mark);
}

std::string mustache_template::render(const values& origin, const escape& with) const {
  kainjow::mustache::mustache parsed(prepared_);
  parsed.set_custom_escape(with);
  return parsed.render(origin);
}

void describe_labels(const endpoint& origin, const mustache_template& form, kainjow::mustache::data& result) {
  using kainjow::mustache::data;
  result["id"] = origin.id;
  result["node"] = origin.node;
  result["health"] = std::string(to_string(origin.health));
  if (form.mentions("tags")) {
    data tags = data::type::list;
    for (const auto& tag : origin.tags) tags.push_back(tag);
    result["tags"] = std::move(tags);
  }
  if (!form.mentions("meta") && !form.mentions("meta_list")) return;
  data meta = data::type::object;
  data pairs = data::type::list;
  for (const auto& [key, value] : origin.meta) {
    meta[key] = value;
    data pair;
    pair["key"] = key;
    pair["value"] = value;
    pairs.push_back(pair);
  }
  result["meta"] = std::move(meta);
  result["meta_list"] = std::move(pairs);
}

}  // namespace drcon::former
