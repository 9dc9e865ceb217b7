#include "engine/keep_in_service.hpp"

#include "model/snapshot.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace drcon::engine {
namespace {

// What endpoints take up: another one may not have the same id, and must not have the same place, which would get
// twice the traffic. Borrows their texts.
class taken {
public:
  void add(const endpoint_view& each) {
    ids_.insert(each.id());
    places_.emplace(each.address(), each.port());
  }
  bool has(const endpoint_view& each) const {
    return ids_.contains(each.id()) || places_.contains({each.address(), each.port()});
  }

private:
  std::set<std::string_view> ids_;
  std::set<std::pair<std::string_view, std::uint32_t>> places_;
};

// The endpoints of `served` in service of which `next` has neither the id nor the place in service: one process under
// another id is no loss.
std::vector<endpoint_view> would_go(const model::shared_service& served, const model::shared_service& next) {
  taken in_next;
  for (const auto each : next.endpoints())
    if (model::in_service(each)) in_next.add(each);
  std::vector<endpoint_view> kept;
  for (const auto each : served.endpoints())
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
               .endpoints = {},
               .values = after.values()};
  const bool loses_values =
      std::ranges::any_of(served->values(), [&](const auto& value) { return !after.values().contains(value.first); });
  const auto stay = would_go(*served, after);
  if (stay.empty() && !loses_values) return next;
  taken by_kept;
  for (const auto& each : stay) {
    by_kept.add(each);
    made.endpoints.push_back(each.copy());
  }
  for (const auto each : after.endpoints())
    if (!by_kept.has(each)) made.endpoints.push_back(each.copy());
  made.values.insert(served->values().begin(), served->values().end());
  auto kept = std::make_shared<const model::shared_service>(std::move(made));
  return same_content(*served, *kept) ? served : kept;
}

model::snapshot_ptr keep_in_service(const std::vector<model::service_change>& changes, const model::snapshot& next,
                                    const std::vector<std::string>& names, std::uint64_t revision) {
  model::service_changes kept;
  for (const auto& change : changes) {
    if (!std::ranges::binary_search(names, name_of(change))) continue;
    if (auto each = keep_in_service(change.before, change.after))
      kept.insert_or_assign(name_of(change), std::move(each));
  }
  return std::make_shared<const model::snapshot>(revision, next, kept);
}

}  // namespace drcon::engine
