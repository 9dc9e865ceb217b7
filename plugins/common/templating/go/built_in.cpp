// The functions that text/template itself has.
#include "common/templating/format/print.hpp"
#include "common/templating/go/compare.hpp"
#include "common/templating/go/escape.hpp"
#include "common/templating/go/template.hpp"
#include "common/templating/invocation.hpp"

#include <algorithm>
#include <array>

namespace drcon::templating::go {
namespace {

using arguments = std::span<const value>;

value of_bool(bool flag) { return value(flag); }

value call_not(invocation&, arguments all) { return of_bool(!all[0].truth()); }

value call_eq(invocation&, arguments all) {
  if (all.size() == 1) throw failure("missing argument for comparison");
  return of_bool(std::ranges::any_of(all.subspan(1), [&](const value& each) { return equal(all[0], each); }));
}
value call_ne(invocation&, arguments all) { return of_bool(!equal(all[0], all[1])); }
value call_lt(invocation&, arguments all) { return of_bool(less(all[0], all[1])); }
value call_le(invocation&, arguments all) { return of_bool(less(all[0], all[1]) || equal(all[0], all[1])); }
value call_gt(invocation&, arguments all) { return of_bool(!less(all[0], all[1]) && !equal(all[0], all[1])); }
value call_ge(invocation&, arguments all) { return of_bool(!less(all[0], all[1])); }

value call_len(invocation&, arguments all) {
  const auto& of = all[0];
  if (of.is(kind::nil)) throw failure("len of nil pointer");
  if (of.is(kind::nothing)) throw failure("reflect: call of reflect.Value.Type on zero Value");
  if (!of.is(kind::list) && !of.is(kind::map) && !of.is(kind::text)) {
    const auto type = of.type();
    throw failure("len of type " + std::string(of.is(kind::object) && type.starts_with('*') ? type.substr(1) : type));
  }
  return value::integer(static_cast<std::int64_t>(of.size()));
}

// Up to `end`, which is one too many for an element and fits for a slice.
std::size_t index_below(const value& index, std::size_t end) {
  if (!index.is_there()) throw failure("cannot index slice/array with nil");
  if (!index.is_whole()) throw failure("cannot index slice/array with type " + std::string(index.type()));
  const auto number = index.whole();
  if (number < 0 || static_cast<std::uint64_t>(number) > end)
    throw failure("index out of range: " + std::to_string(number));
  return static_cast<std::size_t>(number);
}

value element_of(invocation& in, const value& of, const value& index) {
  const auto place = index_below(index, of.size());
  if (place == of.size())
    throw failure(of.is(kind::text) ? "reflect: string index out of range" : "reflect: slice index out of range");
  return of.at(place, in.scratch());
}

value entry_of(invocation& in, const value& of, const value& index) {
  const auto& how = of.as_map();
  const std::string_view key_type = how.key == kind::text ? "string" : "int";
  if (!index.is_there() && how.key != kind::nothing)
    throw failure("value is nil; should be of type " + std::string(key_type));
  const bool fits = how.key == kind::nothing || (how.key == kind::text ? index.is(kind::text) : index.is_whole());
  if (!fits) throw failure("value has type " + std::string(index.type()) + "; should be " + std::string(key_type));
  // A map of numbers takes a number of each type, one of any keys distinguishes them.
  const auto key = !index.is_there() ? value::null() : how.key == kind::integer ? value::integer(index.whole()) : index;
  const auto found = of.find(key, in.scratch());
  if (!found.is(kind::nothing)) return how.any ? found.in_any(true) : found;
  switch (how.absent) {
    case kind::text: return value(std::string_view());
    case kind::list: return in.scratch().any_list({});
    default: return value::null();
  }
}

value call_index(invocation& in, arguments all) {
  auto item = all[0];
  if (!item.is_there()) throw failure("index of untyped nil");
  for (const auto& each : all.subspan(1)) {
    if (!item.is_there()) throw failure("index of nil pointer");
    if (item.is(kind::list) || item.is(kind::text)) item = element_of(in, item, each);
    else if (item.is(kind::map)) item = entry_of(in, item, each);
    else throw failure("can't index item of type " + std::string(item.type()));
  }
  return item;
}

value call_slice(invocation& in, arguments all) {
  const auto& item = all[0];
  const auto indexes = all.subspan(1);
  if (!item.is_there()) throw failure("slice of untyped nil");
  if (indexes.size() > 3) throw failure("too many slice indexes: " + std::to_string(indexes.size()));
  if (item.is(kind::text) && indexes.size() == 3) throw failure("cannot 3-index slice a string");
  if (!item.is(kind::text) && !item.is(kind::list))
    throw failure("can't slice item of type " + std::string(item.type()));
  std::array<std::size_t, 3> bounds{0, item.size(), item.size()};
  for (std::size_t i = 0; i < indexes.size(); ++i) bounds[i] = index_below(indexes[i], item.size());
  const auto check = [](std::size_t low, std::size_t high) {
    if (low > high) throw failure("invalid slice index: " + std::to_string(low) + " > " + std::to_string(high));
  };
  check(bounds[0], bounds[1]);
  check(bounds[1], bounds[2]);
  if (item.is(kind::text)) return value(item.text().substr(bounds[0], bounds[1] - bounds[0]));
  std::vector<value> part;
  for (auto i = bounds[0]; i < bounds[1]; ++i) part.push_back(item.as_list().at(item.self(), i, in.scratch()));
  return in.scratch().list_like(part, item.as_list());
}

std::string printed_by_go(invocation& in, arguments all) {
  std::string result;
  printer(result, in.scratch(), in.around().bounds.output).print(all);
  return result;
}

value call_print(invocation& in, arguments all) { return in.text(printed_by_go(in, all)); }
value call_println(invocation& in, arguments all) {
  std::string result;
  printer(result, in.scratch(), in.around().bounds.output).println(all);
  return in.text(result);
}
value call_printf(invocation& in, arguments all) {
  std::string result;
  printer(result, in.scratch(), in.around().bounds.output).printf(all[0].text(), all.subspan(1));
  return in.text(result);
}

// As an action shows them, where print has <nil>.
std::string escapable_text(invocation& in, arguments all) {
  std::vector<value> plain(all.begin(), all.end());
  std::ranges::replace_if(
      plain, [](const value& each) { return !each.is_there(); }, value(std::string_view("<no value>")));
  return printed_by_go(in, plain);
}
value call_html(invocation& in, arguments all) { return in.text(html_text(escapable_text(in, all))); }
value call_js(invocation& in, arguments all) { return in.text(javascript_text(escapable_text(in, all))); }
value call_urlquery(invocation& in, arguments all) { return in.text(query_text(escapable_text(in, all))); }

constexpr parameter one_any[] = {takes::any};
constexpr parameter format_and_any[] = {takes::text, takes::any};
constexpr parameter one[] = {takes::reflected};
constexpr parameter two[] = {takes::reflected, takes::reflected};

constexpr function all_functions[] = {
    {"and", two, true, nullptr, "VALUE…", "the first that is empty, or the last; what follows is not computed",
     built_in::logical_and},
    {"call", two, true, nullptr, "FUNCTION ARGUMENT…", "what the function value returns", built_in::call},
    {"eq", two, true, call_eq, "VALUE OTHER…", "whether the first equals one of the others", built_in::ordinary},
    {"ge", two, false, call_ge, "A B", "A ≥ B", built_in::ordinary},
    {"gt", two, false, call_gt, "A B", "A > B", built_in::ordinary},
    {"html", one_any, true, call_html, "VALUE…", "as text in HTML", built_in::ordinary},
    {"index", two, true, call_index, "LIST INDEX…", "an element of a list or map, or of one within it",
     built_in::ordinary},
    {"js", one_any, true, call_js, "VALUE…", "as text in a JavaScript string", built_in::ordinary},
    {"le", two, false, call_le, "A B", "A ≤ B", built_in::ordinary},
    {"len", one, false, call_len, "LIST", "how many elements, or bytes of a text", built_in::ordinary},
    {"lt", two, false, call_lt, "A B", "A < B", built_in::ordinary},
    {"ne", two, false, call_ne, "A B", "whether they differ", built_in::ordinary},
    {"not", one, false, call_not, "VALUE", "whether it is empty", built_in::ordinary},
    {"or", two, true, nullptr, "VALUE…", "the first that is not empty, or the last; what follows is not computed",
     built_in::logical_or},
    {"print", one_any, true, call_print, "VALUE…", "as text", built_in::ordinary},
    {"printf", format_and_any, true, call_printf, "FORMAT VALUE…", "as the format says, which is Go's",
     built_in::ordinary},
    {"println", one_any, true, call_println, "VALUE…", "as text with a line end", built_in::ordinary},
    {"slice", two, true, call_slice, "LIST START END", "a part of a list or text", built_in::ordinary},
    {"urlquery", one_any, true, call_urlquery, "VALUE…", "as a value in a URL's query", built_in::ordinary},
};

}  // namespace

std::span<const function> built_in_functions() { return all_functions; }

}  // namespace drcon::templating::go
