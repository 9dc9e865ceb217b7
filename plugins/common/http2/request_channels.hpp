// A way to ask a server one thing at a time: over an HTTP/1.1 connection of its own, or as one of the streams of the
// HTTP/2 connections that all channels share. Who asks does not see which.
//
// Thread rule: everything on the executor that the channels were made with; one request at a time on a channel.
#pragma once

#include "common/http2/pool.hpp"
#include "common/http_client.hpp"

#include <chrono>
#include <list>
#include <memory>
#include <string>
#include <vector>

namespace drcon::common {

/// Which protocol is used.
enum class http_choice {
  automatic,  ///< HTTP/2 where the server offers it by ALPN, which takes TLS; else HTTP/1.1
  http1,
  http2,
};

class request_channel;

class request_channels {
public:
  struct setup {
    boost::asio::any_io_executor executor;
    http_server server;
    std::vector<http_header> headers;  ///< go with every request
    http_choice choice = http_choice::automatic;
    http2_pool::spawner spawn;
    std::function<void()> changed;  ///< capacity() has changed
    http2_patience patience = {};
  };

  /// `choice` may be http2 for a server with TLS only.
  explicit request_channels(setup with);
  request_channels(const request_channels&) = delete;
  request_channels& operator=(const request_channels&) = delete;

  /// It must not outlive this object.
  std::shared_ptr<request_channel> channel();

  /// Most connections of HTTP/2 from now on. Of HTTP/1.1 each channel has its own: there may be no more channels then.
  void limit(std::size_t connections) { pool_.limit(connections); }
  /// Whether it is known which protocol is used.
  bool is_negotiated() const { return !negotiates_ || pool_.spoken() != http2_pool::protocol::unknown; }
  bool is_http2() const { return negotiates_ && pool_.spoken() == http2_pool::protocol::http2; }
  /// How many channels that many connections carry at a time.
  std::size_t capacity(std::size_t connections) const {
    return connections * (is_http2() ? pool_.streams_per_connection() : 1);
  }
  /// How many connections that many channels need.
  std::size_t connections_for(std::size_t channels) const;

  std::size_t open_connections() const;
  std::size_t proven_connections() const;

private:
  friend class request_channel;
  const setup with_;
  const bool negotiates_;  // HTTP/2 is possible
  http2_pool pool_;
  std::list<request_channel*> all_;
};

class request_channel {
public:
  explicit request_channel(request_channels& all);
  /// Not while a request is under way.
  ~request_channel();
  request_channel(const request_channel&) = delete;
  request_channel& operator=(const request_channel&) = delete;

  /// As http_connection::get().
  boost::asio::awaitable<http_answer> get(std::string target, std::chrono::nanoseconds timeout);
  /// Ends the request under way, with the fault `lost`.
  void close();
  /// Of its own connection.
  bool is_open() const { return own_.is_open(); }
  bool is_proven() const { return own_.is_proven(); }

private:
  bool uses_own() const;

  request_channels& all_;
  http_connection own_;
  http2_request* request_ = nullptr;  // under way on a shared connection
  std::list<request_channel*>::iterator place_;
};

}  // namespace drcon::common
