#include "connection.hpp"

#include "messages.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <sstream>

namespace etcd {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr auto token = asio::as_tuple(asio::use_awaitable);

}  // namespace

// Plain or TLS. Only bytes are read and written here; HTTP is parsed from them: Beast's own reads and writes would be
// compiled once for each kind of stream, and for half a minute.
struct connection::stream {
  stream(const asio::any_io_executor& executor, const server& to) {
    if (to.tls) secure = std::make_unique<beast::ssl_stream<beast::tcp_stream>>(executor, *to.tls);
    else plain = std::make_unique<beast::tcp_stream>(executor);
  }
  beast::tcp_stream& lowest() { return secure ? secure->next_layer() : *plain; }

  asio::awaitable<error_code> write(asio::const_buffer bytes) {
    while (bytes.size() > 0) {
      const auto [error, sent] =
          secure ? co_await secure->async_write_some(bytes, token) : co_await plain->async_write_some(bytes, token);
      if (error) co_return error;
      bytes += sent;
    }
    co_return error_code();
  }

  // Reads once, and parses what is there. An end that HTTP does not allow here is an error.
  asio::awaitable<error_code> read(http::response_parser<http::string_body>& into) {
    const auto space = buffer.prepare(16384);
    const auto [error, received] =
        secure ? co_await secure->async_read_some(space, token) : co_await plain->async_read_some(space, token);
    if (error == asio::error::eof) {
      if (!into.got_some()) co_return http::make_error_code(http::error::end_of_stream);
      error_code fault;
      into.put_eof(fault);
      co_return fault;
    }
    if (error) co_return error;
    buffer.commit(received);
    co_return parse(into);
  }

  // What has been read: all of it, or the header alone when the parser is not eager.
  error_code parse(http::response_parser<http::string_body>& into) {
    error_code fault;
    while (!fault && buffer.size() > 0 && !into.is_done() && (into.eager() || !into.is_header_done()))
      buffer.consume(into.put(buffer.cdata(), fault));
    return fault == http::error::need_more ? error_code() : fault;
  }

  std::unique_ptr<beast::tcp_stream> plain;
  std::unique_ptr<beast::ssl_stream<beast::tcp_stream>> secure;
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> endless;  // of open()
  std::string pending;                               // of it, what no line() has given yet
};

connection::connection(asio::any_io_executor executor, server to, limits within)
    : executor_(std::move(executor)), to_(std::move(to)), within_(within) {}

connection::~connection() = default;

// Empty, or why not.
asio::awaitable<std::string> connection::connect() {
  asio::ip::tcp::resolver resolver(executor_);
  asio::steady_timer limit(executor_, within_.timeout);
  limit.async_wait([&resolver](const error_code& error) {
    if (!error) resolver.cancel();
  });
  const auto [unresolved, addresses] = co_await resolver.async_resolve(to_.host, to_.port, token);
  limit.cancel();
  if (unresolved) co_return "cannot resolve the host: " + unresolved.message();

  stream_ = std::make_unique<stream>(executor_, to_);
  auto& lowest = stream_->lowest();
  lowest.expires_after(within_.timeout);
  const auto [unconnected, at] = co_await lowest.async_connect(addresses, token);
  if (unconnected) co_return "cannot connect: " + unconnected.message();
  error_code ignored;
  lowest.socket().set_option(asio::socket_base::keep_alive(true), ignored);
  if (!stream_->secure) co_return std::string();
  SSL_set_tlsext_host_name(stream_->secure->native_handle(), to_.host.c_str());
  const auto [refused] = co_await stream_->secure->async_handshake(asio::ssl::stream_base::client, token);
  co_return refused ? "TLS handshake failed: " + refused.message() : std::string();
}

// Empty, or why not.
asio::awaitable<std::string> connection::send(question what) {
  if (auto why = co_await connect(); !why.empty()) co_return why;
  http::request<http::string_body> request(http::verb::post, what.target, 11);
  const bool is_ipv6 = to_.host.find(':') != std::string::npos;
  request.set(http::field::host, (is_ipv6 ? "[" + to_.host + "]" : to_.host) + ":" + to_.port);
  request.set(http::field::user_agent, "drcon-etcd");
  request.set(http::field::content_type, "application/json");
  if (!what.token.empty()) request.set(http::field::authorization, what.token);
  // A member without a leader would keep a watch open and report nothing. With this it ends the watch instead.
  request.set("Grpc-Metadata-Hasleader", "true");
  request.keep_alive(false);
  request.body() = what.body;
  request.prepare_payload();
  std::ostringstream bytes;
  bytes << request;
  const auto text = bytes.str();
  stream_->lowest().expires_after(within_.timeout);
  const auto unwritten = co_await stream_->write(asio::buffer(text));
  co_return unwritten ? "cannot send a request: " + unwritten.message() : std::string();
}

asio::awaitable<answer> connection::ask(question what) {
  answer to;
  to.why = co_await send(std::move(what));
  if (!to.why.empty()) co_return to;
  http::response_parser<http::string_body> parser;
  parser.eager(true);
  parser.body_limit(within_.largest);
  error_code unread;
  while (!unread && !parser.is_done()) unread = co_await stream_->read(parser);
  stream_->lowest().close();
  to.status = parser.get().result_int();
  if (unread == http::error::body_limit)
    to.why = "the answer is larger than max_answer (" + std::to_string(within_.largest) + " bytes)";
  else if (unread) to.why = "there is no whole answer: " + unread.message();
  else if (to.status != 200) to.why = read_error(to.status, parser.get().body());
  else to.body = std::move(parser.get().body());
  co_return to;
}

asio::awaitable<answer> connection::open(question what) {
  answer to;
  to.why = co_await send(std::move(what));
  if (!to.why.empty()) co_return to;
  auto& parser = stream_->endless;
  parser.body_limit(boost::none);
  error_code unread;
  while (!unread && !parser.is_header_done()) unread = co_await stream_->read(parser);
  // A stream is chunked. For a body of a stated length the parser would take that much memory at once.
  if (!unread && parser.content_length().value_or(0) > within_.largest)
    unread = http::make_error_code(http::error::body_limit);
  parser.eager(true);
  if (!unread) unread = stream_->parse(parser);
  to.status = parser.get().result_int();
  if (unread) to.why = "there is no answer: " + unread.message();
  if (!to.why.empty()) co_return to;
  if (to.status == 200) {
    stream_->lowest().expires_never();
  } else {
    std::string ignored;
    const auto said = co_await line(ignored);
    to.why = read_error(to.status, said ? *said : stream_->pending);
  }
  co_return to;
}

asio::awaitable<std::optional<std::string>> connection::line(std::string& why) {
  auto& pending = stream_->pending;
  auto& parser = stream_->endless;
  for (std::size_t seen = 0;;) {
    if (const auto end = pending.find('\n', seen); end != std::string::npos) {
      auto whole = pending.substr(0, end);
      pending.erase(0, end + 1);
      co_return whole;
    }
    seen = pending.size();
    if (seen > within_.largest) {
      why = "an event is larger than max_answer (" + std::to_string(within_.largest) + " bytes)";
      co_return std::nullopt;
    }
    error_code error;
    if (parser.get().body().empty() && !parser.is_done()) error = co_await stream_->read(parser);
    pending += parser.get().body();
    parser.get().body().clear();
    if (!error && !parser.is_done()) continue;
    if (pending.find('\n', seen) != std::string::npos) continue;
    why = "the watch was closed" + (error ? ": " + error.message() : std::string());
    co_return std::nullopt;
  }
}

}  // namespace etcd
