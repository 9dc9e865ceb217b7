#include "admin/server.hpp"

#include "admin/routes.hpp"
#include "log/log.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace drcon::admin {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using local = asio::local::stream_protocol;
using stream = beast::basic_stream<local>;

constexpr auto request_timeout = std::chrono::seconds(30);  // a client that says nothing does not keep its place
constexpr std::size_t most_connections = 64;                // an admin socket serves people and scrapers, not load
constexpr std::uint64_t longest_body = std::uint64_t{64} * 1024;

}  // namespace

// Shared with the coroutines, which may outlive the server by one turn of the loop.
struct server::listener {
  explicit listener(asio::io_context& context) : acceptor(context) {}
  local::acceptor acceptor;
  std::filesystem::path socket;
  const engine::engine* engine = nullptr;
  const metrics::metrics* figures = nullptr;
  std::size_t connections = 0;
};

namespace {

template <class Listener>
asio::awaitable<void> converse(std::shared_ptr<Listener> from, stream client) {
  beast::flat_buffer buffer;
  boost::system::error_code error;
  for (bool more = true; more && !error;) {
    http::request_parser<http::string_body> parser;
    parser.body_limit(longest_body);
    client.expires_after(request_timeout);
    co_await http::async_read(client, buffer, parser, asio::redirect_error(asio::use_awaitable, error));
    if (error || from->engine == nullptr) break;
    auto reply = answer(parser.get(), *from->engine, *from->figures);
    if (parser.get().method() == http::verb::head) reply.body().clear();
    more = reply.keep_alive();
    co_await http::async_write(client, reply, asio::redirect_error(asio::use_awaitable, error));
  }
  --from->connections;
}

template <class Listener>
asio::awaitable<void> accept(std::shared_ptr<Listener> from) {
  for (;;) {
    boost::system::error_code error;
    auto client = co_await from->acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::operation_aborted || from->engine == nullptr) co_return;
    if (error || from->connections >= most_connections) continue;
    ++from->connections;
    asio::co_spawn(from->acceptor.get_executor(), converse(from, stream(std::move(client))), asio::detached);
  }
}

// True when nobody answers on it: left behind by a process that died.
bool is_stale(asio::io_context& context, const std::filesystem::path& socket) {
  local::socket probe(context);
  boost::system::error_code error;
  probe.connect(local::endpoint(socket.string()), error);
  return error == asio::error::connection_refused;
}

}  // namespace

server::server(asio::io_context& context, const engine::engine& engine, const metrics::metrics& figures)
    : context_(context), engine_(engine), figures_(figures) {}

server::~server() { close(); }

bool server::listen(const std::filesystem::path& socket, std::string& why) {
  close();
  std::error_code ignored;
  if (std::filesystem::is_socket(socket, ignored) && is_stale(context_, socket))
    std::filesystem::remove(socket, ignored);
  auto made = std::make_shared<listener>(context_);
  made->engine = &engine_;
  made->figures = &figures_;
  made->socket = socket;
  boost::system::error_code error;
  made->acceptor.open(local(), error);
  if (!error && socket.string().size() >= sizeof(sockaddr_un::sun_path))
    error = boost::system::errc::make_error_code(boost::system::errc::filename_too_long);
  // The mode is set by the mask, so that there is no moment at which others could connect.
  const auto before = ::umask(0117);
  if (!error) made->acceptor.bind(local::endpoint(socket.string()), error);
  ::umask(before);
  if (!error) made->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    why = "cannot listen on " + socket.string() + ": " + error.message();
    return false;
  }
  listener_ = made;
  asio::co_spawn(context_, accept(made), asio::detached);
  return true;
}

void server::close() {
  if (!listener_) return;
  boost::system::error_code ignored;
  listener_->engine = nullptr;
  listener_->acceptor.close(ignored);
  std::error_code gone;
  std::filesystem::remove(listener_->socket, gone);
  listener_.reset();
}

}  // namespace drcon::admin
