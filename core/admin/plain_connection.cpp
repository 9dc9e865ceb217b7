#include "admin/closing_timer.hpp"
#include "admin/connection.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <utility>

namespace drcon::admin {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

class plain final : public connection {
public:
  explicit plain(any_socket socket) : socket_(std::move(socket)), timer_(socket_) {}

  void set_deadline(std::chrono::steady_clock::duration timeout) override { timer_.set(timeout); }
  void clear_deadline() override { timer_.clear(); }

  asio::awaitable<void> handshake(error_code& error) override {
    error = {};
    co_return;
  }
  asio::awaitable<std::size_t> read_some(asio::mutable_buffer space, error_code& error) override {
    co_return co_await socket_.async_read_some(space, asio::redirect_error(asio::use_awaitable, error));
  }
  asio::awaitable<void> write(std::vector<asio::const_buffer> data, error_code& error) override {
    co_await asio::async_write(socket_, data, asio::redirect_error(asio::use_awaitable, error));
  }
  asio::awaitable<void> shutdown() override { co_return; }

private:
  any_socket socket_;
  closing_timer timer_;  // after the socket, which it closes
};

}  // namespace

std::unique_ptr<connection> plain_connection(any_socket socket) { return std::make_unique<plain>(std::move(socket)); }

}  // namespace drcon::admin
