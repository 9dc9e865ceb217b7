// sprig: maps made, changed, read and merged. Those that return keys or values have them in order, where Go's order is
// another one each time.
#include "common/templating/functions/merge.hpp"
#include "common/templating/functions/sprig/sprig.hpp"
#include "common/templating/functions/sprig/values.hpp"
#include "common/templating/parameter_lists.hpp"

namespace drcon::templating::sprig {
namespace {

using arguments = std::span<const value>;

value plain(const value& of) { return of.is_there() ? of.in_any(false) : value::null(); }
value entry_of(invocation& in, const value& map, const value& key) { return map.find(key, in.scratch()); }
bool is_there(const value& found) { return !found.is(kind::nothing); }

value call_dict(invocation& in, arguments all) {
  std::vector<map_entry> entries;
  for (std::size_t i = 0; i < all.size(); i += 2)
    entries.push_back({.key = in.scratch().text(to_text(in, all[i])),
                       .held = i + 1 < all.size() ? plain(all[i + 1]) : value(std::string_view())});
  return in.scratch().any_map(std::move(entries));
}

value call_get(invocation& in, arguments all) {
  const auto found = entry_of(in, all[0], all[1]);
  return is_there(found) ? any_result(found) : value(std::string_view()).in_any(true);
}
value call_has_key(invocation& in, arguments all) { return value(is_there(entry_of(in, all[0], all[1]))); }

value call_set(invocation& in, arguments all) {
  in.spend(all[0].size() / 64 + 1);
  in.scratch().put(all[0], all[1], plain(all[2]));
  return all[0];
}
value call_unset(invocation& in, arguments all) {
  in.spend(all[0].size() / 64 + 1);
  in.scratch().remove(all[0], all[1]);
  return all[0];
}

value call_pluck(invocation& in, arguments all) {
  std::vector<value> result;
  for (const auto& each : all.subspan(1))
    if (const auto found = entry_of(in, each, all[0]); is_there(found)) result.push_back(plain(found));
  return in.scratch().any_list(result);
}

value call_keys(invocation& in, arguments all) {
  std::vector<value> result;
  for (const auto& each : all) {
    in.spend(each.size() / 4 + 1);
    for (std::size_t i = 0; i < each.size(); ++i) result.push_back(each.entry(i, in.scratch()).key);
  }
  return in.scratch().text_list(result);
}
value call_values(invocation& in, arguments all) {
  std::vector<value> result;
  in.spend(all[0].size() / 4 + 1);
  for (std::size_t i = 0; i < all[0].size(); ++i) result.push_back(plain(all[0].entry(i, in.scratch()).held));
  return in.scratch().any_list(result);
}

value call_pick(invocation& in, arguments all) {
  std::vector<map_entry> result;
  for (const auto& key : all.subspan(1))
    if (const auto found = entry_of(in, all[0], key); is_there(found))
      result.push_back({.key = key, .held = plain(found)});
  return in.scratch().any_map(std::move(result));
}
value call_omit(invocation& in, arguments all) {
  std::vector<map_entry> result;
  for (std::size_t i = 0; i < all[0].size(); ++i) {
    auto each = all[0].entry(i, in.scratch());
    in.spend(all.size());
    bool is_omitted = false;
    for (const auto& key : all.subspan(1)) is_omitted = is_omitted || key.text() == each.key.text();
    each.held = plain(each.held);
    if (!is_omitted) result.push_back(each);
  }
  return in.scratch().any_map(std::move(result));
}

value merged(invocation& in, arguments all, merging how) {
  auto result = all[0];
  for (const auto& each : all.subspan(1)) result = merge_maps(in, result, each, how);
  return result.in_any(true);
}
value call_merge(invocation& in, arguments all) { return merged(in, all, merging::fills); }
value call_merge_overwrite(invocation& in, arguments all) { return merged(in, all, merging::overrides); }

void check_type(const value& of, std::string_view wanted) {
  if (of.is_there() && of.type() == wanted) return;
  const auto found = of.is_there() ? of.type() : std::string_view("nil");
  throw failure("interface conversion: interface {} is " + std::string(found) + ", not " + std::string(wanted));
}

value call_dig(invocation& in, arguments all) {
  if (all.size() < 3) throw failure("dig needs at least three arguments");
  const auto keys = all.first(all.size() - 2);
  auto now = all.back();
  check_type(now, takes::map.type);
  for (const auto& each : keys) check_type(each, "string");
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (i > 0) check_type(now, takes::map.type);
    now = entry_of(in, now, keys[i]);
    if (!is_there(now)) return any_result(all[all.size() - 2]);
  }
  return any_result(now);
}

value copy(invocation& in, const value& of, std::size_t depth) {
  if (depth > 100) throw failure("values lie more than 100 deep in one another");
  in.spend(1);
  if (of.is(kind::map) && of.type() == takes::map.type) {
    std::vector<map_entry> entries;
    for (std::size_t i = 0; i < of.size(); ++i) {
      auto each = of.entry(i, in.scratch());
      each.held = copy(in, plain(each.held), depth + 1);
      entries.push_back(each);
    }
    return in.scratch().any_map(std::move(entries));
  }
  if (of.is(kind::list) && of.type() == takes::list.type) {
    std::vector<value> all;
    for (std::size_t i = 0; i < of.size(); ++i) all.push_back(copy(in, plain(of.at(i, in.scratch())), depth + 1));
    return in.scratch().any_list(all);
  }
  return of;
}
value call_deep_copy(invocation& in, arguments all) {
  if (!all[0].is_there()) throw failure("reflect: call of reflect.Value.Type on zero Value");
  return any_result(copy(in, all[0], 0));
}

constexpr function map_table[] = {
    {"sprig_deepCopy", expects::any, false, call_deep_copy, "VALUE",
     "a copy, which changes of the original do not reach"},
    {"sprig_dict", expects::any, true, call_dict, "KEY VALUE…", "a map of these"},
    {"sprig_dig", expects::any, true, call_dig, "KEY… DEFAULT MAP",
     "what is within maps in one another, or the default"},
    {"sprig_get", expects::map_and_text, false, call_get, "MAP KEY", "what the map has, or an empty text"},
    {"sprig_hasKey", expects::map_and_text, false, call_has_key, "MAP KEY", "whether the map has the key"},
    {"sprig_keys", expects::map, true, call_keys, "MAP…", "the keys, in order"},
    {"sprig_merge", expects::two_maps, true, call_merge, "MAP OTHER…",
     "puts into the first map what it does not have, and returns it"},
    {"sprig_mergeOverwrite", expects::two_maps, true, call_merge_overwrite, "MAP OTHER…",
     "puts into the first map what the others have, and returns it"},
    {"sprig_mustDeepCopy", expects::any, false, call_deep_copy, "VALUE",
     "a copy, which changes of the original do not reach"},
    {"sprig_mustMerge", expects::two_maps, true, call_merge, "MAP OTHER…",
     "puts into the first map what it does not have, and returns it"},
    {"sprig_mustMergeOverwrite", expects::two_maps, true, call_merge_overwrite, "MAP OTHER…",
     "puts into the first map what the others have, and returns it"},
    {"sprig_omit", expects::map_and_text, true, call_omit, "MAP KEY…", "without these keys"},
    {"sprig_pick", expects::map_and_text, true, call_pick, "MAP KEY…", "with these keys alone"},
    {"sprig_pluck", expects::text_and_map, true, call_pluck, "KEY MAP…", "what each map has for the key"},
    {"sprig_set", expects::map_text_and_any, false, call_set, "MAP KEY VALUE", "puts it into the map, and returns it"},
    {"sprig_unset", expects::map_and_text, false, call_unset, "MAP KEY", "takes it out of the map, and returns it"},
    {"sprig_values", expects::map, false, call_values, "MAP", "the values, in order of their keys"},
};

}  // namespace

std::span<const function> map_functions() { return map_table; }

}  // namespace drcon::templating::sprig
