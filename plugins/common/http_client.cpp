#include "common/http_client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <cctype>
#include <stdexcept>
#include <utility>

namespace drcon::common {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

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

http_answer to_answer(http::response<http::string_body>&& from) {
  http_answer answer;
  answer.status = from.result_int();
  for (const auto& field : from) {
    std::string name(field.name_string());
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    answer.headers[name] = std::string(field.value());
  }
  answer.body = std::move(from.body());
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
  const auto parsed = boost::urls::parse_uri(url);
  if (!parsed) throw std::runtime_error("'" + url + "' is no URL");
  http_server to;
  to.host = std::string(parsed->host_type() == boost::urls::host_type::ipv6 ? parsed->host_ipv6_address().to_string()
                                                                            : parsed->host());
  to.tls = parsed->scheme() == "https";
  to.port = parsed->has_port() ? std::string(parsed->port()) : to.tls ? "443" : "80";
  if (!to.tls) return to;
  to.server_name = tls.server_name.empty() ? to.host : tls.server_name;
  to.context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  load_tls(*to.context, tls);
  if (tls.verify) to.context->set_verify_callback(asio::ssl::host_name_verification(to.server_name));
  return to;
}

// Plain or TLS: `each` runs the same code on either.
struct http_connection::stream {
  stream(const asio::any_io_executor& executor, const http_server& to) {
    if (to.tls) secure = std::make_unique<beast::ssl_stream<beast::tcp_stream>>(executor, *to.context);
    else plain = std::make_unique<beast::tcp_stream>(executor);
  }
  beast::tcp_stream& tcp() { return secure ? secure->next_layer() : *plain; }

  std::unique_ptr<beast::tcp_stream> plain;
  std::unique_ptr<beast::ssl_stream<beast::tcp_stream>> secure;
  beast::flat_buffer buffer;
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
  stream_->tcp().socket().close(ignored);
}

asio::awaitable<http_answer> http_connection::connect(std::chrono::nanoseconds timeout) {
  tcp::resolver resolver(executor_);
  asio::steady_timer limit(executor_, std::min<std::chrono::nanoseconds>(timeout, connect_timeout));
  limit.async_wait([&resolver](const error_code& error) {
    if (!error) resolver.cancel();
  });
  auto [unresolved, addresses] = co_await resolver.async_resolve(to_.host, to_.port, token);
  limit.cancel();
  if (unresolved) co_return failed(http_fault::connect, "cannot resolve " + to_.host, unresolved);

  stream_ = std::make_unique<stream>(executor_, to_);
  used_ = false;
  auto& tcp_stream = stream_->tcp();
  tcp_stream.expires_after(std::min<std::chrono::nanoseconds>(timeout, connect_timeout));
  auto [unconnected, endpoint] = co_await tcp_stream.async_connect(addresses, token);
  if (unconnected) co_return failed(http_fault::connect, "cannot connect to " + to_.host + ":" + to_.port, unconnected);
  error_code ignored;
  tcp_stream.socket().set_option(tcp::no_delay(true), ignored);
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

// `began` tells whether any byte of an answer came.
template <class Stream>
asio::awaitable<http_answer> talk(Stream& stream, beast::flat_buffer& buffer,
                                  const http::request<http::empty_body>& request, bool& began, bool& keep) {
  auto [unwritten, sent] = co_await http::async_write(stream, request, token);
  if (unwritten) co_return failed(http_fault::lost, "cannot send a request", unwritten);
  http::response_parser<http::string_body> parser;
  parser.body_limit(largest_body);
  auto [unread, received] = co_await http::async_read(stream, buffer, parser, token);
  began = received > 0 || parser.got_some();
  if (unread) co_return failed(http_fault::lost, "the answer was cut short", unread);
  keep = parser.get().keep_alive();
  co_return to_answer(parser.release());
}

}  // namespace

asio::awaitable<http_answer> http_connection::exchange(const std::string& target, std::chrono::nanoseconds timeout) {
  http::request<http::empty_body> request(http::verb::get, target, 11);
  const bool is_ipv6 = to_.host.find(':') != std::string::npos;
  request.set(http::field::host, (is_ipv6 ? "[" + to_.host + "]" : to_.host) + ":" + to_.port);
  request.set(http::field::user_agent, "drcon");
  for (const auto& [name, value] : headers_) request.set(name, value);
  stream_->tcp().expires_after(timeout);
  bool began = false;
  bool keep = false;
  http_answer answer;
  if (stream_->secure) answer = co_await talk(*stream_->secure, stream_->buffer, request, began, keep);
  else answer = co_await talk(*stream_->plain, stream_->buffer, request, began, keep);
  if (answer.fault == http_fault::lost && !began && !used_ && !closing_) answer.fault = http_fault::closed_early;
  used_ = true;
  if (answer.fault != http_fault::none || !keep) stream_.reset();
  co_return answer;
}

asio::awaitable<http_answer> http_connection::get(std::string target, std::chrono::nanoseconds timeout) {
  busy_ = true;
  auto answer = co_await get_connected(std::move(target), timeout);
  busy_ = false;
  co_return answer;
}

asio::awaitable<http_answer> http_connection::get_connected(std::string target, std::chrono::nanoseconds timeout) {
  closing_ = false;
  const bool reused = is_open() && used_;
  if (!is_open()) {
    auto made = co_await connect(timeout);
    if (made.fault != http_fault::none) {
      stream_.reset();
      co_return made;
    }
  }
  auto answer = co_await exchange(target, timeout);
  // A server may close an idle connection at any time; that says nothing of the server's state.
  if (answer.fault != http_fault::lost || !reused || closing_) co_return answer;
  auto made = co_await connect(timeout);
  if (made.fault != http_fault::none) {
    stream_.reset();
    co_return made;
  }
  co_return co_await exchange(target, timeout);
}

}  // namespace drcon::common
