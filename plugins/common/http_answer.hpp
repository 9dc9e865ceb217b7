// What came of one HTTP request: an answer, or the reason why there is none.
//
// Plain values, free of Asio and Beast, so that code which only judges answers compiles without either.
#pragma once

#include <map>
#include <string>

namespace drcon::common {

enum class http_fault {
  none,
  connect,       ///< no connection: nobody listens, no such host, a failed TLS handshake
  closed_early,  ///< a new connection was closed before the first byte of an answer
  lost,          ///< the connection ended, or something other than HTTP came, before the answer was complete
  timeout,
};

struct http_answer {
  http_fault fault = http_fault::none;
  std::string why;  ///< describes the fault, for people
  unsigned status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;

  /// The value of the header, or an empty string. `name` is in lower case.
  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
};

/// Whether asking again brings the same answer: the server understands the question, and refuses it.
inline bool is_refused(const http_answer& answer) {
  constexpr unsigned timed_out = 408;
  constexpr unsigned too_many = 429;
  return answer.fault == http_fault::none && answer.status >= 300 && answer.status < 500 &&
         answer.status != timed_out && answer.status != too_many;
}

/// What stands for an answer when something other than the network kept it from coming.
inline http_answer lost_answer(const std::string& why, http_fault fault = http_fault::lost) {
  http_answer answer;
  answer.fault = fault;
  answer.why = why;
  return answer;
}

struct http_header {
  std::string name;
  std::string value;
};

}  // namespace drcon::common
