#include "admin/closing_timer.hpp"
#include "admin/connection.hpp"
#include "admin/limits.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <utility>

namespace drcon::admin {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

class secure final : public connection {
public:
  secure(any_socket socket, std::shared_ptr<asio::ssl::context> tls)
      : tls_(std::move(tls)), stream_(std::move(socket), *tls_), timer_(stream_.next_layer()) {}

  void set_deadline(std::chrono::steady_clock::duration timeout) override { timer_.set(timeout); }
  void clear_deadline() override { timer_.clear(); }

  asio::awaitable<void> handshake(error_code& error) override {
    const deadline within(*this, limits::handshake_timeout);
    co_await stream_.async_handshake(asio::ssl::stream_base::server, asio::redirect_error(asio::use_awaitable, error));
  }
  asio::awaitable<std::size_t> read_some(asio::mutable_buffer space, error_code& error) override {
    co_return co_await stream_.async_read_some(space, asio::redirect_error(asio::use_awaitable, error));
  }
  asio::awaitable<void> write(std::vector<asio::const_buffer> data, error_code& error) override {
    co_await asio::async_write(stream_, data, asio::redirect_error(asio::use_awaitable, error));
  }
  asio::awaitable<void> shutdown() override {
    const deadline within(*this, limits::handshake_timeout);
    error_code ignored;
    co_await stream_.async_shutdown(asio::redirect_error(asio::use_awaitable, ignored));
  }

private:
  std::shared_ptr<asio::ssl::context> tls_;  // first: the stream is made with it
  asio::ssl::stream<any_socket> stream_;
  closing_timer timer_;  // after the stream, whose socket it closes
};

}  // namespace

std::unique_ptr<connection> tls_connection(any_socket socket, std::shared_ptr<asio::ssl::context> tls) {
  return std::make_unique<secure>(std::move(socket), std::move(tls));
}

}  // namespace drcon::admin
