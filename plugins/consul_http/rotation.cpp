#include "consul_http/rotation.hpp"

#include <algorithm>
#include <utility>

namespace drcon::consul {

void rotation::add(watched_ptr service, bool is_first) {
  const auto& each = *service;
  turn mine{.of = kind::known, .when = each.checked, .number = ++numbers_};
  if (is_first) mine.number = -mine.number;
  if (each.retry_at > each.checked) mine = {.of = kind::later, .when = each.retry_at, .number = mine.number};
  else if (each.suspected || each.standing.is_failing || !each.standing.is_heard)
    mine = {.of = kind::urgent, .when = {}, .number = mine.number};
  turns_.emplace(service.get(), mine);
  waiting_.emplace(mine, std::move(service));
}

watched_ptr rotation::take(queue::iterator place) {
  auto service = std::move(place->second);
  waiting_.erase(place);
  turns_.erase(service.get());
  return service;
}

void rotation::remove(const watched_ptr& service) {
  if (const auto found = turns_.find(service.get()); found != turns_.end()) take(waiting_.find(found->second));
}

watched_ptr rotation::take_first() { return take(waiting_.begin()); }

// The first of each kind is due before all others of its kind.
rotation::queue::iterator rotation::due(clock::time_point now, clock::duration max_age) {
  const auto first_of = [this](kind which) {
    const auto found = waiting_.lower_bound({.of = which, .when = clock::time_point::min(), .number = 0});
    return found != waiting_.end() && found->first.of == which ? found : waiting_.end();
  };
  if (const auto urgent = first_of(kind::urgent); urgent != waiting_.end()) return urgent;
  const auto later = first_of(kind::later);
  const bool later_is_due = later != waiting_.end() && later->first.when <= now;
  const auto known = first_of(kind::known);
  const bool known_is_due =
      known != waiting_.end() && (known->first.when < last_change_ || now - known->first.when >= max_age);
  // Neither kind may keep the other from its turn.
  if (later_is_due && known_is_due) return known->second->checked < later->second->checked ? known : later;
  if (later_is_due) return later;
  return known_is_due ? known : waiting_.end();
}

watched_ptr rotation::take_due(clock::time_point now, clock::duration max_age) {
  if (waiting_.empty()) return nullptr;
  const auto next = due(now, max_age);
  if (next != waiting_.end()) return take(next);
  if (round_start_ != clock::time_point{})
    round_seconds_ = std::chrono::duration<double>(now - std::exchange(round_start_, clock::time_point{})).count();
  return nullptr;
}

void rotation::suspect(const watched_ptr& service, clock::time_point now) {
  service->suspected_at = now;
  if (std::exchange(service->suspected, true) || !turns_.contains(service.get())) return;
  remove(service);
  add_first(service);
}

void rotation::ask_again(const watched_ptr& service) {
  if (!turns_.contains(service.get())) return;
  remove(service);
  add_last(service);
}

// Who has only now learnt of an earlier change must not make a later one forgotten: what was checked between the two
// would not be asked about again.
void rotation::note_change(clock::time_point when) {
  last_change_ = std::max(last_change_, when);
  if (round_start_ == clock::time_point{}) round_start_ = when;
}

// Those that are known are in the order of their age; few others are.
rotation::clock::duration rotation::staleness(clock::time_point now) const {
  clock::duration oldest{};
  for (const auto& [turn, each] : waiting_) {
    if (may_be_stale(*each)) oldest = std::max(oldest, now - each->checked);
    if (turn.of == kind::known) break;
  }
  const auto later = waiting_.lower_bound({.of = kind::later, .when = clock::time_point::min(), .number = 0});
  for (auto each = later; each != waiting_.end(); ++each)
    if (may_be_stale(*each->second)) oldest = std::max(oldest, now - each->second->checked);
  return oldest;
}

}  // namespace drcon::consul
