// One HTTP/2 connection of a client as a state machine: requests and the server's bytes go in, bytes for the server and
// answers come out.
//
// No input or output here, and no clock. What a server may make us keep or do is bounded: see `http2_bounds`.
// Thread rule: that of its owner. `ended` is called within put() and take_output(), and must call nothing of the
// session.
#pragma once

#include "common/http_answer.hpp"

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace drcon::common {

struct http2_bounds {
  std::size_t header_bytes = std::size_t{64} * 1024;        ///< of one answer, all of its header blocks together
  std::size_t body_bytes = std::size_t{512} * 1024 * 1024;  ///< of all answers under way on one connection
  std::size_t idle_frames = 10000;                          ///< in a row, that bring no answer forward
  std::size_t continuations = 16;                           ///< in a row
};

class http2_session {
public:
  using stream_id = std::int32_t;

  /// How a request has ended.
  struct ending {
    http_answer answer;
    bool is_unprocessed = false;  ///< the server has done nothing with it: it may be sent again
  };
  using listener = std::function<void(stream_id, ending)>;

  /// `headers` go with every request to `authority`. The first output is what begins every connection.
  http2_session(std::string authority, std::vector<http_header> headers, listener ended, http2_bounds bounds = {});
  ~http2_session();
  http2_session(const http2_session&) = delete;
  http2_session& operator=(const http2_session&) = delete;

  /// A GET of `target`. A negative number when this connection takes no more requests.
  stream_id request(const std::string& target);
  /// Ends the stream without calling `ended`; its answer is not waited for any more.
  void cancel(stream_id stream);
  void ping();

  /// Takes bytes of the server. Why the connection cannot go on; empty when it can.
  std::string put(std::string_view bytes);
  /// Bytes for the server, about `at_most` of them; none when there is nothing to send.
  void take_output(std::string& bytes, std::size_t at_most);

  /// The server's first SETTINGS have come.
  bool is_settled() const { return is_settled_; }
  /// The server takes new requests on this connection.
  bool takes_requests() const;
  /// Nothing comes and goes any more: the connection is to be closed.
  bool is_over() const;
  /// After is_over(), for people: what has ended the connection.
  std::string why_over() const;
  /// How many requests the server takes at a time, as it says now.
  std::size_t most_streams() const;
  std::size_t open_streams() const { return streams_.size(); }
  /// An answer has come on this connection.
  bool has_answered() const { return has_answered_; }

private:
  struct callbacks;
  struct stream {
    http_answer answer;
    std::size_t header_bytes = 0;
    bool is_complete = false;
    std::string why;  // what we have ended it for
  };

  stream* find(stream_id id);
  int take_header(stream_id id, std::string_view name, std::string_view value);
  void take_body(stream_id id, std::string_view part);
  void end(stream_id id, std::uint32_t error);
  int note_frame(std::uint8_t type);
  void note_goaway(std::uint32_t error) noexcept;

  const std::string authority_;
  std::vector<http_header> headers_;
  listener ended_;
  http2_bounds bounds_;
  nghttp2_session* session_ = nullptr;  // owned
  std::unordered_map<stream_id, stream> streams_;
  std::size_t body_bytes_ = 0;  // of all streams
  std::size_t idle_frames_ = 0;
  std::size_t continuations_ = 0;
  bool is_settled_ = false;
  bool goes_away_ = false;  // the server takes no new requests
  bool has_answered_ = false;
  std::string why_;        // what a callback has ended the connection for
  std::string complaint_;  // what nghttp2 says of the server's bytes, or the server of ours
};

}  // namespace drcon::common
