// One HTTP/2 connection: a session over a stream of bytes, with the coroutines that move the bytes.
//
// It ends by itself: when the server ends it, breaks HTTP/2, or does not answer a PING in time. What was asked on it
// then ends with the reason, and may be asked again on another connection where that is safe. Thread rule: everything
// on the executor it was made with. Its coroutines hold it; `changed` is called by them, and may begin and end
// requests.
#pragma once

#include "common/byte_stream.hpp"
#include "common/http2/request.hpp"
#include "common/http2/session.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace drcon::common {

/// A connection on which nothing comes for `silence` is asked for a sign of life, and ended when there is none within
/// `answer_time`: a peer that vanished, or a firewall that forgot the connection, says nothing.
struct http2_patience {
  std::chrono::nanoseconds settle_time = std::chrono::seconds(5);
  std::chrono::nanoseconds silence = std::chrono::seconds(20);
  std::chrono::nanoseconds answer_time = std::chrono::seconds(5);
};

class http2_connection {
public:
  /// `stream` is connected, and its TLS has chosen h2. `server_name` is for messages. `changed` gets a connection that
  /// is settled, has a free stream, or has ended.
  http2_connection(boost::asio::any_io_executor executor, std::unique_ptr<byte_stream> stream, std::string server_name,
                   std::string authority, std::vector<http_header> headers, std::function<void()> changed,
                   http2_patience patience = {});
  ~http2_connection();
  http2_connection(const http2_connection&) = delete;
  http2_connection& operator=(const http2_connection&) = delete;

  // Each is run once, at the same time as the others, until the connection has ended.
  boost::asio::awaitable<void> read();
  boost::asio::awaitable<void> write();
  boost::asio::awaitable<void> watch();

  /// Sends the request; false when this connection takes none.
  bool start(http2_request& request);
  /// Its answer is not waited for any more.
  void abandon(http2_request& request);
  /// Ends the connection, and all requests on it with the same reason.
  void end(http_answer why);

  bool is_settled() const { return session_.is_settled(); }
  bool has_ended() const { return ended_; }
  /// After has_ended(): why.
  const http_answer& why_ended() const { return why_ended_; }
  /// Takes requests now.
  bool has_free_stream() const;
  std::size_t most_streams() const { return session_.most_streams(); }
  /// It will be closed when what is under way on it has ended.
  bool is_draining() const { return !session_.takes_requests(); }
  bool has_answered() const { return session_.has_answered(); }
  /// The server has accepted it, and it is open at both ends. Asks the kernel.
  bool is_proven() const;

private:
  void finish(http2_session::stream_id stream, http2_session::ending how);
  void end_if_over();
  void wake_writer() { something_to_send_.cancel(); }
  bool take_plain_answer(std::string_view bytes);

  std::unique_ptr<byte_stream> stream_;
  const std::string server_name_;
  const std::function<void()> changed_;
  const http2_patience patience_;
  http2_session session_;
  std::unordered_map<http2_session::stream_id, http2_request*> requests_;
  boost::asio::steady_timer something_to_send_;  // cancelled when there is
  boost::asio::steady_timer silence_;            // of watch()
  std::chrono::steady_clock::time_point received_;
  bool has_read_ = false;
  bool ended_ = false;
  http_answer why_ended_;
};

}  // namespace drcon::common
