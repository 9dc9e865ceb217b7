// What the files of the watcher share: a connection that serves one service, and the numbers that bound their work.
#pragma once

#include "consul_http/watch.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace drcon::consul {

namespace asio = boost::asio;
inline constexpr auto token = asio::as_tuple(asio::use_awaitable);

/// An agent answers about as many plain queries at once as it has cores.
inline constexpr std::size_t most_rotation_workers = 20;
/// The queries of a place, one that takes turns, and one to spare.
inline constexpr std::size_t fewest_connections = 6;
/// A pattern recurses: a name of 100 kB would exhaust the stack.
inline constexpr std::size_t longest_name = 512;
/// With rotation, of each place: the catalogue, its checks, which nodes there are, and what they have.
inline constexpr std::size_t queries_of_a_place = 4;
/// What these queries are called among those that fail. No service has such a name: Consul's have no brackets.
inline const std::string checks_watch = "(checks)";
inline std::string catalog_watch(const std::string& place) { return "(catalog) " + place; }
inline const std::string nodes_watch = "(nodes)";
inline const std::string agent_probe = "(probe)";

// Keeps a timer on the list of those that wake_rotation() ends early, for as long as its wait lasts.
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
  std::shared_ptr<common::request_channel> connection;
  watched_ptr current;
  watched_ptr next;  // takes the place of current when the query under way is over
};

}  // namespace drcon::consul
