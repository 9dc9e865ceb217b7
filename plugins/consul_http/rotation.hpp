// Services without a connection of their own take turns: whose turn it is, and how long a round takes.
//
// State without input or output; the time is passed in. A service that is being asked about is not in the rotation: who
// takes it out puts it back.
// Thread rule: the strand of the watcher.
#pragma once

#include "consul_http/services.hpp"

#include <chrono>
#include <list>

namespace drcon::consul {

class rotation {
public:
  using clock = std::chrono::steady_clock;

  /// `max_age`: a service is asked about at least this often, even when nothing is known to have changed.
  explicit rotation(clock::duration max_age) : max_age_(max_age) {}

  bool empty() const { return waiting_.empty(); }
  std::size_t size() const { return waiting_.size(); }

  void add_first(watched_ptr service) { waiting_.push_front(std::move(service)); }
  void add_last(watched_ptr service) { waiting_.push_back(std::move(service)); }
  void remove(const watched_ptr& service) { waiting_.remove(service); }

  /// Takes out the service that has waited longest. Only when not empty().
  watched_ptr take_first();
  /// Takes out the service whose turn it is; null when none is due now.
  watched_ptr take_due(clock::time_point now);

  /// The service may have changed: it is due, before all others. One that is being asked about right now is asked about
  /// once more: that answer may be older than the change.
  void suspect(const watched_ptr& service, clock::time_point now);
  /// Something changed, and it is not known where: every service that was checked before is due. Begins a round, unless
  /// one is under way.
  void note_change(clock::time_point now);
  /// Begins a round without a change.
  void begin_round(clock::time_point now) { round_start_ = now; }

  /// Duration of the last round that has ended with nothing left to ask.
  double round_seconds() const { return round_seconds_; }
  /// Age of the oldest knowledge of a service that may have changed since.
  clock::duration staleness(clock::time_point now) const;

private:
  bool is_due(const watched_service& service, clock::time_point now) const;

  clock::duration max_age_;
  std::list<watched_ptr> waiting_;   // longest unchecked first, suspects before them
  clock::time_point last_change_{};  // when something was last known to change, anywhere
  clock::time_point round_start_{};  // of the round under way; the epoch: none is
  double round_seconds_ = 0;
};

}  // namespace drcon::consul
