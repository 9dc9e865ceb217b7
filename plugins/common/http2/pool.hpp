// The HTTP/2 connections to one server: which of them carries a request, and when another one is made.
//
// A request goes to the first connection with a free stream. When there is none it waits, and as many connections are
// made as the waiting ones need, up to a bound; a failure to connect ends all that wait, and the next attempt is made
// after a pause. A request that a server has not seen, or that was lost with a connection that had worked, is sent
// again. Thread rule: everything on the executor it was made with.
#pragma once

#include "common/http2/connection.hpp"
#include "common/http2/request.hpp"
#include "common/http_server.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

namespace drcon::common {

class http2_pool {
public:
  using work = std::function<boost::asio::awaitable<void>()>;
  /// Starts a coroutine on the executor, and after an exception calls `failed` and starts it again; all of them end
  /// before the pool does.
  using spawner = std::function<void(work begin, std::function<void(const std::string& why)> failed)>;

  struct setup {
    boost::asio::any_io_executor executor;
    http_server server;  ///< with TLS
    std::vector<http_header> headers;
    bool may_be_http1 = true;  ///< what to do when the server has no HTTP/2: give its connection away, or report that
    spawner spawn;
    std::function<void()> changed;  ///< another number of streams fits on a connection, or another protocol is spoken
    http2_patience patience = {};
  };

  enum class protocol { unknown, http1, http2 };

  explicit http2_pool(setup with) : with_(std::move(with)) {}
  http2_pool(const http2_pool&) = delete;
  http2_pool& operator=(const http2_pool&) = delete;

  /// Answers `request`, whose target is set. Without an answer, and with needs_http1, when the server has no HTTP/2.
  boost::asio::awaitable<http_answer> get(http2_request& request, std::chrono::nanoseconds timeout);
  /// Ends a request that is under way in get().
  void end(http2_request& request);

  /// No more connections than these are made from now on; those that are closing do not count.
  void limit(std::size_t connections);

  /// What was negotiated last.
  protocol spoken() const { return spoken_; }
  /// The next connection negotiates again.
  void forget_protocol() { spoken_ = protocol::unknown; }
  /// The connection on which HTTP/1.1 was negotiated, for the first that asks; then null, and when it is closed.
  std::unique_ptr<byte_stream> take_http1();

  /// How many requests the server takes at a time on one connection, as far as is known; at least one.
  std::size_t streams_per_connection() const { return streams_; }
  std::size_t open_connections() const { return connections_.size(); }
  /// Those that the server has accepted, and that are open at both ends.
  std::size_t proven_connections() const;

private:
  using connection_ptr = std::shared_ptr<http2_connection>;
  class dialling;

  bool place(http2_request& request);
  void leave(http2_request& request);
  void connection_changed();
  void remove_ended();
  void place_waiting();
  void dial_as_needed();
  boost::asio::awaitable<void> dial_one(std::shared_ptr<dialling> mine);
  void add(std::unique_ptr<byte_stream> stream);
  void give_away(std::unique_ptr<byte_stream> stream);
  void note_failure();
  void dial_failed(const http_answer& why);
  void finish_waiting(const http_answer& how, bool needs_http1);
  void speak(protocol spoken, std::size_t streams);
  std::size_t unsettled() const;

  const setup with_;
  protocol spoken_ = protocol::unknown;
  std::size_t streams_ = 1;
  std::size_t most_ = 1;
  std::list<connection_ptr> connections_;  // those that are closing as well
  std::list<http2_request*> waiting_;
  std::size_t dialling_ = 0;   // connections that are being made, and are not on the list yet
  std::size_t answering_ = 0;  // connections that have answered, when that was last counted
  unsigned failures_ = 0;      // to make a connection that answers, in a row
  std::chrono::steady_clock::time_point next_dial_{};
  std::unique_ptr<byte_stream> http1_;
};

}  // namespace drcon::common
