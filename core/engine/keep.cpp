#include "engine/keep.hpp"

#include "model/snapshot.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

namespace drcon::engine {
namespace {

using place = std::pair<std::string_view, std::uint32_t>;

place place_of(const endpoint& each) { return {each.address, each.port}; }

// The endpoints of `served` in service of which `next` has neither the id nor the place in service: one process under
// another id is no loss, and two endpoints at one place would get twice the traffic.
std::vector<endpoint> would_go(const model::shared_service& served, const model::shared_service& next) {
  std::set<std::string_view> ids;
  std::set<place> places;
  for (const auto& each : next.endpoints()) {
    if (!model::in_service(each)) continue;
    ids.insert(each.id);
    places.insert(place_of(each));
  }
  std::vector<endpoint> kept;
  for (const auto& each : served.endpoints())
    if (model::in_service(each) && !ids.contains(each.id) && !places.contains(place_of(each))) kept.push_back(each);
  return kept;
}

}  // namespace

model::service_ptr keep_in_service(const model::service_ptr& served, const model::service_ptr& next) {
  if (!served) return next;
  static const model::shared_service nothing(service{.name = {}, .revision = 0, .endpoints = {}, .values = {}});
  const auto& after = next ? *next : nothing;
  service made{.name = served->name(),
               .revision = next ? next->revision() : served->revision(),
               .endpoints = would_go(*served, after),
               .values = after.values()};
  const bool loses_values =
      std::ranges::any_of(served->values(), [&](const auto& value) { return !after.values().contains(value.first); });
  if (made.endpoints.empty() && !loses_values) return next;
  std::set<std::string_view> ids;
  std::set<place> places;
  for (const auto& each : made.endpoints) {
    ids.insert(each.id);
    places.insert(place_of(each));
  }
  std::vector<endpoint> others;
  for (const auto& each : after.endpoints())
    if (!ids.contains(each.id) && !places.contains(place_of(each))) others.push_back(each);
  std::ranges::move(others, std::back_inserter(made.endpoints));
  made.values.insert(served->values().begin(), served->values().end());
  auto kept = std::make_shared<const model::shared_service>(std::move(made));
  return same_content(*served, *kept) ? served : kept;
}

model::snapshot_ptr keep_in_service(const std::vector<model::service_change>& changes, const model::snapshot& next,
                                    const std::vector<std::string>& names, std::uint64_t revision) {
  const auto name_of = [](const model::service_ptr& each) -> std::string_view { return each->name(); };
  std::vector<model::service_ptr> kept;
  for (const auto& change : changes) {
    const auto& name = (change.after ? change.after : change.before)->name();
    if (!std::ranges::binary_search(names, name)) continue;
    if (auto each = keep_in_service(change.before, change.after)) kept.push_back(std::move(each));
  }
  std::vector<model::service_ptr> services;
  services.reserve(next.services().size() + kept.size());
  // Of two services of one name, it takes the first one's.
  std::ranges::set_union(kept, next.services(), std::back_inserter(services), {}, name_of, name_of);
  return std::make_shared<const model::snapshot>(revision, std::move(services));
}

}  // namespace drcon::engine
