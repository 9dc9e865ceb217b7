// One connection as a stream of bytes: TCP, TLS over TCP, or a unix socket, all behind one type.
//
// The type is erased here, below HTTP: everything above is compiled once instead of once for each kind of connection.
// Thread rule: everything on the executor it was made with; one read and one write at a time.
#pragma once

#include "common/http_server.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace drcon::common {

using stream_endpoints = std::vector<boost::asio::generic::stream_protocol::endpoint>;

/// Where `server` can be reached, in the order to try. Sets `error` when its name cannot be resolved in time.
boost::asio::awaitable<stream_endpoints> resolve(const http_server& server, std::chrono::nanoseconds timeout,
                                                 boost::system::error_code& error);

/// A read of no bytes has an error.
struct read_result {
  boost::system::error_code error;
  std::size_t count = 0;
};

class byte_stream {
public:
  byte_stream(const boost::asio::any_io_executor& executor, const http_server& server);
  /// Not while an operation is under way: close() first, and let the operation come back.
  ~byte_stream();
  byte_stream(const byte_stream&) = delete;
  byte_stream& operator=(const byte_stream&) = delete;

  // Every operation ends with beast::error::timeout when the limit set by expires_after has passed.

  /// Tries the endpoints in order, until one accepts.
  boost::asio::awaitable<boost::system::error_code> connect(const stream_endpoints& endpoints);
  /// After connect(), and only when the server has TLS. `server_name` is sent as SNI. `protocols` are offered by ALPN,
  /// the preferred one first; none: nothing is offered, and a server takes that for HTTP/1.1.
  boost::asio::awaitable<boost::system::error_code> shake_hands(const std::string& server_name,
                                                                const std::vector<std::string>& protocols = {});
  /// After shake_hands(): the protocol that the server has chosen by ALPN; empty when it has chosen none.
  std::string protocol() const;
  boost::asio::awaitable<read_result> read_some(boost::asio::mutable_buffer space);
  boost::asio::awaitable<boost::system::error_code> write(boost::asio::const_buffer bytes);

  /// Limits the operation under way and all that follow, together.
  void expires_after(std::chrono::nanoseconds limit);
  void expires_never();
  /// Ends what is under way with an error.
  void close();
  /// Whether the connection was ended at either end, or is broken: so also while nobody reads from it.
  bool is_closed() const;

private:
  struct layers;
  std::unique_ptr<layers> layers_;
};

}  // namespace drcon::common
