// What the connections of one server share.
#pragma once

#include "admin/access.hpp"
#include "admin/connection.hpp"
#include "admin/event_hub.hpp"
#include "admin/routes.hpp"
#include "admin/user_names.hpp"

#include <boost/asio/io_context.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <utility>

namespace boost::asio::ssl {
class context;
}

namespace drcon::admin {

/// A question to the engine's thread keeps this alive, so that an answer that comes late finds its loop. The
/// connections belong to the loop, and end with it.
///
/// Thread rule: members are the server's thread's own, unless they say otherwise.
struct server_state : std::enable_shared_from_this<server_state> {
  server_state(boost::asio::io_context& engine_context, served_host about)
      : engine_context(engine_context), about(std::move(about)) {
    this->about.event_clients = event_clients;
  }

  boost::asio::io_context& engine_context;  // any thread posts to it
  served_host about;                        // the engine's thread's; its figures are any thread's
  std::function<void()> on_event_client;    // called on the engine's thread: one more client follows the events
  std::atomic<bool> closed{false};          // any thread's

  const std::shared_ptr<event_hub> hub = std::make_shared<event_hub>();
  const std::shared_ptr<std::atomic<std::size_t>> event_clients = std::make_shared<std::atomic<std::size_t>>(0);
  access_rules rules;
  std::shared_ptr<boost::asio::ssl::context> tls;  // of new connections over TCP; null: none

  // Places are counted apart, so that clients of the network, who may be anybody, never take those of the operators at
  // the unix socket. Those that follow the events are not among them.
  std::size_t unix_connections = 0;
  std::size_t tcp_connections = 0;
  std::size_t unix_followers = 0;   // of the events
  std::size_t tcp_followers = 0;    // the same
  std::list<connection*> silent;    // over TCP, without a request so far that it may make; the oldest first
  std::uint64_t rules_changed = 1;  // how often; see connection::admitted_by

  user_names users;

  std::size_t& connections(way_in by) { return by == way_in::tcp ? tcp_connections : unix_connections; }
  std::size_t& followers(way_in by) { return by == way_in::tcp ? tcp_followers : unix_followers; }
  bool still_admits(const connection& client) const {
    return client.admitted_by == 0 || client.admitted_by == rules_changed;
  }

  // Last, so that it goes first: the connections that it ends refer to what is above.
  const std::shared_ptr<boost::asio::io_context> context = std::make_shared<boost::asio::io_context>(1);
};

using state_ptr = std::shared_ptr<server_state>;

}  // namespace drcon::admin
