// What a plain and a TLS connection have in common: reading, writing and the deadline, over a stream of either kind.
//
// Included by the two that derive from it, and by nobody else: each instantiates it for its own stream.
// Thread rule: the server's thread.
#pragma once

#include "admin/closing_timer.hpp"
#include "admin/connection.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <poll.h>

#include <functional>
#include <utility>

namespace drcon::admin {

template <class Stream>
class connection_over : public connection {
public:
  void set_deadline(std::chrono::steady_clock::duration timeout) override { timer_.set(timeout); }
  void clear_deadline() override { timer_.clear(); }

  boost::asio::awaitable<std::size_t> read_some(boost::asio::mutable_buffer space,
                                                boost::system::error_code& error) override {
    co_return co_await stream_.async_read_some(space, boost::asio::redirect_error(boost::asio::use_awaitable, error));
  }
  boost::asio::awaitable<void> write(std::vector<boost::asio::const_buffer> data,
                                     boost::system::error_code& error) override {
    co_await boost::asio::async_write(stream_, data, boost::asio::redirect_error(boost::asio::use_awaitable, error));
  }
  bool is_gone() override {
    pollfd now{.fd = static_cast<int>(socket_of_(stream_).native_handle()), .events = 0, .revents = 0};
    return ::poll(&now, 1, 0) > 0 && (now.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
  }

protected:
  /// `socket_of` gives the socket that carries the stream, which the deadline closes.
  template <class SocketOf, class... Parts>
  explicit connection_over(SocketOf socket_of, Parts&&... parts)
      : stream_(std::forward<Parts>(parts)...), socket_of_(socket_of), timer_(socket_of(stream_)) {}

  Stream stream_;

private:
  std::function<any_socket&(Stream&)> socket_of_;
  closing_timer timer_;  // after the stream, whose socket it closes
};

}  // namespace drcon::admin
