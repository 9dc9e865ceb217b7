#include "engine/keep_in_service.hpp"

#include "engine/counterparts.hpp"
#include "model/snapshot.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace drcon::engine {
namespace {

// What is kept of a service, and what comes beside it. Another endpoint may not have the same id, and must not have the
// same place as one that is kept: that would get twice the traffic. Borrows the texts of what is kept.
class kept_endpoints {
public:
  kept_endpoints(const counterparts& between, service& made) : between_(between), made_(made) {}

  void keep(const endpoint_view& each) {
    ids_.emplace(each.id());
    places_.emplace(each.address(), each.port());
    made_.endpoints.push_back(each.copy());
  }

  // After all that is kept. One with the id of another that is kept has moved to its id since, as another source lost
  // its endpoints: it keeps the id that it was served with. One that was not served is the kept one itself.
  void add_beside(const model::shared_service& next) {
    std::vector<std::pair<endpoint_view, endpoint_view>> renamed;
    for (const auto each : next.endpoints()) {
      if (places_.contains({each.address(), each.port()})) continue;
      if (!ids_.contains(each.id())) add(each, std::string(each.id()));
      else if (const auto was = between_.at_place_of(each)) renamed.emplace_back(each, *was);
    }
    for (const auto& [each, was] : renamed) add(each, free_id(std::string(was.id())));
  }

private:
  void add(const endpoint_view& each, std::string id) {
    made_.endpoints.push_back(each.copy());
    made_.endpoints.back().id = id;
    added_.insert(std::move(id));
  }
  bool is_taken(const std::string& id) const { return ids_.contains(id) || added_.contains(id); }
  std::string free_id(std::string id) const {
    while (is_taken(id)) id.insert(0, "other/");
    return id;
  }

  const counterparts& between_;
  service& made_;
  std::set<std::string_view> ids_;
  std::set<std::string> added_;
  std::set<std::pair<std::string_view, std::uint32_t>> places_;
};

// The endpoints of `served` in service that are not in service any more in what comes next.
std::vector<endpoint_view> would_go(const model::shared_service& served, const counterparts& between) {
  std::vector<endpoint_view> kept;
  for (const auto each : served.endpoints()) {
    if (!model::in_service(each)) continue;
    const auto next = between.now(each);
    if (!next || !model::in_service(*next)) kept.push_back(each);
  }
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
  const counterparts between(*served, after);
  const auto stay = would_go(*served, between);
  if (stay.empty() && !loses_values) return next;
  kept_endpoints all(between, made);
  for (const auto& each : stay) all.keep(each);
  all.add_beside(after);
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
