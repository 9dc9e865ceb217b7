// What it means for a loop over the catalogue that a value is true: functions that compare names and search tags.
#include "import/walk.hpp"

#include <algorithm>

namespace drcon::importing {
namespace {

// "web-" of "^web-": all that a simple expression says; nothing for one that is not.
std::optional<std::string> beginning_of(std::string expression) {
  if (!expression.starts_with('^')) return {};
  expression.erase(0, 1);
  while (expression.ends_with(".*")) expression.resize(expression.size() - 2);
  if (expression.empty() || expression.find_first_of(R"(\^$.|?*+()[]{})") != std::string::npos) return {};
  return expression;
}

// Of `and` all hold; of `or` one of them does, so that each has to say something of the same loop.
std::vector<condition> all_of(std::span<const held> given) {
  std::vector<condition> result;
  for (const auto& each : given) result.insert(result.end(), each.implies.begin(), each.implies.end());
  return result;
}

std::vector<condition> any_of(std::span<const held> given) {
  if (given.empty() || given[0].implies.empty()) return {};
  auto result = given[0].implies.front();
  for (const auto& each : given.subspan(1)) {
    if (each.implies.empty() || each.implies.front().item != result.item) return {};
    const auto& more = each.implies.front().any_of;
    result.any_of.insert(result.any_of.end(), more.begin(), more.end());
  }
  return {result};
}

// No watch can choose services by an empty text: then nothing is concluded, and all of them are watched.
held truth(std::size_t item, std::vector<choice> any_of) {
  if (std::ranges::any_of(any_of, [](const choice& each) { return each.text.empty(); })) return {};
  held result;
  result.implies.push_back({.item = item, .any_of = std::move(any_of)});
  return result;
}

// The loop whose service's name this is.
std::optional<std::size_t> loop_named_by(const held& value) {
  if (!value.is(held::kind::text) || value.forms.size() != 1) return {};
  return value.forms[0].listed();
}

// eq .Name "web" "api", and eq . "x" in a loop over tags: the first is compared with each of the others.
held compare(std::span<const held> given) {
  if (given.size() < 2) return {};
  const auto loop_of = [](const held& one) {
    return one.is(held::kind::listed_tag) ? std::optional(one.item) : loop_named_by(one);
  };
  const std::size_t side = given.size() == 2 && !loop_of(given[0]) ? 1 : 0;
  const auto item = loop_of(given[side]);
  if (!item) return {};
  const auto what = given[side].is(held::kind::listed_tag) ? choice::kind::tag : choice::kind::name;
  std::vector<choice> any;
  for (std::size_t other = 0; other < given.size(); ++other) {
    if (other == side) continue;
    const auto text = known(given[other]);
    if (!text) return {};
    any.push_back({.what = what, .text = *text});
  }
  return truth(*item, std::move(any));
}

// Whether a loop's service carries the tag, or one of a list. Of a list all of whose tags are needed that is a wider
// condition, and holds as well.
held search(const held& tags, const held& tag_or_list) {
  if (!tags.is(held::kind::listed_tags)) return {};
  if (!tag_or_list.is(held::kind::text) && !tag_or_list.is(held::kind::texts)) return {};
  std::vector<choice> any;
  for (const auto& each : tag_or_list.forms) {
    const auto tag = each.whole();
    if (!tag) return {};
    any.push_back({.what = choice::kind::tag, .text = *tag});
  }
  return any.empty() ? held{} : truth(tags.item, std::move(any));
}

held begins(const held& name, const std::optional<std::string>& beginning) {
  const auto item = loop_named_by(name);
  if (!item || !beginning || beginning->empty()) return {};
  auto pattern = shape(*beginning);
  pattern.add(shape::anything());
  return truth(*item, {{.what = choice::kind::pattern, .text = *pattern.pattern()}});
}

}  // namespace

held condition_of(std::string_view function, std::span<const held> given) {
  held result;
  if (function == "and") {
    result.implies = all_of(given);
  } else if (function == "or") {
    result = given[0];
    for (const auto& each : given.subspan(1)) result = either(result, each);
    result.implies = any_of(given);
  } else if (function == "eq") {
    result = compare(given);
  } else if (given.size() != 2) {
    return {};
  } else if (function == "contains" || function == "containsAny" || function == "containsAll" ||
             function == "sprig_has") {
    result = search(given[1], given[0]);
  } else if (function == "in") {
    result = search(given[0], given[1]);
  } else if (function == "regexMatch") {
    const auto expression = known(given[0]);
    result = begins(given[1], expression ? beginning_of(*expression) : std::nullopt);
  } else if (function == "sprig_hasPrefix") {
    result = begins(given[1], known(given[0]));
  }
  return result;
}

}  // namespace drcon::importing
