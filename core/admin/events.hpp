// GET /v1/events: what each client has still to be told.
//
// A client costs a number: which entry comes next. Texts are made once and shared; a slow client is not waited for, and
// told what it missed.
// Thread rule: the server's thread, but for publisher, which is the engine's.
#pragma once

#include "engine/engine.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <nlohmann/json.hpp>

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace drcon::admin {

using shared_text = std::shared_ptr<const std::string>;

/// One client's place.
struct event_place {
  std::uint64_t next_entry = 0;
  std::uint64_t state_told = 0;
};

class event_hub {
public:
  /// Wakes its client when there is something to tell.
  using waiting = boost::asio::steady_timer;

  void add_entry(std::uint64_t number, shared_text event);
  void set_state(shared_text event);

  /// Where a client begins: after `after`, or with what comes next. The state is the next one: the last may be hours
  /// old.
  event_place begin(std::optional<std::uint64_t> after) const;
  /// What the client has to be told, the first of it, and moves its place; empty when it has all.
  std::vector<shared_text> take(event_place& place) const;

  void enter(waiting& client) { clients_.insert(&client); }
  void leave(waiting& client) { clients_.erase(&client); }
  std::size_t clients() const { return clients_.size(); }

private:
  void wake();

  std::deque<shared_text> entries_;
  std::uint64_t next_ = 1;  // the number after the last of entries_
  shared_text state_;
  std::uint64_t states_ = 0;
  std::set<waiting*> clients_;
};

/// The engine's end: hands each entry of the journal to the hub, and the state while somebody listens.
class publisher {
public:
  /// `to` is told on the thread of `there`.
  publisher(engine::engine& engine, boost::asio::io_context& here, std::shared_ptr<boost::asio::io_context> there,
            std::shared_ptr<event_hub> to);
  ~publisher();
  publisher(const publisher&) = delete;
  publisher& operator=(const publisher&) = delete;

  /// One more listens: the state is told at the next beat, the first of them at once; then what changes of it, while
  /// `listeners` is not 0.
  void listened_to(std::shared_ptr<const std::atomic<std::size_t>> listeners);

private:
  void tell(const engine::journal_entry& entry);
  void tell_state();

  engine::engine& engine_;
  std::shared_ptr<boost::asio::io_context> there_;
  std::shared_ptr<event_hub> to_;
  std::shared_ptr<const std::atomic<std::size_t>> listeners_;
  nlohmann::json last_;  // state told, but for its time
  bool ticking_ = false;
  base::timer tick_;
};

}  // namespace drcon::admin
