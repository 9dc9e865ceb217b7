// Which events each client of GET /v1/events still has to get.
//
// A client costs a number: which entry comes next. Texts are made once and shared; a slow client is not waited for, and
// is informed of what it missed.
// Thread rule: the server's thread.
#pragma once

#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace drcon::admin {

using shared_text = std::shared_ptr<const std::string>;

/// How far one client has got.
struct event_place {
  std::uint64_t next_entry = 0;  ///< number of the next journal entry that it gets
  std::uint64_t state_seen = 0;  ///< how many states there had been when it last got one
};

class event_hub {
public:
  /// Cancelled to wake its client when there is something for it.
  using waiting = boost::asio::steady_timer;

  void add_entry(std::uint64_t number, shared_text event);
  void set_state(shared_text event);

  /// Where a client begins: after the entry `after`, or with the next one. Its first state is the next one: the last
  /// may be hours old.
  event_place begin(std::optional<std::uint64_t> after) const;
  /// The next events for the client, at most as many as one write should hold, and moves its place behind them. Empty
  /// when it has all.
  std::vector<shared_text> take(event_place& place) const;

  void enter(waiting& client) { clients_.insert(&client); }
  void leave(waiting& client) { clients_.erase(&client); }
  std::size_t clients() const { return clients_.size(); }

private:
  void wake();

  std::deque<shared_text> entries_;
  std::uint64_t next_ = 1;  // the number after the last of entries_
  shared_text state_;
  std::uint64_t states_ = 0;  // how many there have been
  std::set<waiting*> clients_;
};

}  // namespace drcon::admin
