// A request that waits for its answer, first for a connection with a free stream, then for the server.
//
// Thread rule: the executor of its timer. It belongs to the coroutine that asks, and takes itself out of what refers to
// it when that coroutine ends early.
#pragma once

#include "common/http_answer.hpp"

#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace drcon::common {

class http2_connection;

struct http2_request {
  std::string target;
  boost::asio::steady_timer timer;         ///< expires with the time that the request has; cancelled by its end
  http2_connection* connection = nullptr;  ///< that it was sent on
  std::int32_t stream = 0;                 ///< there
  bool is_waiting = false;                 ///< for a connection
  std::optional<http_answer> answer;       ///< set when it has ended
  bool may_be_repeated = false;  ///< with answer: the server may not have seen it, or only the connection broke
  bool needs_http1 = false;      ///< with answer: the server has no HTTP/2

  void finish(http_answer how, bool repeat) {
    connection = nullptr;
    is_waiting = false;
    answer = std::move(how);
    may_be_repeated = repeat;
    timer.cancel();
  }
};

}  // namespace drcon::common
