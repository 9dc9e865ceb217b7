#include "support/backend.hpp"

#include "support/ports.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <thread>

namespace drcon::test {

namespace asio = boost::asio;
namespace http_ = boost::beast::http;
using asio::ip::tcp;

struct backend::server {
  explicit server(std::string answer) : name(std::move(answer)) {}

  asio::awaitable<void> converse(tcp::socket client) {
    boost::beast::flat_buffer buffer;
    boost::system::error_code error;
    client.set_option(tcp::no_delay(true), error);
    while (!error) {
      http_::request<http_::string_body> request;
      co_await http_::async_read(client, buffer, request, asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return;
      ++requests;
      if (request.target().starts_with("/slow/")) {
        asio::steady_timer pause(context,
                                 std::chrono::milliseconds(std::stoi(std::string(request.target().substr(6)))));
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
      }
      if (request.target() == "/held")
        while (!released) {
          boost::system::error_code cancelled;  // by release()
          co_await held.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
        }
      http_::response<http_::string_body> response(http_::status::ok, request.version());
      response.keep_alive(request.keep_alive());
      response.body() = name + "\n";
      response.prepare_payload();
      co_await http_::async_write(client, response, asio::redirect_error(asio::use_awaitable, error));
      if (!response.keep_alive()) co_return;
    }
  }

  asio::awaitable<void> accept() {
    for (;;) {
      boost::system::error_code error;
      auto client = co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return;
      asio::co_spawn(context, converse(std::move(client)), asio::detached);
    }
  }

  std::string name;
  std::atomic<std::uint64_t> requests{0};
  asio::io_context context{1};
  tcp::acceptor acceptor{context};
  bool released = false;  // the context's thread's own, as is `held`
  asio::steady_timer held{context, asio::steady_timer::time_point::max()};
  std::thread thread;
};

backend::backend(std::string name, const std::string& address)
    : name_(std::move(name)), address_(address), port_(free_port()), server_(std::make_unique<server>(name_)) {
  const tcp::endpoint at(asio::ip::make_address(address), port_);
  server_->acceptor.open(at.protocol());
  server_->acceptor.set_option(tcp::acceptor::reuse_address(true));
  server_->acceptor.bind(at);
  server_->acceptor.listen();
  asio::co_spawn(server_->context, server_->accept(), asio::detached);
  server_->thread = std::thread([this] { server_->context.run(); });
}

backend::~backend() {
  server_->context.stop();
  server_->thread.join();
}

std::uint64_t backend::requests() const { return server_->requests; }

void backend::release() const {
  asio::post(server_->context, [this] {
    server_->released = true;
    server_->held.cancel();
  });
}

}  // namespace drcon::test
