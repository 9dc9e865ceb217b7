#include "common/templating/functions/merge.hpp"

#include <vector>

namespace drcon::templating {
namespace {

constexpr std::size_t deepest_merge = 100;

bool is_any_map(const value& of) { return of.is(kind::map) && of.type() == any_map_class.type; }

value changeable(invocation& in, const value& map) {
  if (&map.as_map() == &any_map_class && in.scratch().owns(map.self())) return map;
  std::vector<map_entry> all;
  in.spend(map.size() / 4 + 1);
  for (std::size_t i = 0; i < map.size(); ++i) {
    auto each = map.entry(i, in.scratch());
    each.held = each.held.in_any(false);
    all.push_back(each);
  }
  return in.scratch().any_map(std::move(all));
}

value merge(invocation& in, const value& first, const value& second, merging how, std::size_t depth) {
  if (depth > deepest_merge)
    throw failure("maps lie more than " + std::to_string(deepest_merge) + " deep in one another");
  auto& scratch = in.scratch();
  const bool overrides = how == merging::overrides;
  auto result = changeable(in, first);
  const auto count = second.size();
  for (std::size_t i = 0; i < count && i < second.size(); ++i) {
    auto each = second.entry(i, scratch);
    each.held = each.held.in_any(false);
    in.spend(result.size() / 64 + 1);
    const auto held = result.find(each.key, scratch);
    if (!each.held.is_there()) {
      if (overrides) scratch.put(result, each.key, value::null());
      continue;
    }
    if (is_any_map(each.held) && is_any_map(held)) {
      const auto merged = merge(in, held, each.held, how, depth + 1);
      if (held.size() > 0 || merged.size() > 0) {
        scratch.put(result, each.key, merged);
        continue;
      }
    }
    const bool has_one = held.truth();
    const bool stays = has_one && !overrides && (each.held.is(kind::list) || each.held.is(kind::map));
    if (!stays && (overrides || !has_one)) scratch.put(result, each.key, each.held);
  }
  return result;
}

}  // namespace

value merge_maps(invocation& in, const value& first, const value& second, merging how) {
  return merge(in, first, second, how, 0);
}

}  // namespace drcon::templating
