// Services without a connection of their own take turns: whose turn it is, and how long a round takes.
//
// State without input or output; the time is passed in. A service that is being asked about is not in the rotation: who
// takes it out puts it back. While it is in the rotation only `suspect` and `ask_again` change what its turn depends
// on: thousands of services are kept in the order of their turns, so that none has to be looked at before its turn.
// Thread rule: the strand of the watcher.
#pragma once

#include "consul_http/watched_service.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <unordered_map>

namespace drcon::consul {

class rotation {
public:
  using clock = std::chrono::steady_clock;

  bool empty() const { return waiting_.empty(); }
  std::size_t size() const { return waiting_.size(); }

  /// Before those that have nothing better to say for themselves, or after them.
  void add_first(watched_ptr service) { add(std::move(service), true); }
  void add_last(watched_ptr service) { add(std::move(service), false); }
  void remove(const watched_ptr& service);

  /// Takes out the service that has waited longest. Only when not empty().
  watched_ptr take_first();
  /// Takes out the service whose turn it is; null when none is due now. `max_age`: a service is asked about at least
  /// this often, even when nothing is known to have changed.
  watched_ptr take_due(clock::time_point now, clock::duration max_age);

  /// The service may have changed: it is due, before all others. One that is being asked about right now is asked about
  /// once more: that answer may be older than the change.
  void suspect(const watched_ptr& service, clock::time_point now);
  /// The service has to be heard again, whatever was known of it: it is due.
  void ask_again(const watched_ptr& service);
  /// Something changed at that time, and it is not known where: every service that was checked before is due. Begins a
  /// round, unless one is under way. Changes may be noted in any order.
  void note_change(clock::time_point when);
  /// Begins a round without a change.
  void begin_round(clock::time_point now) { round_start_ = now; }

  /// Duration of the last round that has ended with nothing left to ask.
  double round_seconds() const { return round_seconds_; }
  /// Age of the oldest knowledge of a service that may have changed since.
  clock::duration staleness(clock::time_point now) const;

private:
  enum class kind {
    urgent,  // in the order in which they came: those that are suspected, fail, or are not known
    known,   // by the time of what is known: due after a change, and by their age
    later,   // by the time before which they are not asked about, since the last query failed
  };
  struct turn {
    kind of;
    clock::time_point when;  // of kind urgent: always the epoch
    std::int64_t number;     // among equals; negative for those that were put first

    auto operator<=>(const turn&) const = default;
  };
  using queue = std::map<turn, watched_ptr>;

  void add(watched_ptr service, bool is_first);
  watched_ptr take(queue::iterator place);
  queue::iterator due(clock::time_point now, clock::duration max_age);
  bool may_be_stale(const watched_service& each) const { return each.standing.is_known && each.checked < last_change_; }

  queue waiting_;
  std::unordered_map<const watched_service*, turn> turns_;  // of the same
  std::int64_t numbers_ = 0;
  clock::time_point last_change_{};  // when something was last known to change, anywhere
  clock::time_point round_start_{};  // of the round under way; the epoch: none is
  double round_seconds_ = 0;
};

}  // namespace drcon::consul
