#include "consul_http/rotation.hpp"

#include <algorithm>
#include <utility>

namespace drcon::consul {

watched_ptr rotation::take_first() {
  auto service = std::move(waiting_.front());
  waiting_.pop_front();
  return service;
}

bool rotation::is_due(const watched_service& service, clock::time_point now) const {
  if (service.retry_at > now) return false;
  return !service.standing.is_heard || service.suspected || service.standing.is_failing ||
         service.checked < last_change_ || now - service.checked >= max_age_;
}

watched_ptr rotation::take_due(clock::time_point now) {
  if (waiting_.empty()) return nullptr;
  const auto due = std::ranges::find_if(waiting_, [&](const auto& each) { return is_due(*each, now); });
  if (due == waiting_.end()) {
    if (round_start_ != clock::time_point{})
      round_seconds_ = std::chrono::duration<double>(now - std::exchange(round_start_, clock::time_point{})).count();
    return nullptr;
  }
  auto service = *due;
  waiting_.erase(due);
  return service;
}

void rotation::suspect(const watched_ptr& service, clock::time_point now) {
  service->suspected_at = now;
  if (std::exchange(service->suspected, true)) return;
  const auto place = std::ranges::find(waiting_, service);
  if (place != waiting_.end()) waiting_.splice(waiting_.begin(), waiting_, place);
}

void rotation::note_change(clock::time_point now) {
  last_change_ = now;
  if (round_start_ == clock::time_point{}) round_start_ = now;
}

rotation::clock::duration rotation::staleness(clock::time_point now) const {
  clock::duration oldest{};
  for (const auto& each : waiting_)
    if (each->standing.is_known && each->checked < last_change_) oldest = std::max(oldest, now - each->checked);
  return oldest;
}

}  // namespace drcon::consul
