// sprig: texts cut, joined, quoted, compared.
#include "common/templating/format/quote.hpp"
#include "common/templating/format/unicode.hpp"
#include "common/templating/functions/sprig/sprig.hpp"
#include "common/templating/functions/sprig/values.hpp"
#include "common/templating/functions/text.hpp"
#include "common/templating/parameter_lists.hpp"

#include <algorithm>

namespace drcon::templating::sprig {
namespace {

using arguments = std::span<const value>;

value text_list(invocation& in, const std::vector<std::string>& all) {
  std::vector<value> kept;
  for (const auto& each : all) kept.push_back(in.scratch().text(each));
  return in.scratch().text_list(kept);
}

std::string joined(const std::vector<std::string>& all, std::string_view separator) {
  std::string result;
  for (std::size_t i = 0; i < all.size(); ++i) (result += i > 0 ? separator : "") += all[i];
  return result;
}

value call_hello(invocation&, arguments) { return value(std::string_view("Hello!")); }
value call_trim(invocation&, arguments all) { return value(trim_space(all[0].text())); }
value call_upper(invocation& in, arguments all) { return in.text(to_upper(all[0].text())); }
value call_lower(invocation& in, arguments all) { return in.text(to_lower(all[0].text())); }
value call_trim_all(invocation& in, arguments all) {
  in.spend(all[0].size() * all[1].size() / 64);
  return value(trimmed(all[1].text(), all[0].text()));
}
value call_trim_suffix(invocation&, arguments all) {
  const auto text = all[1].text();
  return value(text.ends_with(all[0].text()) ? text.substr(0, text.size() - all[0].size()) : text);
}
value call_trim_prefix(invocation&, arguments all) {
  const auto text = all[1].text();
  return value(text.starts_with(all[0].text()) ? text.substr(all[0].size()) : text);
}
value call_contains(invocation& in, arguments all) {
  in.spend(all[1].size() / 64 + 1);
  return value(all[1].text().find(all[0].text()) != std::string_view::npos);
}
value call_has_prefix(invocation&, arguments all) { return value(all[1].text().starts_with(all[0].text())); }
value call_has_suffix(invocation&, arguments all) { return value(all[1].text().ends_with(all[0].text())); }
value call_replace(invocation& in, arguments all) {
  return in.text(replaced(in, all[2].text(), all[0].text(), all[1].text()));
}

value call_repeat(invocation& in, arguments all) {
  if (all[0].whole() < 0) throw failure("strings: negative Repeat count");
  bounded_text result(in);
  if (all[1].size() == 0) return result.take();
  // Divided and not multiplied, which could overflow.
  const auto most = in.around().bounds.memory / all[1].size();
  if (static_cast<std::uint64_t>(all[0].whole()) > most) throw failure("the text would be too long");
  check_what_data_asks_for(in, all, static_cast<std::uint64_t>(all[0].whole()) * all[1].size(), "bytes");
  for (auto i = all[0].whole(); i > 0; --i) result.add(all[1].text());
  return result.take();
}

std::string indented(invocation& in, std::int64_t spaces, std::string_view text) {
  if (spaces < 0) throw failure("strings: negative Repeat count");
  if (static_cast<std::uint64_t>(spaces) > in.around().bounds.memory) throw failure("the text would be too long");
  const std::string pad(static_cast<std::size_t>(spaces), ' ');
  return pad + replaced(in, text, "\n", "\n" + pad);
}
std::string indented(invocation& in, arguments all) {
  const auto text = all[1].text();
  const auto lines = static_cast<std::uint64_t>(std::ranges::count(text, '\n')) + 1;
  const auto most = in.around().bounds.memory / lines;
  if (all[0].whole() > 0 && static_cast<std::uint64_t>(all[0].whole()) <= most)
    check_what_data_asks_for(in, all.first(1), static_cast<std::uint64_t>(all[0].whole()) * lines, "bytes");
  return indented(in, all[0].whole(), text);
}
value call_indent(invocation& in, arguments all) { return in.text(indented(in, all)); }
value call_nindent(invocation& in, arguments all) { return in.text("\n" + indented(in, all)); }

value call_quote(invocation& in, arguments all) {
  std::vector<std::string> shown;
  for (const auto& each : all)
    if (each.is_there()) shown.push_back(go_quoted(to_text(in, each)));
  return in.text(joined(shown, " "));
}
value call_squote(invocation& in, arguments all) {
  std::vector<std::string> shown;
  for (const auto& each : all)
    if (each.is_there()) shown.push_back("'" + to_text(in, each) + "'");
  return in.text(joined(shown, " "));
}
value call_cat(invocation& in, arguments all) {
  std::vector<std::string> shown;
  for (const auto& each : all)
    if (each.is_there()) shown.push_back(to_text(in, each));
  return in.text(joined(shown, " "));
}

value call_plural(invocation&, arguments all) { return all[2].whole() == 1 ? all[0] : all[1]; }
value call_to_string(invocation& in, arguments all) { return in.text(to_text(in, all[0])); }
value call_to_strings(invocation& in, arguments all) { return text_list(in, to_texts(in, all[0])); }
value call_join(invocation& in, arguments all) { return in.text(joined(to_texts(in, all[1]), all[0].text())); }

value call_sort_alpha(invocation& in, arguments all) {
  auto texts = to_texts(in, all[0]);
  in.spend(texts.size());
  if (!all[0].is_there()) texts.emplace_back("<nil>");
  std::ranges::sort(texts);
  return text_list(in, texts);
}

// A negative count keeps the end.
value call_trunc(invocation&, arguments all) {
  const auto count = all[0].whole();
  const auto text = all[1].text();
  const auto size = static_cast<std::int64_t>(text.size());
  if (count < 0 && count > -size) return value(text.substr(static_cast<std::size_t>(size + count)));
  return value(count >= 0 && size > count ? text.substr(0, static_cast<std::size_t>(count)) : text);
}

value call_substr(invocation&, arguments all) {
  const auto start = all[0].whole();
  const auto end = all[1].whole();
  const auto text = all[2].text();
  const auto size = static_cast<std::int64_t>(text.size());
  const auto refuse = [](const std::string& bounds) {
    throw failure("runtime error: slice bounds out of range " + bounds);
  };
  if (start < 0) {
    if (end < 0) refuse("[:" + std::to_string(end) + "]");
    if (end > size) refuse("[:" + std::to_string(end) + "] with length " + std::to_string(size));
    return value(text.substr(0, static_cast<std::size_t>(end)));
  }
  const auto last = end < 0 || end > size ? size : end;
  if (start > last) refuse("[" + std::to_string(start) + ":" + std::to_string(last) + "]");
  return value(text.substr(static_cast<std::size_t>(start), static_cast<std::size_t>(last - start)));
}

value numbered(invocation& in, const std::vector<value>& all) {
  std::vector<map_entry> entries;
  for (std::size_t i = 0; i < all.size(); ++i)
    entries.push_back({.key = in.scratch().text("_" + std::to_string(i)), .held = all[i]});
  return in.scratch().text_map(std::move(entries));
}
value call_split(invocation& in, arguments all) { return numbered(in, parts(in, all[0].text(), all[1].text())); }
value call_splitn(invocation& in, arguments all) {
  return numbered(in, parts(in, all[0].text(), all[2].text(), all[1].whole()));
}
value call_split_list(invocation& in, arguments all) {
  return in.scratch().text_list(parts(in, all[0].text(), all[1].text()));
}

value call_fail(invocation&, arguments all) { throw failure(std::string(all[0].text())); }

constexpr function text_table[] = {
    {"sprig_cat", expects::any, true, call_cat, "VALUE…", "as texts, with spaces between"},
    {"sprig_contains", expects::two_texts, false, call_contains, "PART TEXT",
     "whether the part is anywhere in the text"},
    {"sprig_fail", expects::text, false, call_fail, "MESSAGE", "ends the rendering with this fault"},
    {"sprig_hasPrefix", expects::two_texts, false, call_has_prefix, "PREFIX TEXT", "whether the text begins so"},
    {"sprig_hasSuffix", expects::two_texts, false, call_has_suffix, "SUFFIX TEXT", "whether the text ends so"},
    {"sprig_hello", {}, false, call_hello, "", "Hello!"},
    {"sprig_indent", expects::number_and_text, false, call_indent, "SPACES TEXT", "each line with spaces in front"},
    {"sprig_join", expects::text_and_any, false, call_join, "SEPARATOR LIST", "the elements as one text"},
    {"sprig_lower", expects::text, false, call_lower, "TEXT", "in lower case"},
    {"sprig_nindent", expects::number_and_text, false, call_nindent, "SPACES TEXT",
     "each line with spaces in front, after a line end"},
    {"sprig_plural", expects::two_texts_and_number, false, call_plural, "ONE MANY COUNT",
     "ONE if the count is 1, or MANY"},
    {"sprig_quote", expects::any, true, call_quote, "VALUE…", "in double quotes, with escapes"},
    {"sprig_repeat", expects::number_and_text, false, call_repeat, "COUNT TEXT", "so many times"},
    {"sprig_replace", expects::three_texts, false, call_replace, "OLD NEW TEXT", "with each OLD replaced"},
    {"sprig_sortAlpha", expects::any, false, call_sort_alpha, "LIST", "as texts in order"},
    {"sprig_split", expects::two_texts, false, call_split, "SEPARATOR TEXT", "the parts as a map: _0, _1 …"},
    {"sprig_splitList", expects::two_texts, false, call_split_list, "SEPARATOR TEXT", "the parts as a list"},
    {"sprig_splitn", expects::text_number_and_text, false, call_splitn, "SEPARATOR COUNT TEXT",
     "so many parts at most, as a map: _0, _1 …"},
    {"sprig_squote", expects::any, true, call_squote, "VALUE…", "in single quotes, without escapes"},
    {"sprig_substr", expects::two_numbers_and_text, false, call_substr, "START END TEXT",
     "a part of the text, in bytes"},
    {"sprig_toString", expects::any, false, call_to_string, "VALUE", "as text"},
    {"sprig_toStrings", expects::any, false, call_to_strings, "LIST", "the elements as texts"},
    {"sprig_trim", expects::text, false, call_trim, "TEXT", "without white space at both ends"},
    {"sprig_trimAll", expects::two_texts, false, call_trim_all, "CHARACTERS TEXT",
     "without any of these characters at both ends"},
    {"sprig_trimPrefix", expects::two_texts, false, call_trim_prefix, "PREFIX TEXT", "without this in front"},
    {"sprig_trimSuffix", expects::two_texts, false, call_trim_suffix, "SUFFIX TEXT", "without this at the end"},
    {"sprig_trimall", expects::two_texts, false, call_trim_all, "CHARACTERS TEXT",
     "without any of these characters at both ends"},
    {"sprig_trunc", expects::number_and_text, false, call_trunc, "COUNT TEXT",
     "the first bytes; with a negative count the last ones"},
    {"sprig_upper", expects::text, false, call_upper, "TEXT", "in upper case"},
};

}  // namespace

std::span<const function> text_functions() { return text_table; }

}  // namespace drcon::templating::sprig
