#include "common/byte_stream.hpp"

#include "common/deadline.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/error.hpp>

#include <poll.h>

#include <optional>

namespace drcon::common {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using socket_type = asio::generic::stream_protocol::socket;  // TCP or a unix socket

// A peer that vanished without closing the connection is noticed even while nothing is asked of it.
void set_keep_alive(socket_type& socket) {
  error_code ignored;  // a unix socket knows neither option
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
}

// As ALPN has it: each name behind its length.
std::vector<unsigned char> alpn_offer(const std::vector<std::string>& protocols) {
  std::vector<unsigned char> bytes;
  for (const auto& each : protocols) {
    bytes.push_back(static_cast<unsigned char>(each.size()));
    bytes.insert(bytes.end(), each.begin(), each.end());
  }
  return bytes;
}

}  // namespace

asio::awaitable<stream_endpoints> resolve(const http_server& server, std::chrono::nanoseconds timeout,
                                          error_code& error) {
  stream_endpoints endpoints;
  if (!server.path.empty()) {
    endpoints.emplace_back(asio::local::stream_protocol::endpoint(server.path));
    co_return endpoints;
  }
  const auto executor = co_await asio::this_coro::executor;
  tcp::resolver resolver(executor);
  deadline limit(executor, [&resolver] { resolver.cancel(); });
  limit.expires_after(timeout);
  const auto found =
      co_await resolver.async_resolve(server.host, server.port, asio::redirect_error(asio::use_awaitable, error));
  for (const auto& each : found) endpoints.emplace_back(each.endpoint());
  co_return endpoints;
}

struct byte_stream::layers {
  layers(const asio::any_io_executor& executor, const http_server& server)
      : socket(executor), limit(executor, [this] { close(); }) {
    if (server.tls) tls.emplace(socket, *server.context);
  }
  void close() {
    error_code ignored;
    socket.close(ignored);
  }
  // A time-out closes the socket, which ends the operation with operation_aborted: name the cause instead.
  error_code named(const error_code& error) const {
    return error && limit.has_expired() ? make_error_code(boost::beast::error::timeout) : error;
  }

  socket_type socket;
  std::optional<asio::ssl::stream<socket_type&>> tls;
  deadline limit;
};

byte_stream::byte_stream(const asio::any_io_executor& executor, const http_server& server)
    : layers_(std::make_unique<layers>(executor, server)) {}

byte_stream::~byte_stream() = default;

void byte_stream::expires_after(std::chrono::nanoseconds limit) { layers_->limit.expires_after(limit); }

void byte_stream::expires_never() { layers_->limit.expires_never(); }

void byte_stream::close() { layers_->close(); }

// POLLRDHUP is there also while bytes are unread, such as the alert with which TLS ends.
bool byte_stream::is_closed() const {
  if (!layers_->socket.is_open()) return true;
  pollfd look{.fd = layers_->socket.native_handle(), .events = POLLRDHUP, .revents = 0};
  return ::poll(&look, 1, 0) > 0;
}

asio::awaitable<error_code> byte_stream::connect(const stream_endpoints& endpoints) {
  auto& socket = layers_->socket;
  error_code error = asio::error::not_found;
  for (const auto& each : endpoints) {
    error_code ignored;
    socket.close(ignored);
    socket.open(each.protocol(), error);
    if (error) continue;
    co_await socket.async_connect(each, asio::redirect_error(asio::use_awaitable, error));
    if (!error) {
      set_keep_alive(socket);
      break;
    }
    // Closed by close() or by the time-out, or the coroutine is cancelled: no other endpoint may be tried.
    if (!socket.is_open() || error == asio::error::operation_aborted) break;
  }
  co_return layers_->named(error);
}

asio::awaitable<error_code> byte_stream::shake_hands(const std::string& server_name,
                                                     const std::vector<std::string>& protocols) {
  error_code error;
  SSL_set_tlsext_host_name(layers_->tls->native_handle(), server_name.c_str());
  const auto offer = alpn_offer(protocols);
  if (!offer.empty())
    SSL_set_alpn_protos(layers_->tls->native_handle(), offer.data(), static_cast<unsigned>(offer.size()));
  co_await layers_->tls->async_handshake(asio::ssl::stream_base::client,
                                         asio::redirect_error(asio::use_awaitable, error));
  co_return layers_->named(error);
}

std::string byte_stream::protocol() const {
  if (!layers_->tls) return {};
  const unsigned char* name = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(layers_->tls->native_handle(), &name, &length);
  return {name, name + length};
}

asio::awaitable<read_result> byte_stream::read_some(asio::mutable_buffer space) {
  read_result result;
  auto token = asio::redirect_error(asio::use_awaitable, result.error);
  if (layers_->tls) result.count = co_await layers_->tls->async_read_some(space, token);
  else result.count = co_await layers_->socket.async_read_some(space, token);
  result.error = layers_->named(result.error);
  co_return result;
}

asio::awaitable<error_code> byte_stream::write(asio::const_buffer bytes) {
  error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  while (!error && bytes.size() > 0) {
    if (layers_->tls) bytes += co_await layers_->tls->async_write_some(bytes, token);
    else bytes += co_await layers_->socket.async_write_some(bytes, token);
  }
  co_return layers_->named(error);
}

}  // namespace drcon::common
