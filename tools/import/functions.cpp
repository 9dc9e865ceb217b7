// What the functions of a template give, as far as that decides what is asked for.
#include "common/templating/functions/functions.hpp"
#include "common/templating/go/tree.hpp"
#include "import/registry_functions.hpp"
#include "import/walk.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>

namespace drcon::importing {
namespace {

constexpr std::size_t longest_list = 32;

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> all) {
  return std::ranges::find(all, name) != all.end();
}

held texts(const std::vector<std::string>& all) {
  if (all.size() > longest_list) return {};
  held result = held::of(held::kind::texts, std::vector<shape>{});
  for (const auto& each : all) result.forms.emplace_back(each);
  return result;
}

std::optional<std::string> known(const held& value) {
  if (!value.is(held::kind::text) || value.forms.size() != 1) return {};
  return value.forms[0].whole();
}

held split(const std::string& separator, const std::string& text) {
  std::vector<std::string> parts;
  if (separator.empty()) return {};
  std::size_t start = 0;
  for (auto end = text.find(separator); end != std::string::npos; end = text.find(separator, start)) {
    parts.push_back(text.substr(start, end - start));
    start = end + separator.size();
  }
  parts.push_back(text.substr(start));
  return texts(parts);
}

held list_of_json(const std::string& text) {
  const auto read = nlohmann::json::parse(text, nullptr, false);
  if (!read.is_array()) return {};
  std::vector<std::string> all;
  for (const auto& each : read) {
    if (!each.is_string()) return {};
    all.push_back(each.get<std::string>());
  }
  return texts(all);
}

std::optional<long> number(const held& value) {
  const auto text = known(value);
  if (!text || text->empty() || text->size() > 6 ||
      !std::ranges::all_of(*text, [](unsigned char c) { return std::isdigit(c) != 0; }))
    return {};
  return std::stol(*text);
}

// loop 3: 0, 1, 2; loop 5 8: 5, 6, 7.
held loop_of(std::span<const held> given) {
  if (given.empty()) return {};
  const auto first = given.size() > 1 ? number(given[0]) : std::optional(0L);
  const auto end = number(given.back());
  if (!first || !end || *end - *first > static_cast<long>(longest_list)) return {};
  std::vector<std::string> all;
  for (auto i = *first; i < *end; ++i) all.push_back(std::to_string(i));
  return texts(all);
}

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

held truth(std::size_t item, std::vector<choice> any_of) {
  held result;
  result.implies.push_back({.item = item, .any_of = std::move(any_of)});
  return result;
}

}  // namespace

void walk::used_as_a_whole(arguments given) {
  for (const auto& each : given)
    if (each.is(held::kind::catalogue)) catalogues_[each.item].as_a_whole = true;
}

held walk::call(const node& of, arguments given) {
  const auto function = std::string_view(of.text);
  bool is_a_question = false;
  auto result = ask(function, of, given, is_a_question);
  if (is_a_question) return result;
  used_as_a_whole(given);
  return compute(function, given);
}

held walk::ask(std::string_view function, const node& of, arguments given, bool& is_a_question) {
  is_a_question = true;
  if (function == "service") return service(of, given);
  if (function == "services") return services(of, given);
  if (is_one_of(function, {"node", "nodes", "datacenters"})) return nodes(function, of, given);
  if (asks_for_keys(function)) return key(function, of, given);
  if (function == "executeTemplate" && !given.empty()) {
    if (const auto name = known(given[0])) call_template(*name, given.size() > 1 ? given[1] : held{});
    return {};
  }
  if (const auto why = why_not(function); !why.empty()) {
    report_.fault(where(of), shown_call(of) + ": " + std::string(why));
    return {};
  }
  if (is_one_of(function, {"env", "mustEnv", "envOrDefault"}) && !given.empty()) {
    if (const auto name = known(given[0]);
        name && std::ranges::find(asks_.environment, *name) == asks_.environment.end())
      asks_.environment.push_back(*name);
    return held::text(shape::anything());
  }
  is_a_question = false;
  return {};
}

held walk::compute(std::string_view function, arguments given) {
  if (given.empty()) return {};
  const auto& last = given.back();
  if (function == "printf") return printf(given);
  if (function == "print" || function == "toString") return given.size() == 1 ? held::text(forms_of(last)[0]) : held{};
  if (function == "and") {
    held result;
    result.implies = all_of(given);
    return result;
  }
  if (function == "or") {
    auto result = given[0];
    for (const auto& each : given.subspan(1)) result = either(result, each);
    result.implies = any_of(given);
    return result;
  }
  if (is_one_of(function, {"sprig_default", "sprig_coalesce", "sprig_ternary"})) {
    auto result = given[0];
    for (const auto& each : given.subspan(1)) result = either(result, each);
    return result;
  }
  if (function == "eq") return compare(given);
  if (given.size() == 2 && is_one_of(function, {"contains", "sprig_has"})) return search(last, given[0], false);
  if (given.size() == 2 && function == "in") return search(given[0], last, false);
  if (given.size() == 2 && is_one_of(function, {"containsAll", "containsAny"}))
    return search(last, given[0], function == "containsAll");
  if (given.size() == 2 && is_one_of(function, {"regexMatch", "sprig_hasPrefix"})) {
    const auto text = known(given[0]);
    const auto begin = !text || function != "regexMatch" ? text : beginning_of(*text);
    const auto item = last.is(held::kind::text) && last.forms.size() == 1 ? last.forms[0].listed() : std::nullopt;
    if (!begin || !item) return {};
    auto pattern = shape(*begin);
    pattern.add(shape::anything());
    return truth(*item, {{.what = choice::kind::pattern, .text = *pattern.pattern()}});
  }
  if (function == "index" && given[0].is(held::kind::texts)) return held::of(held::kind::text, given[0].forms);
  if (function == "loop") return loop_of(given);
  if (function == "parseJSON" && known(last)) return list_of_json(*known(last));
  if (function == "split" && given.size() == 2 && known(given[0]) && known(last))
    return split(*known(given[0]), *known(last));
  if (is_one_of(function, {"sprig_list", "sprig_tuple"})) {
    held result = held::of(held::kind::texts, std::vector<shape>{});
    for (const auto& each : given)
      for (auto& form : forms_of(each)) result.forms.push_back(std::move(form));
    return result.forms.size() > longest_list ? held{} : result;
  }
  if (is_one_of(function, {"toLower", "toUpper"}) && known(last)) {
    auto text = *known(last);
    for (auto& c : text)
      c = static_cast<char>(function == "toLower" ? std::tolower(static_cast<unsigned char>(c))
                                                  : std::toupper(static_cast<unsigned char>(c)));
    return held::text(shape(text));
  }
  // The size, the order and the rest of what it is given do not change what is asked for.
  if (is_one_of(function, {"byTag", "byKey", "byMeta", "byPort"}) && last.is(held::kind::endpoints)) return {};
  return {};
}

// eq .Name "web" "api", and eq . "x" in a loop over tags.
held walk::compare(arguments given) {
  for (std::size_t side = 0; side < given.size() && given.size() >= 2; ++side) {
    const auto& one = given[side];
    const auto item = one.is(held::kind::listed_tag)                      ? std::optional(one.item)
                      : one.is(held::kind::text) && one.forms.size() == 1 ? one.forms[0].listed()
                                                                          : std::nullopt;
    if (!item || (side > 0 && given.size() > 2)) continue;
    std::vector<choice> any;
    for (std::size_t other = 0; other < given.size(); ++other) {
      if (other == side) continue;
      const auto text = known(given[other]);
      if (!text) return {};
      any.push_back({.what = one.is(held::kind::listed_tag) ? choice::kind::tag : choice::kind::name, .text = *text});
    }
    return truth(*item, std::move(any));
  }
  return {};
}

// Whether a loop's service carries a tag, one of some, or all of them: of which one is enough to choose it by.
held walk::search(const held& tags, const held& wanted, bool all) {
  if (!tags.is(held::kind::listed_tags)) return {};
  std::vector<choice> any;
  if (!wanted.is(held::kind::text) && !wanted.is(held::kind::texts)) return {};
  for (const auto& each : wanted.forms) {
    const auto tag = each.whole();
    if (!tag) return {};
    any.push_back({.what = choice::kind::tag, .text = *tag});
    if (all) break;
  }
  return any.empty() ? held{} : truth(tags.item, std::move(any));
}

// %s, %v and %d stand for what is given; all else that begins with % for something unknown.
held walk::printf(arguments given) {
  const auto format = known(given[0]);
  if (!format) return held::text(shape::anything());
  std::vector<shape> result{shape()};
  std::size_t next = 1;
  for (std::size_t i = 0; i < format->size(); ++i) {
    const char c = (*format)[i];
    if (c != '%') {
      result = joined(result, {shape(std::string_view(&c, 1))});
      continue;
    }
    const auto verb = i + 1;
    i = std::min(format->find_first_not_of("+-# 0123456789.[]*", verb), format->size());
    const char letter = i < format->size() ? (*format)[i] : '\0';
    if (letter == '%') {
      result = joined(result, {shape("%")});
    } else {
      const bool is_plain = i == verb && (letter == 's' || letter == 'v' || letter == 'd');
      result = joined(result, is_plain && next < given.size() ? forms_of(given[next]) : std::vector{shape::anything()});
      ++next;
    }
  }
  return held::of(held::kind::text, std::move(result));
}

held walk::scratch(std::string_view method, arguments given) {
  if (given.empty()) return {};
  const auto name = known(given[0]);
  if (!name) return {};
  if (method == "Get") {
    const auto kept = scratch_.find(*name);
    return kept == scratch_.end() ? held{} : kept->second;
  }
  if ((method == "Set" || method == "SetX") && given.size() > 1) {
    const auto [kept, is_new] = scratch_.try_emplace(*name, given[1]);
    if (!is_new) kept->second = either(kept->second, given[1]);
  } else {
    scratch_[*name] = {};  // MapSet and its kin: nothing is known of maps
  }
  return {};
}

}  // namespace drcon::importing
