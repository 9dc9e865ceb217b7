// sprig: regular expressions. Of each function there are two: the one with "must" names the fault of an expression, and
// the other one has it in the words of who compiles it.
#include "common/templating/format/quote.hpp"
#include "common/templating/functions/sprig/sprig.hpp"
#include "common/templating/invocation.hpp"
#include "common/templating/parameter_lists.hpp"
#include "common/templating/pattern/pattern.hpp"

#include <utility>

namespace drcon::templating::sprig {
namespace {

using arguments = std::span<const value>;

auto cost_of(invocation& in) {
  return [&in](std::uint64_t steps) { in.spend(steps); };
}

// Of each there is more in between than the part of the text that is kept.
std::size_t most_matches(const invocation& in) { return in.around().bounds.memory / 128; }

pattern compiled(invocation& in, std::string_view text) {
  in.spend(text.size() + 1);
  return pattern(text);
}
pattern compiled_or_panic(invocation& in, std::string_view text) {
  try {
    return compiled(in, text);
  } catch (const failure& wrong) {
    in.spend(0);
    const auto shown = fits_back_quotes(text) ? "`" + std::string(text) + "`" : go_quoted(text);
    throw failure("regexp: Compile(" + shown + "): " + wrong.text());
  }
}

value match(invocation& in, const pattern& of, std::string_view text) { return value(of.matches(text, cost_of(in))); }
value call_must_match(invocation& in, arguments all) { return match(in, compiled(in, all[0].text()), all[1].text()); }
value call_match(invocation& in, arguments all) {
  try {
    return call_must_match(in, all);
  } catch (const failure&) {
    in.spend(0);
    return value(false);
  }
}

value find_all(invocation& in, const pattern& of, std::string_view text, std::int64_t most) {
  std::vector<value> found;
  for (const auto& each : of.find_all(text, most, most_matches(in), cost_of(in))) found.emplace_back(each[0]);
  return in.scratch().text_list(found);
}
value call_find_all(invocation& in, arguments all) {
  return find_all(in, compiled_or_panic(in, all[0].text()), all[1].text(), all[2].whole());
}
value call_must_find_all(invocation& in, arguments all) {
  return find_all(in, compiled(in, all[0].text()), all[1].text(), all[2].whole());
}

value find(invocation& in, const pattern& of, std::string_view text) {
  const auto found = of.find_all(text, 1, 1, cost_of(in));
  return value(found.empty() ? std::string_view() : found[0][0]);
}
value call_find(invocation& in, arguments all) { return find(in, compiled_or_panic(in, all[0].text()), all[1].text()); }
value call_must_find(invocation& in, arguments all) { return find(in, compiled(in, all[0].text()), all[1].text()); }

value replace(invocation& in, const pattern& of, arguments all) {
  return in.text(of.replace_all(all[1].text(), all[2].text(), in.around().bounds.memory, cost_of(in)));
}
value call_replace_pattern(invocation& in, arguments all) {
  return replace(in, compiled_or_panic(in, all[0].text()), all);
}
value call_must_replace(invocation& in, arguments all) { return replace(in, compiled(in, all[0].text()), all); }

value replace_literally(invocation& in, const pattern& of, arguments all) {
  return in.text(of.replace_all_literally(all[1].text(), all[2].text(), in.around().bounds.memory, cost_of(in)));
}
value call_replace_literal(invocation& in, arguments all) {
  return replace_literally(in, compiled_or_panic(in, all[0].text()), all);
}
value call_must_replace_literal(invocation& in, arguments all) {
  return replace_literally(in, compiled(in, all[0].text()), all);
}

value split(invocation& in, const pattern& of, arguments all) {
  const auto text = all[1].text();
  const auto most = all[2].whole();
  std::vector<value> result;
  if (most == 0) return in.scratch().text_list({});
  if (all[0].size() > 0 && text.empty()) return in.scratch().text_list(std::vector{value(std::string_view())});
  std::size_t start = 0;
  std::size_t end = 0;
  for (const auto& each : of.find_all(text, most, most_matches(in), cost_of(in))) {
    if (most > 0 && std::cmp_equal(result.size(), most - 1)) break;
    end = static_cast<std::size_t>(each[0].data() - text.data());
    const auto behind = end + each[0].size();
    if (behind != 0) result.emplace_back(text.substr(start, end - start));
    start = behind;
  }
  if (end != text.size()) result.emplace_back(text.substr(start));
  return in.scratch().text_list(result);
}
value call_split_by_pattern(invocation& in, arguments all) {
  return split(in, compiled_or_panic(in, all[0].text()), all);
}
value call_must_split(invocation& in, arguments all) { return split(in, compiled(in, all[0].text()), all); }

value call_quote_meta(invocation& in, arguments all) {
  std::string result;
  for (const char c : all[0].text()) {
    if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return in.text(result);
}

constexpr function pattern_table[] = {
    {"sprig_mustRegexFind", expects::two_texts, false, call_must_find, "PATTERN TEXT", "the first match"},
    {"sprig_mustRegexFindAll", expects::texts_and_number, false, call_must_find_all, "PATTERN TEXT COUNT",
     "so many matches, or all for -1"},
    {"sprig_mustRegexMatch", expects::two_texts, false, call_must_match, "PATTERN TEXT",
     "whether the pattern is anywhere in the text"},
    {"sprig_mustRegexReplaceAll", expects::three_texts, false, call_must_replace, "PATTERN TEXT NEW",
     "with each match replaced; $1 and ${name} in NEW are groups"},
    {"sprig_mustRegexReplaceAllLiteral", expects::three_texts, false, call_must_replace_literal, "PATTERN TEXT NEW",
     "with each match replaced"},
    {"sprig_mustRegexSplit", expects::texts_and_number, false, call_must_split, "PATTERN TEXT COUNT",
     "so many parts between matches, or all for -1"},
    {"sprig_regexFind", expects::two_texts, false, call_find, "PATTERN TEXT", "the first match"},
    {"sprig_regexFindAll", expects::texts_and_number, false, call_find_all, "PATTERN TEXT COUNT",
     "so many matches, or all for -1"},
    {"sprig_regexMatch", expects::two_texts, false, call_match, "PATTERN TEXT",
     "whether the pattern is anywhere in the text; no for one that is none"},
    {"sprig_regexQuoteMeta", expects::text, false, call_quote_meta, "TEXT", "as a pattern of itself"},
    {"sprig_regexReplaceAll", expects::three_texts, false, call_replace_pattern, "PATTERN TEXT NEW",
     "with each match replaced; $1 and ${name} in NEW are groups"},
    {"sprig_regexReplaceAllLiteral", expects::three_texts, false, call_replace_literal, "PATTERN TEXT NEW",
     "with each match replaced"},
    {"sprig_regexSplit", expects::texts_and_number, false, call_split_by_pattern, "PATTERN TEXT COUNT",
     "so many parts between matches, or all for -1"},
};

}  // namespace

std::span<const function> pattern_functions() { return pattern_table; }

}  // namespace drcon::templating::sprig
