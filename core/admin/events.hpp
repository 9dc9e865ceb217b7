// What happens in the engine, handed to the clients of GET /v1/events.
//
// Thread rule: the engine's thread.
#pragma once

#include "admin/event_hub.hpp"
#include "base/timer.hpp"
#include "engine/journal.hpp"

#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include <atomic>
#include <cstddef>
#include <memory>

namespace drcon::engine {
class engine;
}

namespace drcon::admin {

/// Hands each entry of the journal to the hub, and the state while a client listens.
class publisher {
public:
  /// The hub belongs to the thread that runs `server_context`.
  publisher(engine::engine& engine, boost::asio::io_context& engine_context,
            std::shared_ptr<boost::asio::io_context> server_context, std::shared_ptr<event_hub> hub);
  ~publisher();
  publisher(const publisher&) = delete;
  publisher& operator=(const publisher&) = delete;

  /// One more client listens: the state is published at once, or with the next look at it where one is due; then
  /// whenever it has changed, while `listeners` is not 0.
  void add_listener(std::shared_ptr<const std::atomic<std::size_t>> listeners);

private:
  void publish(const engine::journal_entry& entry);
  void publish_state();

  engine::engine& engine_;
  std::shared_ptr<boost::asio::io_context> server_context_;
  std::shared_ptr<event_hub> hub_;
  std::shared_ptr<const std::atomic<std::size_t>> listeners_;
  nlohmann::json last_state_;  // published last, without its time
  bool timer_runs_ = false;
  base::timer timer_;
};

}  // namespace drcon::admin
