// Functions of regular expressions.
#include "common/templating/functions/functions.hpp"
#include "common/templating/invocation.hpp"
#include "common/templating/parameter_lists.hpp"
#include "common/templating/pattern/pattern.hpp"

namespace drcon::templating {
namespace {

using arguments = std::span<const value>;

value call_regex_match(invocation& in, arguments all) {
  in.spend(all[0].size() + 1);
  return value(pattern(all[0].text()).matches(all[1].text(), [&](std::uint64_t steps) { in.spend(steps); }));
}

value call_regex_replace_all(invocation& in, arguments all) {
  in.spend(all[0].size() + 1);
  return in.text(pattern(all[0].text())
                     .replace_all(all[2].text(), all[1].text(), in.around().bounds.memory,
                                  [&](std::uint64_t steps) { in.spend(steps); }));
}

constexpr function pattern_table[] = {
    {"regexMatch", expects::two_texts, false, call_regex_match, "PATTERN TEXT",
     "whether the pattern is anywhere in the text"},
    {"regexReplaceAll", expects::three_texts, false, call_regex_replace_all, "PATTERN NEW TEXT",
     "with each match replaced; $1 and ${name} in NEW are groups"},
};

}  // namespace

std::span<const function> pattern_functions() { return pattern_table; }

}  // namespace drcon::templating
