// What the watcher does with the rotation: it reports changes to it, wakes its workers, and gives a service that
// changes a connection of its own.
#include "consul_http/watch_internal.hpp"

#include <algorithm>

namespace drcon::consul {

watched_ptr watcher::next_due() { return rotation_.take_due(clock::now()); }

void watcher::suspect(const std::string& service) {
  const auto found = watches_.find(service);
  if (found != watches_.end() && !found->second->direct) rotation_.suspect(found->second);
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
