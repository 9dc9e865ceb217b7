// One client's byte stream, whatever carries it: a unix socket, TCP, or TLS over TCP.
//
// HTTP is written against this interface, so that its code is compiled once and not once for each kind of stream.
// Thread rule: the server's thread.
#pragma once

#include "admin/peer.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace boost::asio::ssl {
class context;
}

namespace drcon::admin {

class connection {
public:
  connection() = default;
  virtual ~connection() = default;
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// By which state of the rules (token and TLS) it was let in: server_state::rules_changed then, or 0 over the unix
  /// socket, whose permissions decide. A connection of earlier rules is served no more: it may be in the clear.
  std::uint64_t admitted_by = 0;
  peer other_end;

  /// Closes the stream when the time is over; what is being read or written then ends with an error. Replaces the
  /// deadline before it.
  virtual void set_deadline(std::chrono::steady_clock::duration timeout) = 0;
  virtual void clear_deadline() = 0;

  /// Must have ended without an error before anything is read or written.
  virtual boost::asio::awaitable<void> handshake(boost::system::error_code& error) = 0;
  /// Reads at least one byte, unless there is an error.
  virtual boost::asio::awaitable<std::size_t> read_some(boost::asio::mutable_buffer space,
                                                        boost::system::error_code& error) = 0;
  /// Writes all of it, unless there is an error.
  virtual boost::asio::awaitable<void> write(std::vector<boost::asio::const_buffer> data,
                                             boost::system::error_code& error) = 0;
  /// The client has closed the connection: nobody waits for an answer. One that has only ended its own side, as a
  /// script may, still waits.
  virtual bool is_gone() = 0;
  /// Ends the connection in the way of the protocol, if it has one: TLS sends close_notify.
  virtual boost::asio::awaitable<void> shutdown() = 0;
};

/// Limits what is awaited while it lives.
class deadline {
public:
  deadline(connection& of, std::chrono::steady_clock::duration timeout) : connection_(of) { of.set_deadline(timeout); }
  ~deadline() { connection_.clear_deadline(); }
  deadline(const deadline&) = delete;
  deadline& operator=(const deadline&) = delete;

private:
  connection& connection_;
};

std::unique_ptr<connection> plain_connection(any_socket socket);
/// Keeps `tls`, which a reload may replace for the connections that come later.
std::unique_ptr<connection> tls_connection(any_socket socket, std::shared_ptr<boost::asio::ssl::context> tls);

}  // namespace drcon::admin
