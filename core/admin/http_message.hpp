// HTTP/1.1 as bytes: reads requests and writes answers. Knows no connection and no route.
//
// Thread rule: one thread for each object; no object knows another.
#pragma once

#include "admin/answer.hpp"

#include <boost/asio/buffer.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace drcon::admin {

/// What the interface needs of a request.
struct http_request {
  std::string method;  ///< as it was sent: HEAD is not yet a GET
  std::string target;
  std::string host;
  std::string authorization;
  std::string last_event_id;
  unsigned version = 11;    ///< 10 or 11
  bool keep_alive = false;  ///< the client expects to ask again on this connection
};

/// Reads one request after the other from the bytes of one connection. Refuses a header or a body that is longer than
/// the interface's limits.
class http_request_reader {
public:
  http_request_reader();
  ~http_request_reader();
  http_request_reader(const http_request_reader&) = delete;
  http_request_reader& operator=(const http_request_reader&) = delete;

  enum class progress {
    incomplete,  ///< more bytes are needed
    complete,    ///< request() has it
    refused,     ///< refusal() has the answer, after which the connection must be closed
  };
  /// Where the bytes that come next are to be put.
  boost::asio::mutable_buffer space();
  /// So many bytes were put into space().
  progress received(std::size_t count);
  /// Begins the next request, once request() was taken: it may be there already, behind the one before it.
  progress next();

  http_request take_request();
  const answer& refusal() const;

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

/// An answer as it is sent.
struct http_response {
  std::string head;  ///< the status line and the fields, up to the empty line
  std::string body;
  bool keep_alive = false;
};
/// The fields that every answer has are added to the answer's own. The answer to a HEAD has no body, and the length of
/// the one that a GET would get.
http_response to_http(answer made, const http_request& request);

}  // namespace drcon::admin
