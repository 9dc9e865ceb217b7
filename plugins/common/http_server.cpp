#include "common/http_server.hpp"

#include <drcon/url.hpp>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>

#include <stdexcept>

namespace drcon::common {
namespace {

namespace ssl = boost::asio::ssl;

void load_tls(ssl::context& context, const tls_options& tls) {
  boost::system::error_code error;
  const auto check = [&error](const std::string& what) {
    if (error) throw std::runtime_error(what + ": " + error.message());
  };
  if (tls.ca_file.empty()) context.set_default_verify_paths(error);
  else context.load_verify_file(tls.ca_file, error);
  check("CA certificates " + tls.ca_file);
  if (!tls.cert_file.empty()) context.use_certificate_chain_file(tls.cert_file, error);
  check("client certificate " + tls.cert_file);
  if (!tls.key_file.empty()) context.use_private_key_file(tls.key_file, ssl::context::pem, error);
  check("client key " + tls.key_file);
  context.set_verify_mode(tls.verify ? ssl::verify_peer : ssl::verify_none);
}

http_server unix_server(const std::string& url, std::string path) {
  constexpr std::size_t longest = 107;  // sockaddr_un on Linux holds 108 bytes, one of them the terminating NUL
  if (path.empty() || path.size() > longest)
    throw std::runtime_error("'" + url + "' names no unix socket: a path of at most 107 bytes is expected");
  http_server server;
  server.path = std::move(path);
  server.host = "localhost";  // for the Host header, which HTTP/1.1 requires
  return server;
}

}  // namespace

http_server make_http_server(const std::string& url, const tls_options& tls) {
  const auto parsed = parse_url(url);
  if (!parsed) throw std::runtime_error("'" + url + "' is no URL");
  if (parsed->scheme == "unix") return unix_server(url, parsed->path);
  if (parsed->scheme != "http" && parsed->scheme != "https")
    throw std::runtime_error("'" + url + "' is neither http://, https:// nor unix://");

  http_server server;
  server.host = parsed->host;
  server.tls = parsed->scheme == "https";
  server.port = !parsed->port.empty() ? parsed->port : server.tls ? "443" : "80";
  if (!server.tls) return server;

  server.server_name = tls.server_name.empty() ? server.host : tls.server_name;
  server.context = std::make_shared<ssl::context>(ssl::context::tls_client);
  load_tls(*server.context, tls);
  if (tls.verify) server.context->set_verify_callback(ssl::host_name_verification(server.server_name));
  return server;
}

std::string name_of(const http_server& server) {
  return server.path.empty() ? server.host + ":" + server.port : server.path;
}

}  // namespace drcon::common
