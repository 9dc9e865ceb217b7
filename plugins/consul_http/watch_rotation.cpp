// What the watcher does with the rotation: it reports changes to it, wakes its workers, and gives a service that
// changes a connection of its own.
#include "consul_http/watch_internal.hpp"

#include <algorithm>

namespace drcon::consul {

namespace {

/// While nobody says which service has changed, this is how long a change may go unseen.
constexpr auto usual_max_age = std::chrono::seconds(60);
/// While every change is reported, a round finds what should not be possible, such as a right that the token has lost.
constexpr auto longest_max_age = std::chrono::minutes(10);

}  // namespace

watcher::clock::duration watcher::rotation_max_age() const {
  if (settings_.rotation_max_age) return std::chrono::duration_cast<clock::duration>(*settings_.rotation_max_age);
  // The output of a check that passes is reported by nobody.
  const bool all_is_reported =
      !settings_.details.checks && !nodes_.empty() &&
      std::ranges::all_of(nodes_, [](const auto& each) { return each.second.turns.reports(); });
  return all_is_reported ? longest_max_age : usual_max_age;
}

watched_ptr watcher::next_due() { return rotation_.take_due(clock::now(), rotation_max_age()); }

// Whoever has a blocking query of its own hears of the change by that. `index`: of the change, if it is known.
void watcher::suspect(const std::string& service, std::optional<std::uint64_t> index) {
  const auto [first, last] = watches_by_name_.equal_range(service);
  for (auto found = first; found != last; ++found) {
    const auto& each = found->second;
    if (!each->direct && !(index && each->progress.revision() >= *index)) rotation_.suspect(each, clock::now());
  }
}

// A check of a node is one of everything at that node.
void watcher::suspect_checks(const std::string& place, const checks& before, const checks& now) {
  const auto has_changed = [&](const auto& key, const std::string& service) {
    if (!service.empty()) return suspect(service);
    for (const auto& each : nodes_[place].known.services_of(key.first)) suspect(each);
  };
  for (const auto& [key, check] : now)
    if (const auto old = before.find(key); old == before.end() || old->second != check) has_changed(key, check.service);
  for (const auto& [key, check] : before)
    if (const auto found = now.find(key); found == now.end() || found->second.service != check.service)
      has_changed(key, check.service);
}

void watcher::something_changed() {
  rotation_.note_change(clock::now());
  wake_rotation();
}

void watcher::wake_rotation() {
  for (auto* each : idle_) each->cancel();
}

// A service that changes is likely to change again: it gets the connection of the one that has been quiet for longest.
void watcher::promote(const watched_ptr& each) {
  if (slots_.empty() || !promotion_bucket_.try_take(clock::now())) return;
  const auto quiet_since = [](const slot_ptr& one) {
    return one->current && !one->next ? one->current->changed : clock::time_point::max();
  };
  const auto quietest = *std::ranges::min_element(slots_, {}, quiet_since);
  // The query under way is not cut off: Consul counts the connection until the query's own end, and would soon refuse
  // new ones.
  if (quiet_since(quietest) < each->changed) quietest->next = each;
}

}  // namespace drcon::consul
