// One keep-alive HTTP or HTTPS connection, over TCP or a unix socket, as coroutines.
//
// Thread rule: everything on the executor it was made with; one request at a time.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace drcon::common {

struct tls_options {
  std::string ca_file;      ///< PEM; empty: the system's
  std::string cert_file;    ///< PEM, of the client; empty: none
  std::string key_file;     ///< PEM
  std::string server_name;  ///< expected and sent (SNI); empty: the URL's host
  bool verify = true;
};

/// Where a server is, shared by its connections.
struct http_server {
  std::string path;  ///< of a unix socket; then there is neither port nor TLS
  std::string host;
  std::string port;
  bool tls = false;
  std::string server_name;
  std::shared_ptr<boost::asio::ssl::context> context;  ///< when tls
};

/// `url`: http://HOST[:PORT], https://…, or unix:///PATH. Throws std::runtime_error, with a text for people, when it
/// is none of these, or when a file of `tls` cannot be used.
http_server make_http_server(const std::string& url, const tls_options& tls);

enum class http_fault {
  none,
  connect,       ///< no connection: nobody listens, no such host, no TLS agreement
  closed_early,  ///< a connection that was new was closed before the first byte of an answer
  lost,          ///< the connection ended, or what came was no HTTP, before the answer was whole
  timeout,
};

struct http_answer {
  http_fault fault = http_fault::none;
  std::string why;  ///< of the fault
  unsigned status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;

  /// The header, or an empty string.
  std::string header(const std::string& name) const {
    const auto at = headers.find(name);
    return at == headers.end() ? std::string() : at->second;
  }
};

struct http_header {
  std::string name;
  std::string value;
};

class http_connection {
public:
  http_connection(boost::asio::any_io_executor executor, http_server to, std::vector<http_header> headers);
  ~http_connection();
  http_connection(const http_connection&) = delete;
  http_connection& operator=(const http_connection&) = delete;

  /// Connects first when there is no connection; one that the server had closed while idle is made anew, once, so that
  /// a request may come twice: only for what does no harm then. Never throws for what a network can do.
  boost::asio::awaitable<http_answer> get(std::string target, std::chrono::nanoseconds timeout);
  boost::asio::awaitable<http_answer> put(std::string target, std::string body, std::chrono::nanoseconds timeout);

  /// GET of a body without end, on a new connection: answers as soon as its head is there, with the whole body unless
  /// the status is 200.
  boost::asio::awaitable<http_answer> open(std::string target, std::chrono::nanoseconds timeout);
  /// After open(): what comes next of that body, however long it takes; nothing when it has ended.
  boost::asio::awaitable<std::optional<std::string>> more();

  /// Ends what is under way, with `lost`.
  void close();
  bool is_open() const;
  /// Open, and has carried an answer: the server has accepted it.
  bool is_proven() const;

private:
  struct stream;
  struct question;
  boost::asio::awaitable<http_answer> connect(std::chrono::nanoseconds timeout);
  boost::asio::awaitable<http_answer> ask(question what, std::chrono::nanoseconds timeout);
  boost::asio::awaitable<http_answer> ask_connected(const question& what, std::chrono::nanoseconds timeout);
  boost::asio::awaitable<http_answer> exchange(const question& what, std::chrono::nanoseconds timeout);

  boost::asio::any_io_executor executor_;
  http_server to_;
  std::vector<http_header> headers_;
  std::unique_ptr<stream> stream_;
  bool used_ = false;     // the present connection has carried an answer
  bool busy_ = false;     // a request is under way
  bool closing_ = false;  // close() was called while a request was under way
};

}  // namespace drcon::common
