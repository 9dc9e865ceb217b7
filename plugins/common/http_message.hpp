// The text of HTTP/1.1: requests as bytes to send, answers parsed from the bytes that come.
//
// No input or output here. Beast's parser is used within http_message.cpp only, so that its templates are compiled
// once and not for each kind of connection.
#pragma once

#include "common/http_answer.hpp"
#include "common/http_server.hpp"

#include <boost/system/error_code.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drcon::common {

enum class http_method { get, put, post };

struct http_request {
  http_method method = http_method::get;
  std::string target;                     ///< percent-encoded by the caller
  std::string body;                       ///< JSON; only sent with PUT and POST
  std::vector<http_header> headers = {};  ///< of this request alone
};

/// How requests name `server`: "HOST:PORT", an IPv6 address in brackets.
std::string authority_of(const http_server& server);

/// `value` without what would end it and begin another header.
std::string header_value(std::string_view value);

/// The request as bytes for `server`. Line ends within the values of `headers` are left out: one would begin another
/// header.
std::string to_bytes(const http_request& request, const http_server& server, const std::vector<http_header>& headers);

/// Parses one answer from the bytes of a connection, in pieces of any size.
///
/// Thread rule: owned by its user.
class http_answer_parser {
public:
  /// An answer whose body is larger than `largest_body` is an error; nothing: the body may go on for ever.
  explicit http_answer_parser(std::optional<std::uint64_t> largest_body);
  ~http_answer_parser();
  http_answer_parser(http_answer_parser&&) noexcept;
  http_answer_parser& operator=(http_answer_parser&&) noexcept;

  /// Parses from the start of `bytes` and returns how many were used; the caller offers the others again, with more
  /// behind them. `error` is set when the bytes are no HTTP.
  std::size_t put(std::string_view bytes, boost::system::error_code& error);
  /// The connection has ended, which completes some answers and cuts others short; `error` tells which.
  void put_end(boost::system::error_code& error);

  bool has_head() const;
  bool is_complete() const;
  /// After the head: whether the server keeps the connection open for another request.
  bool keeps_connection() const;

  /// After the head: status and headers, with an empty body.
  http_answer head() const;
  /// What came of the body since it was last taken.
  std::string take_body();

private:
  struct parser;
  std::unique_ptr<parser> parser_;
};

}  // namespace drcon::common
