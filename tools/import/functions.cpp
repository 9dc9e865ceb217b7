// What the functions of a template give, as far as that decides what is asked for.
#include "common/templating/functions/functions.hpp"
#include "common/templating/go/tree.hpp"
#include "import/registry_functions.hpp"
#include "import/walk.hpp"

#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

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
  const auto read = parsed_json(text);
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

// A list whose elements are known.
std::optional<held> list_of(std::string_view function, std::span<const held> given) {
  const auto& last = given.back();
  if (function == "index" && given[0].is(held::kind::texts)) return held::of(held::kind::text, given[0].forms);
  if (function == "loop") return loop_of(given);
  if (function == "parseJSON" && known(last)) return list_of_json(*known(last));
  if (function == "split" && given.size() == 2 && known(given[0]) && known(last))
    return split(*known(given[0]), *known(last));
  if (!is_one_of(function, {"sprig_list", "sprig_tuple"})) return {};
  held result = held::of(held::kind::texts, std::vector<shape>{});
  for (const auto& each : given)
    for (auto& form : forms_of(each)) result.forms.push_back(std::move(form));
  return result.forms.size() > longest_list ? held{} : result;
}

bool escapes(std::string_view function, std::span<const held> given) {
  if (function.starts_with("toJSON") || function.starts_with("toUnescapedJSON") ||
      is_one_of(function, {"toYAML", "toTOML", "sprig_quote", "sprig_toJson", "sprig_squote"}))
    return true;
  const auto format = given.empty() ? std::nullopt : known(given[0]);
  return function == "printf" && format && format->find("%q") != std::string::npos;
}

held any_one(std::span<const held> given) {
  auto result = given[0];
  for (const auto& each : given.subspan(1)) result = either(result, each);
  return result;
}

// Of ASCII alone: other letters are the engine's to know.
held in_case(const held& value, bool upper) {
  auto text = known(value);
  if (!text || std::ranges::any_of(*text, [](unsigned char c) { return c >= 0x80; })) return {};
  for (auto& c : *text) {
    const auto code = static_cast<unsigned char>(c);
    c = static_cast<char>(upper ? std::toupper(code) : std::tolower(code));
  }
  return held::text(shape(*text));
}

}  // namespace

void walk::used_as_a_whole(arguments given) {
  for (const auto& each : given)
    if (each.is(held::kind::catalogue)) catalogues_[each.item].as_a_whole = true;
}

void walk::writes(const node& of, arguments given) {
  for (const auto& each : forms_of(given[0])) {
    const auto path = each.prefix();
    const auto slash = path.rfind('/');
    if (slash != std::string::npos) asks_.written.insert(path.substr(0, std::max<std::size_t>(slash, 1)));
    else
      report_.fault(where(of), shown_call(of) +
                                   ": the directory is known only when the template is rendered: add it to "
                                   "write_below of the sink, by hand");
  }
}

held walk::call(const node& of, arguments given) {
  const auto function = std::string_view(of.text);
  bool is_a_question = false;
  auto result = ask(function, of, given, is_a_question);
  if (is_a_question) return result;
  used_as_a_whole(given);
  if (escapes(function, given)) asks_.escapes = true;
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
  if (function == "writeToFile" && !given.empty()) {
    writes(of, given);
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
  if (function == "printf") return printf(given);
  if (is_one_of(function, {"print", "sprig_toString"}))
    return given.size() == 1 ? held::of(held::kind::text, forms_of(given[0])) : held{};
  if (is_one_of(function, {"sprig_default", "sprig_coalesce", "sprig_ternary"})) return any_one(given);
  if (is_one_of(function, {"toLower", "toUpper"})) return in_case(given.back(), function == "toUpper");
  if (auto list = list_of(function, given)) return *list;
  return condition_of(function, given);
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
