// Functions on texts: cut, join, replace, change their case.
#include "common/templating/format/unicode.hpp"
#include "common/templating/functions/functions.hpp"
#include "common/templating/functions/text.hpp"
#include "common/templating/invocation.hpp"
#include "common/templating/parameter_lists.hpp"

#include <algorithm>

namespace drcon::templating {
namespace {

using arguments = std::span<const value>;

value call_join(invocation& in, arguments all) {
  const auto separator = all[0].text();
  std::string result;
  for (std::size_t i = 0; i < all[1].size(); ++i) {
    if (i > 0) result += separator;
    result += all[1].at(i, in.scratch()).text();
  }
  return in.text(result);
}

value call_trim(invocation& in, arguments all) {
  in.spend(all[0].size() * all[1].size() / 64);
  return value(trimmed(all[1].text(), all[0].text()));
}

value call_trim_prefix(invocation&, arguments all) {
  auto text = all[1].text();
  if (text.starts_with(all[0].text())) text.remove_prefix(all[0].size());
  return value(text);
}

value call_trim_suffix(invocation&, arguments all) {
  auto text = all[1].text();
  if (text.ends_with(all[0].text())) text.remove_suffix(all[0].size());
  return value(text);
}

value call_trim_space(invocation&, arguments all) { return value(trim_space(all[0].text())); }

value call_replace_all(invocation& in, arguments all) {
  return in.text(replaced(in, all[2].text(), all[0].text(), all[1].text()));
}

value call_split(invocation& in, arguments all) {
  const auto text = trim_space(all[1].text());
  return in.scratch().text_list(text.empty() ? std::vector<value>() : parts(in, all[0].text(), text));
}

value call_split_to_map(invocation& in, arguments all) {
  const auto text = trim_space(all[2].text());
  std::vector<map_entry> entries;
  if (text.empty()) return in.scratch().text_map({});
  for (const auto& each : parts(in, all[0].text(), text)) {
    const auto pair = each.text();
    const auto mark = pair.find(all[1].text());
    if (mark == std::string_view::npos) continue;
    entries.push_back({.key = value(pair.substr(0, mark)), .held = value(pair.substr(mark + all[1].size()))});
  }
  return in.scratch().text_map(std::move(entries));
}

value call_to_lower(invocation& in, arguments all) { return in.text(to_lower(all[0].text())); }
value call_to_upper(invocation& in, arguments all) { return in.text(to_upper(all[0].text())); }
value call_to_title(invocation& in, arguments all) { return in.text(to_title(all[0].text())); }

value call_indent(invocation& in, arguments all) {
  const auto spaces = all[0].whole();
  if (spaces < 0) throw failure("indent value must be a positive integer");
  if (spaces > 1'000'000) throw failure("indent value is more than 1000000");
  const std::string prefix(static_cast<std::size_t>(spaces), ' ');
  std::string result;
  bool starts_line = true;
  for (const char c : all[1].text()) {
    if (starts_line && c != '\n') {
      in.spend(prefix.size() / 64 + 1);
      if (result.size() > in.around().bounds.memory) throw failure("the text would be too long");
      result += prefix;
    }
    result += c;
    starts_line = c == '\n';
  }
  return in.text(result);
}

constexpr parameter text_and_list[] = {takes::text, takes::texts};

constexpr function text_table[] = {
    {"indent", expects::number_and_text, false, call_indent, "SPACES TEXT",
     "each line that is not empty, with spaces in front"},
    {"join", text_and_list, false, call_join, "SEPARATOR LIST", "the texts of a list as one"},
    {"replaceAll", expects::three_texts, false, call_replace_all, "OLD NEW TEXT", "with each OLD replaced"},
    {"split", expects::two_texts, false, call_split, "SEPARATOR TEXT", "the parts of a text, as a list"},
    {"splitToMap", expects::three_texts, false, call_split_to_map, "SEPARATOR MIDDLE TEXT",
     "the parts of a text that have MIDDLE in them, as a map of what is before and behind it"},
    {"toLower", expects::text, false, call_to_lower, "TEXT", "in lower case"},
    {"toTitle", expects::text, false, call_to_title, "TEXT", "with the first letter of each word in upper case"},
    {"toUpper", expects::text, false, call_to_upper, "TEXT", "in upper case"},
    {"trim", expects::two_texts, false, call_trim, "CHARACTERS TEXT", "without any of these characters at both ends"},
    {"trimPrefix", expects::two_texts, false, call_trim_prefix, "PREFIX TEXT", "without this in front"},
    {"trimSpace", expects::text, false, call_trim_space, "TEXT", "without white space at both ends"},
    {"trimSuffix", expects::two_texts, false, call_trim_suffix, "SUFFIX TEXT", "without this at the end"},
};

}  // namespace

std::span<const function> text_functions() { return text_table; }

}  // namespace drcon::templating
