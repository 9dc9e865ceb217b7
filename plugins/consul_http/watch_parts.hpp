// What the parts of the watcher share: a watched service, a place with a connection of its own, and the numbers that
// bound both.
#pragma once

#include "consul_http/watcher.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace drcon::consul {

namespace asio = boost::asio;
inline constexpr auto token = asio::as_tuple(asio::use_awaitable);

/// An agent answers about as many plain queries at once as it has cores.
inline constexpr std::size_t most_rotation_workers = 20;
/// Before connections beyond the agent's limit are tried again.
inline constexpr auto limit_holds_for = std::chrono::seconds(30);
/// Catalogue, checks, one that takes turns, and one to spare.
inline constexpr std::size_t fewest_connections = 4;
/// std::regex recurses: a name of 100 kB would exhaust the stack.
inline constexpr std::size_t longest_name = 512;
/// An answer that was on its way when its connection was taken away.
inline constexpr auto doubt = std::chrono::seconds(1);
/// Of one blocking query, beyond a burst: a check that flaps must not spin us.
inline constexpr double answers_per_second = 10;
inline constexpr double burst = 5;
inline const std::string checks_watch = "(checks)";
inline const std::string catalog_watch = "(catalog)";

struct watcher::watch {
  const selection* from = nullptr;
  std::string name;
  std::string published;
  std::uint64_t index = 0;  // 0: the next query is a plain one
  bool told = false;
  bool gone = false;
  bool direct = false;
  bool suspected = false;
  bool failing = false;
  clock::time_point retry_at{};  // while failing, in rotation
  bool fresh_only = false;       // a stale answer was too old: ask the leader
  clock::time_point checked{};
  clock::time_point changed{};
  bucket answers{answers_per_second, burst};
};

// A timer that wake_rotation() may end early; it is off the list however its wait ends.
class watcher::idle_wait {
public:
  idle_wait(std::vector<asio::steady_timer*>& all, asio::steady_timer& timer) : all_(all), timer_(timer) {
    all_.push_back(&timer_);
  }
  ~idle_wait() { std::erase(all_, &timer_); }
  idle_wait(const idle_wait&) = delete;
  idle_wait& operator=(const idle_wait&) = delete;

private:
  std::vector<asio::steady_timer*>& all_;
  asio::steady_timer& timer_;
};

struct watcher::slot {
  std::shared_ptr<common::http_connection> connection;
  watch_ptr current;
  watch_ptr next;  // takes the place of current when its query is over
};

}  // namespace drcon::consul
