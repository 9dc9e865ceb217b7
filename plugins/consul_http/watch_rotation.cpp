// Services without a connection of their own take turns: who is next, and who gets one.
#include "consul_http/watcher_parts.hpp"

#include <algorithm>
#include <utility>

namespace drcon::consul {

// The service whose turn it is; or null, and how long until there may be one.
watcher::watch_ptr watcher::next_due(clock::time_point now, clock::duration& wait) {
  wait = std::chrono::seconds(1);
  if (rotating_.empty()) return nullptr;
  const auto is_due = [&](const watch_ptr& each) {
    if (each->retry_at > now) return false;
    return !each->told || each->suspected || each->failing || each->checked < last_change_ ||
           now - each->checked >= settings_.rotation_max_age;
  };
  const auto due = std::ranges::find_if(rotating_, is_due);
  if (due == rotating_.end()) {
    if (round_start_ != clock::time_point{})
      round_seconds_ = std::chrono::duration<double>(now - std::exchange(round_start_, clock::time_point{})).count();
    return nullptr;
  }
  auto each = *due;
  rotating_.erase(due);
  return each;
}

void watcher::suspect(const std::string& service) {
  const auto at = watches_.find(service);
  if (at == watches_.end() || at->second->direct || at->second->suspected) return;
  const auto place = std::ranges::find(rotating_, at->second);
  if (place == rotating_.end()) return;  // it is being asked about right now
  at->second->suspected = true;
  rotating_.splice(rotating_.begin(), rotating_, place);
}

void watcher::something_changed() {
  last_change_ = clock::now();
  if (round_start_ == clock::time_point{}) round_start_ = last_change_;
  wake_rotation();
}

void watcher::wake_rotation() {
  for (auto* each : idle_) each->cancel();
}

// A service that changes is likely to change again: it gets the place of the one that has been quiet for longest.
void watcher::promote(const watch_ptr& each) {
  if (slots_.empty() || !promotion_bucket_.try_take(clock::now())) return;
  const auto quiet_since = [](const slot_ptr& one) {
    return one->current && !one->next ? one->current->changed : clock::time_point::max();
  };
  const auto quietest = *std::ranges::min_element(slots_, {}, quiet_since);
  // Its query is not cut off: Consul counts the connection until the query's own end, and would soon refuse new ones.
  if (quiet_since(quietest) < each->changed) quietest->next = each;
}

}  // namespace drcon::consul
