// One keep-alive HTTP or HTTPS connection, over TCP or a unix socket, as coroutines.
//
// Three layers, each compiled once: byte_stream carries bytes, http_message knows HTTP's text, and this class knows
// what a connection that is used again and again must do: reconnect, retry once, tell faults apart.
// Thread rule: everything on the executor it was made with; one request at a time.
#pragma once

#include "common/http_answer.hpp"
#include "common/http_server.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace drcon::common {

class byte_stream;
struct http_request;

class http_connection {
public:
  /// `headers` go with every request.
  http_connection(boost::asio::any_io_executor executor, http_server server, std::vector<http_header> headers);
  /// Not while a request is under way.
  ~http_connection();
  http_connection(const http_connection&) = delete;
  http_connection& operator=(const http_connection&) = delete;

  /// Connects first when there is no connection. When the server had closed the connection while it was idle, the
  /// request is sent once more on a new one: only for requests that may be carried out twice. Never throws for what a
  /// network can do.
  /// `more`: headers of this request alone.
  boost::asio::awaitable<http_answer> get(std::string target, std::chrono::nanoseconds timeout,
                                          std::vector<http_header> more = {});
  boost::asio::awaitable<http_answer> put(std::string target, std::string body, std::chrono::nanoseconds timeout);
  boost::asio::awaitable<http_answer> post(std::string target, std::string body, std::chrono::nanoseconds timeout);

  /// GET of a body without end, on a new connection: answers as soon as the head has come; with the whole body when
  /// the status is not 200.
  boost::asio::awaitable<http_answer> open(std::string target, std::chrono::nanoseconds timeout);
  /// After open(): the next part of that body, however long it takes; nothing when the body has ended.
  boost::asio::awaitable<std::optional<std::string>> more();

  /// Goes on with a connection that has just been made, in place of one of its own. Not while a request is under way.
  void adopt(std::unique_ptr<byte_stream> connected);
  /// Ends the request under way, with the fault `lost`.
  void close();
  bool is_open() const;
  /// Has carried an answer, so that the server has accepted it, and is open at both ends. Asks the kernel, since the
  /// end of an idle connection is not noticed before it is used again.
  bool is_proven() const;

private:
  struct session;
  boost::asio::awaitable<http_answer> connect(std::chrono::nanoseconds timeout);
  boost::asio::awaitable<http_answer> send_alone(http_request request, std::chrono::nanoseconds timeout);
  boost::asio::awaitable<http_answer> send_and_retry(const http_request& request, std::chrono::nanoseconds timeout);
  boost::asio::awaitable<http_answer> start_endless(std::string target, std::chrono::nanoseconds timeout);
  boost::asio::awaitable<http_answer> exchange(const http_request& request, std::chrono::nanoseconds timeout);

  boost::asio::any_io_executor executor_;
  http_server server_;
  std::vector<http_header> headers_;
  std::unique_ptr<session> session_;  // the present connection; null when there is none
  bool used_ = false;                 // the present connection has carried an answer
  bool busy_ = false;                 // a request is under way
  bool closing_ = false;              // close() was called while a request was under way
};

/// One GET on a connection of its own. Blocks the caller, for as long as the name takes to be resolved and the
/// time-out.
http_answer get_once(const http_server& server, std::vector<http_header> headers, std::string target,
                     std::chrono::nanoseconds timeout);
/// Likewise one PUT or POST.
http_answer put_once(const http_server& server, std::vector<http_header> headers, std::string target, std::string body,
                     std::chrono::nanoseconds timeout);
http_answer post_once(const http_server& server, std::vector<http_header> headers, std::string target, std::string body,
                      std::chrono::nanoseconds timeout);

}  // namespace drcon::common
