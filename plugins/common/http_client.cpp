#include "common/http_client.hpp"

#include <drcon/url.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <algorithm>
#include <cctype>
#include <optional>
#include <stdexcept>
#include <utility>

namespace drcon::common {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using byte_stream = beast::basic_stream<asio::generic::stream_protocol>;  // TCP or a unix socket

constexpr auto token = asio::as_tuple(asio::use_awaitable);
constexpr auto connect_timeout =
    std::chrono::seconds(5);  // a host that drops packets answers nothing; local ones do at once
constexpr std::uint64_t largest_body = 512ULL * 1024 * 1024;

http_answer failed(http_fault fault, const std::string& what, const error_code& error) {
  http_answer answer;
  answer.fault = error == beast::error::timeout ? http_fault::timeout : fault;
  answer.why = what + ": " + error.message();
  return answer;
}

template <class Body>
http_answer head_of(const http::response<Body>& from) {
  http_answer answer;
  answer.status = from.result_int();
  for (const auto& field : from) {
    std::string name(field.name_string());
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    answer.headers[name] = std::string(field.value());
  }
  return answer;
}

void load_tls(asio::ssl::context& context, const tls_options& tls) {
  error_code error;
  const auto check = [&error](const std::string& what) {
    if (error) throw std::runtime_error(what + ": " + error.message());
  };
  if (tls.ca_file.empty()) context.set_default_verify_paths(error);
  else context.load_verify_file(tls.ca_file, error);
  check("CA certificates " + tls.ca_file);
  if (!tls.cert_file.empty()) context.use_certificate_chain_file(tls.cert_file, error);
  check("client certificate " + tls.cert_file);
  if (!tls.key_file.empty()) context.use_private_key_file(tls.key_file, asio::ssl::context::pem, error);
  check("client key " + tls.key_file);
  context.set_verify_mode(tls.verify ? asio::ssl::verify_peer : asio::ssl::verify_none);
}

}  // namespace

http_server make_http_server(const std::string& url, const tls_options& tls) {
  const auto parsed = parse_url(url);
  if (!parsed) throw std::runtime_error("'" + url + "' is no URL");
  http_server to;
  if (parsed->scheme == "unix") {
    to.path = parsed->path;
    constexpr std::size_t longest = 107;  // of sockaddr_un on Linux, with the NUL
    if (to.path.empty() || to.path.size() > longest)
      throw std::runtime_error("'" + url + "' names no unix socket: a path of at most 107 bytes is expected");
    to.host = "localhost";
    return to;
  }
  if (parsed->scheme != "http" && parsed->scheme != "https")
    throw std::runtime_error("'" + url + "' is neither http://, https:// nor unix://");
  to.host = parsed->host;
  to.tls = parsed->scheme == "https";
  to.port = !parsed->port.empty() ? parsed->port : to.tls ? "443" : "80";
  if (!to.tls) return to;
  to.server_name = tls.server_name.empty() ? to.host : tls.server_name;
  to.context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  load_tls(*to.context, tls);
  if (tls.verify) to.context->set_verify_callback(asio::ssl::host_name_verification(to.server_name));
  return to;
}

namespace {

using places = std::vector<asio::generic::stream_protocol::endpoint>;

std::string name_of(const http_server& to) { return to.path.empty() ? to.host + ":" + to.port : to.path; }

asio::awaitable<http_answer> find(const http_server& to, std::chrono::nanoseconds timeout, places& found) {
  if (!to.path.empty()) {
    found.emplace_back(asio::local::stream_protocol::endpoint(to.path));
    co_return http_answer{};
  }
  const auto executor = co_await asio::this_coro::executor;
  tcp::resolver resolver(executor);
  asio::steady_timer limit(executor, timeout);
  limit.async_wait([&resolver](const error_code& error) {
    if (!error) resolver.cancel();
  });
  const auto [unresolved, addresses] = co_await resolver.async_resolve(to.host, to.port, token);
  limit.cancel();
  if (unresolved) co_return failed(http_fault::connect, "cannot resolve " + to.host, unresolved);
  for (const auto& each : addresses) found.emplace_back(each.endpoint());
  co_return http_answer{};
}

// A peer that vanished without a word is noticed even while nothing is asked of it.
void keep_alive(byte_stream& of) {
  error_code ignored;
  of.socket().set_option(tcp::no_delay(true), ignored);
  of.socket().set_option(asio::socket_base::keep_alive(true), ignored);
}

}  // namespace

struct http_connection::question {
  http::verb method = http::verb::get;
  std::string target;
  std::string body;
};

// Plain or TLS: `with` runs the same code on either.
struct http_connection::stream {
  stream(const asio::any_io_executor& executor, const http_server& to) {
    if (to.tls) secure = std::make_unique<beast::ssl_stream<byte_stream>>(executor, *to.context);
    else plain = std::make_unique<byte_stream>(executor);
  }
  byte_stream& lowest() { return secure ? secure->next_layer() : *plain; }
  template <class Function>
  auto with(Function function) {
    return secure ? function(*secure) : function(*plain);
  }

  std::unique_ptr<byte_stream> plain;
  std::unique_ptr<beast::ssl_stream<byte_stream>> secure;
  beast::flat_buffer buffer;
  std::optional<http::response_parser<http::buffer_body>> endless;  // of open()
};

http_connection::http_connection(asio::any_io_executor executor, http_server to, std::vector<http_header> headers)
    : executor_(std::move(executor)), to_(std::move(to)), headers_(std::move(headers)) {}

http_connection::~http_connection() = default;

bool http_connection::is_open() const { return stream_ != nullptr; }

bool http_connection::is_proven() const { return stream_ != nullptr && used_; }

// The stream itself stays until the coroutine that uses it has come back.
void http_connection::close() {
  closing_ = true;
  if (!stream_) return;
  if (!busy_) return stream_.reset();
  error_code ignored;
  stream_->lowest().socket().close(ignored);
}

asio::awaitable<http_answer> http_connection::connect(std::chrono::nanoseconds timeout) {
  timeout = std::min<std::chrono::nanoseconds>(timeout, connect_timeout);
  places at;
  if (auto unknown = co_await find(to_, timeout, at); unknown.fault != http_fault::none) co_return unknown;

  stream_ = std::make_unique<stream>(executor_, to_);
  used_ = false;
  auto& lowest = stream_->lowest();
  lowest.expires_after(timeout);
  auto [unconnected, endpoint] = co_await lowest.async_connect(at, token);
  if (unconnected) co_return failed(http_fault::connect, "cannot connect to " + name_of(to_), unconnected);
  keep_alive(lowest);
  if (stream_->secure) {
    SSL_set_tlsext_host_name(stream_->secure->native_handle(), to_.server_name.c_str());
    auto [refused] = co_await stream_->secure->async_handshake(asio::ssl::stream_base::client, token);
    if (refused) {
      // Without a word of TLS: the server did not want the connection, whatever certificates say.
      const bool closed = refused == asio::error::eof || refused == asio::error::connection_reset ||
                          refused == asio::error::broken_pipe || refused == asio::ssl::error::stream_truncated;
      co_return failed(closed ? http_fault::closed_early : http_fault::connect,
                       "no TLS agreement with " + to_.server_name, refused);
    }
  }
  co_return http_answer{};
}

namespace {

using outgoing = http::request<http::string_body>;

// `began` tells whether any byte of an answer came.
template <class Stream>
asio::awaitable<http_answer> talk(Stream& stream, beast::flat_buffer& buffer, const outgoing& request, bool& began,
                                  bool& keep) {
  auto [unwritten, sent] = co_await http::async_write(stream, request, token);
  if (unwritten) co_return failed(http_fault::lost, "cannot send a request", unwritten);
  http::response_parser<http::string_body> parser;
  parser.body_limit(largest_body);
  auto [unread, received] = co_await http::async_read(stream, buffer, parser, token);
  began = received > 0 || parser.got_some();
  if (unread) co_return failed(http_fault::lost, "the answer was cut short", unread);
  keep = parser.get().keep_alive();
  auto answer = head_of(parser.get());
  answer.body = std::move(parser.get().body());
  co_return answer;
}

template <class Stream>
asio::awaitable<http_answer> begin(Stream& stream, beast::flat_buffer& buffer, const outgoing& request,
                                   http::response_parser<http::buffer_body>& parser) {
  auto [unwritten, sent] = co_await http::async_write(stream, request, token);
  if (unwritten) co_return failed(http_fault::lost, "cannot send a request", unwritten);
  parser.body_limit(boost::none);
  auto [unread, received] = co_await http::async_read_header(stream, buffer, parser, token);
  if (unread) co_return failed(http_fault::lost, "there is no answer", unread);
  co_return head_of(parser.get());
}

template <class Stream>
asio::awaitable<std::optional<std::string>> next_part(Stream& stream, beast::flat_buffer& buffer,
                                                      http::response_parser<http::buffer_body>& parser) {
  std::string part(16384, '\0');
  auto& body = parser.get().body();
  body.data = part.data();
  body.size = part.size();
  // A chunk's length may come before the chunk itself.
  while (!parser.is_done() && body.size == part.size()) {
    auto [error, count] = co_await http::async_read_some(stream, buffer, parser, token);
    if (error && error != http::error::need_buffer) break;
  }
  part.resize(part.size() - body.size);
  if (part.empty()) co_return std::nullopt;
  co_return part;
}

outgoing to_send(http::verb method, const std::string& target, const std::string& body, const http_server& to,
                 const std::vector<http_header>& headers) {
  outgoing request(method, target, 11);
  const bool is_ipv6 = to.host.find(':') != std::string::npos;
  const auto host = is_ipv6 ? "[" + to.host + "]" : to.host;
  request.set(http::field::host, to.port.empty() ? host : host + ":" + to.port);
  request.set(http::field::user_agent, "drcon");
  for (const auto& [name, value] : headers) request.set(name, value);
  if (method == http::verb::get) return request;
  request.set(http::field::content_type, "application/json");
  request.body() = body;
  request.prepare_payload();
  return request;
}

}  // namespace

asio::awaitable<http_answer> http_connection::exchange(const question& what, std::chrono::nanoseconds timeout) {
  const auto request = to_send(what.method, what.target, what.body, to_, headers_);
  stream_->lowest().expires_after(timeout);
  bool began = false;
  bool keep = false;
  auto answer = co_await stream_->with([&](auto& over) { return talk(over, stream_->buffer, request, began, keep); });
  if (answer.fault == http_fault::lost && !began && !used_ && !closing_) answer.fault = http_fault::closed_early;
  used_ = true;
  if (answer.fault != http_fault::none) answer.why += " (" + name_of(to_) + ")";
  if (answer.fault != http_fault::none || !keep) stream_.reset();
  co_return answer;
}

asio::awaitable<http_answer> http_connection::get(std::string target, std::chrono::nanoseconds timeout) {
  return ask({http::verb::get, std::move(target), {}}, timeout);
}

asio::awaitable<http_answer> http_connection::put(std::string target, std::string body,
                                                  std::chrono::nanoseconds timeout) {
  return ask({http::verb::put, std::move(target), std::move(body)}, timeout);
}

asio::awaitable<http_answer> http_connection::ask(question what, std::chrono::nanoseconds timeout) {
  busy_ = true;
  auto answer = co_await ask_connected(what, timeout);
  busy_ = false;
  co_return answer;
}

asio::awaitable<http_answer> http_connection::ask_connected(const question& what, std::chrono::nanoseconds timeout) {
  closing_ = false;
  const bool reused = is_open() && used_;
  if (!is_open()) {
    auto made = co_await connect(timeout);
    if (made.fault != http_fault::none) {
      stream_.reset();
      co_return made;
    }
  }
  auto answer = co_await exchange(what, timeout);
  // A server may close an idle connection at any time; that says nothing of the server's state.
  if (answer.fault != http_fault::lost || !reused || closing_) co_return answer;
  auto made = co_await connect(timeout);
  if (made.fault != http_fault::none) {
    stream_.reset();
    co_return made;
  }
  co_return co_await exchange(what, timeout);
}

asio::awaitable<http_answer> http_connection::open(std::string target, std::chrono::nanoseconds timeout) {
  auto answer = co_await connect(timeout);
  if (answer.fault == http_fault::none) {
    const auto request = to_send(http::verb::get, target, {}, to_, headers_);
    stream_->lowest().expires_after(timeout);
    auto& parser = stream_->endless.emplace();
    answer = co_await stream_->with([&](auto& over) { return begin(over, stream_->buffer, request, parser); });
  }
  if (answer.fault == http_fault::none && answer.status != 200) {
    while (const auto part = co_await more()) answer.body += *part;
  } else if (answer.fault == http_fault::none) {
    stream_->lowest().expires_never();
    co_return answer;
  }
  stream_.reset();
  co_return answer;
}

asio::awaitable<std::optional<std::string>> http_connection::more() {
  if (!stream_ || !stream_->endless) co_return std::nullopt;
  auto part = co_await stream_->with([&](auto& over) { return next_part(over, stream_->buffer, *stream_->endless); });
  if (!part) stream_.reset();
  co_return part;
}

}  // namespace drcon::common
