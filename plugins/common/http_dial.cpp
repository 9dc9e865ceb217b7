#include "common/http_dial.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/core/error.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>

namespace drcon::common {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// A host that drops packets never answers; one that is there accepts within milliseconds.
constexpr auto connect_timeout = std::chrono::seconds(5);

// The peer ended the connection without a TLS alert: it refused the connection, whatever certificates say.
bool closed_without_alert(const error_code& error) {
  return error == asio::error::eof || error == asio::error::connection_reset || error == asio::error::broken_pipe ||
         error == asio::ssl::error::stream_truncated;
}

// A server without TLS answers with something else, and one that misses a certificate only hangs up: neither says so.
const char* what_it_may_be(const error_code& error) {
  if (closed_without_alert(error)) return "; it may ask for a client certificate";
  const bool is_of_tls = error.category() == asio::error::get_ssl_category();
  const auto reason = is_of_tls ? ERR_GET_REASON(static_cast<unsigned long>(error.value())) : 0;
  return reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST ? "; is this port plain HTTP?" : "";
}

}  // namespace

http_answer network_fault(http_fault fault, const std::string& what, const error_code& error) {
  return lost_answer(what + ": " + error.message(),
                     error == boost::beast::error::timeout ? http_fault::timeout : fault);
}

asio::awaitable<http_answer> dial(byte_stream& stream, const http_server& server, std::chrono::nanoseconds timeout,
                                  std::vector<std::string> protocols) {
  timeout = std::min<std::chrono::nanoseconds>(timeout, connect_timeout);
  error_code unresolved;
  const auto endpoints = co_await resolve(server, timeout, unresolved);
  if (unresolved) co_return network_fault(http_fault::connect, "cannot resolve " + server.host, unresolved);
  stream.expires_after(timeout);
  if (const auto unconnected = co_await stream.connect(endpoints))
    co_return network_fault(http_fault::connect, "cannot connect to " + name_of(server), unconnected);
  if (!server.tls) co_return http_answer{};
  const auto refused = co_await stream.shake_hands(server.server_name, protocols);
  if (!refused) co_return http_answer{};
  auto fault = network_fault(closed_without_alert(refused) ? http_fault::closed_early : http_fault::connect,
                             "TLS handshake failed with " + server.server_name, refused);
  fault.why += what_it_may_be(refused);
  co_return fault;
}

}  // namespace drcon::common
