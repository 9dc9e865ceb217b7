// scratch: values that a template puts aside under a name, and finds again in any place of the same rendering.
#include "common/templating/format/quote.hpp"
#include "common/templating/functions/functions.hpp"
#include "common/templating/invocation.hpp"
#include "common/templating/parameter_lists.hpp"

namespace drcon::templating {
namespace {

using arguments = std::span<const value>;

const value nothing_shown = value(std::string_view());

value call_key(invocation& in, arguments all) { return value(in.values().contains(all[0].text())); }

value call_get(invocation& in, arguments all) {
  const auto found = in.values().find(all[0].text());
  return found == in.values().end() ? value::null() : found->second.in_any(true);
}

value call_set(invocation& in, arguments all) {
  in.values().insert_or_assign(std::string(all[0].text()), all[1].in_any(false));
  return nothing_shown;
}

value call_set_x(invocation& in, arguments all) {
  in.values().try_emplace(std::string(all[0].text()), all[1].in_any(false));
  return nothing_shown;
}

// A new map takes the place of the old one: who has looked at that still sees it as it was.
void set_in_map(invocation& in, arguments all, bool overrides) {
  auto& held = in.values().try_emplace(std::string(all[0].text()), in.scratch().any_map({})).first->second;
  if (!held.is(kind::map) || held.type() != any_map_class.type)
    throw failure(go_quoted(all[0].text()) + " is not a map");
  std::vector<map_entry> entries;
  in.spend(held.size());
  for (std::size_t i = 0; i < held.size(); ++i) entries.push_back(held.entry(i, in.scratch()));
  const bool is_there = !held.as_map().find(held.self(), all[1], in.scratch()).is(kind::nothing);
  if (is_there && !overrides) return;
  entries.push_back({.key = all[1], .held = all[2].in_any(false)});
  held = in.scratch().any_map(std::move(entries));
}

value call_map_set(invocation& in, arguments all) {
  set_in_map(in, all, true);
  return nothing_shown;
}
value call_map_set_x(invocation& in, arguments all) {
  set_in_map(in, all, false);
  return nothing_shown;
}

value call_map_values(invocation& in, arguments all) {
  const auto found = in.values().find(all[0].text());
  std::vector<value> result;
  if (found != in.values().end() && found->second.is(kind::map) && found->second.type() == any_map_class.type)
    for (std::size_t i = 0; i < found->second.size(); ++i)
      result.push_back(found->second.entry(i, in.scratch()).held.in_any(false));
  return in.scratch().any_list(result);
}

constexpr function methods[] = {
    {"Get", expects::text, false, call_get, "NAME", "the value of that name, or nothing"},
    {"Key", expects::text, false, call_key, "NAME", "whether there is a value of that name"},
    {"MapSet", expects::two_texts_and_any, false, call_map_set, "NAME KEY VALUE", "puts it into the map of that name"},
    {"MapSetX", expects::two_texts_and_any, false, call_map_set_x, "NAME KEY VALUE",
     "puts it into the map of that name, unless the key is there"},
    {"MapValues", expects::text, false, call_map_values, "NAME",
     "the values of the map of that name, in order of their keys"},
    {"Set", expects::text_and_any, false, call_set, "NAME VALUE", "puts it aside"},
    {"SetX", expects::text_and_any, false, call_set_x, "NAME VALUE", "puts it aside, unless there is one of that name"},
};

const field fields[] = {
    {.name = "Get", .get = nullptr, .method = &methods[0]},
    {.name = "Key", .get = nullptr, .method = &methods[1]},
    {.name = "MapSet", .get = nullptr, .method = &methods[2]},
    {.name = "MapSetX", .get = nullptr, .method = &methods[3]},
    {.name = "MapValues", .get = nullptr, .method = &methods[4]},
    {.name = "Set", .get = nullptr, .method = &methods[5]},
    {.name = "SetX", .get = nullptr, .method = &methods[6]},
};

const object_class scratch_class{.type = "*template.Scratch", .fields = fields};

value call_scratch(invocation& in, arguments) { return {&in, scratch_class}; }

constexpr function scratch_table[] = {
    {"scratch", {}, false, call_scratch, "", "values that are put aside: its methods are Get, Set, Key …"},
};

}  // namespace

std::span<const function> scratch_functions() { return scratch_table; }

}  // namespace drcon::templating
