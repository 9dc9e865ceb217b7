// Where an HTTP server is and how to reach it: TCP, TLS over TCP, or a unix socket.
//
// Made once from the options of a plugin, then shared by all connections to that server.
#pragma once

#include <memory>
#include <string>

namespace boost::asio::ssl {
class context;  // only its pointer is needed here: OpenSSL's headers are expensive to compile
}

namespace drcon::common {

struct tls_options {
  std::string ca_file;      ///< PEM; empty: the CA certificates of the system
  std::string cert_file;    ///< PEM, certificate of the client; empty: none
  std::string key_file;     ///< PEM, key of the client
  std::string server_name;  ///< expected in the certificate and sent as SNI; empty: the URL's host
  bool verify = true;
};

struct http_server {
  std::string path;  ///< path of a unix socket; then there is neither port nor TLS
  std::string host;
  std::string port;
  bool tls = false;
  std::string server_name;
  std::shared_ptr<boost::asio::ssl::context> context;  ///< set when tls is; only read after make_http_server
};

/// `url`: http://HOST[:PORT], https://… or unix:///PATH. Throws std::runtime_error, with a text for people, when it is
/// none of these, or when a file of `tls` cannot be used.
http_server make_http_server(const std::string& url, const tls_options& tls);

/// "HOST:PORT", or the path of the unix socket: how messages name the server.
std::string name_of(const http_server& server);

}  // namespace drcon::common
