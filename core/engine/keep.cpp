#include "engine/keep.hpp"

#include "model/snapshot.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

namespace drcon::engine {
namespace {

// What endpoints take up: another one may not have the same id, and must not have the same place, which would get
// twice the traffic. Borrows their texts.
class taken {
public:
  void add(const endpoint& each) {
    ids_.insert(each.id);
    places_.emplace(each.address, each.port);
  }
  bool has(const endpoint& each) const { return ids_.contains(each.id) || places_.contains({each.address, each.port}); }

private:
  std::set<std::string_view> ids_;
  std::set<std::pair<std::string_view, std::uint32_t>> places_;
};

// The endpoints of `served` in service of which `next` has neither the id nor the place in service: one process under
// another id is no loss.
std::vector<endpoint> would_go(const model::shared_service& served, const model::shared_service& next) {
  taken in_next;
  for (const auto& each : next.endpoints())
    if (model::in_service(each)) in_next.add(each);
  std::vector<endpoint> kept;
  for (const auto& each : served.endpoints())
    if (model::in_service(each) && !in_next.has(each)) kept.push_back(each);
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
  taken by_kept;
  for (const auto& each : made.endpoints) by_kept.add(each);
  std::vector<endpoint> others;
  for (const auto& each : after.endpoints())
    if (!by_kept.has(each)) others.push_back(each);
  std::ranges::move(others, std::back_inserter(made.endpoints));
  made.values.insert(served->values().begin(), served->values().end());
  auto kept = std::make_shared<const model::shared_service>(std::move(made));
  return same_content(*served, *kept) ? served : kept;
}

model::snapshot_ptr keep_in_service(const std::vector<model::service_change>& changes, const model::snapshot& next,
                                    const std::vector<std::string>& names, std::uint64_t revision) {
  const auto service_name = [](const model::service_ptr& each) -> std::string_view { return each->name(); };
  std::vector<model::service_ptr> kept;
  for (const auto& change : changes) {
    if (!std::ranges::binary_search(names, name_of(change))) continue;
    if (auto each = keep_in_service(change.before, change.after)) kept.push_back(std::move(each));
  }
  std::vector<model::service_ptr> services;
  services.reserve(next.services().size() + kept.size());
  // Of two services of one name, it takes the first one's.
  std::ranges::set_union(kept, next.services(), std::back_inserter(services), {}, service_name, service_name);
  return std::make_shared<const model::snapshot>(revision, std::move(services));
}

}  // namespace drcon::engine
