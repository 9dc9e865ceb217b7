#include "common/http2/session.hpp"

#include "common/http_message.hpp"
#include "common/lower.hpp"

#include <charconv>
#include <new>
#include <utility>

namespace drcon::common {
namespace {

// How many bytes may be on their way to us, for one stream and for the whole connection. We use them up as they come,
// so that a large answer holds up no other. Smaller windows would cost a round trip each.
constexpr std::uint32_t stream_window = 1024 * 1024;
constexpr std::int32_t connection_window = 16 * 1024 * 1024;

std::string_view text_at(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

nghttp2_nv field(std::string_view name, std::string_view value) {
  const auto bytes = [](std::string_view text) {
    return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

}  // namespace

// What nghttp2 calls. An exception must not pass through it: std::bad_alloc ends the connection.
struct http2_session::callbacks {
  template <class Work>
  static int guarded(Work work) noexcept {
    try {
      return work();
    } catch (...) {
      return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
  }
  static http2_session& self(void* data) { return *static_cast<http2_session*>(data); }

  static int on_begin_frame(nghttp2_session*, const nghttp2_frame_hd* head, void* data) {
    return guarded([&] { return self(data).note_frame(head->type); });
  }
  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                       const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* data) {
    return guarded([&] {
      return self(data).take_header(frame->hd.stream_id, text_at(name, name_size), text_at(value, value_size));
    });
  }
  static int on_body(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* bytes, std::size_t size,
                     void* data) {
    return guarded([&] {
      self(data).take_body(stream, text_at(bytes, size));
      return 0;
    });
  }
  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* data) {
    auto& session = self(data);
    if (frame->hd.type == NGHTTP2_SETTINGS) session.is_settled_ = true;
    if (frame->hd.type == NGHTTP2_GOAWAY) session.note_goaway(frame->goaway.error_code);
    // Only this says that an answer is whole: a server may also reset a stream without an error, in its middle.
    const bool is_of_answer = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
    if (is_of_answer && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
      if (auto* each = session.find(frame->hd.stream_id)) each->is_complete = each->why.empty();
    return 0;
  }
  // A request that was not sent yet when the server said that it takes no more.
  static int on_not_sent(nghttp2_session*, const nghttp2_frame* frame, int, void* data) {
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    return guarded([&] {
      self(data).end(frame->hd.stream_id, NGHTTP2_REFUSED_STREAM);
      return 0;
    });
  }
  static int on_error(nghttp2_session*, int, const char* text, std::size_t size, void* data) {
    return guarded([&] {
      self(data).complaint_.assign(text, size);
      return 0;
    });
  }
  static int on_close(nghttp2_session*, std::int32_t stream, std::uint32_t error, void* data) {
    return guarded([&] {
      self(data).end(stream, error);
      return 0;
    });
  }
};

http2_session::http2_session(std::string authority, std::vector<http_header> headers, listener ended,
                             http2_bounds bounds)
    : authority_(std::move(authority)), ended_(std::move(ended)), bounds_(bounds) {
  headers_.push_back({"user-agent", "drcon"});
  for (auto& [name, value] : headers) headers_.push_back({lower(std::move(name)), header_value(value)});
  nghttp2_session_callbacks* calls = nullptr;
  if (nghttp2_session_callbacks_new(&calls) != 0) throw std::bad_alloc();
  nghttp2_session_callbacks_set_on_begin_frame_callback(calls, callbacks::on_begin_frame);
  nghttp2_session_callbacks_set_on_header_callback(calls, callbacks::on_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(calls, callbacks::on_body);
  nghttp2_session_callbacks_set_on_frame_recv_callback(calls, callbacks::on_frame);
  nghttp2_session_callbacks_set_on_frame_not_send_callback(calls, callbacks::on_not_sent);
  nghttp2_session_callbacks_set_error_callback2(calls, callbacks::on_error);
  nghttp2_session_callbacks_set_on_stream_close_callback(calls, callbacks::on_close);
  const int failed = nghttp2_session_client_new(&session_, calls, this);
  nghttp2_session_callbacks_del(calls);
  if (failed != 0) throw std::bad_alloc();
  const nghttp2_settings_entry ours[] = {
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, stream_window},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(bounds_.header_bytes)},
  };
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, ours, std::size(ours));
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, connection_window);
}

http2_session::~http2_session() { nghttp2_session_del(session_); }

http2_session::stream* http2_session::find(stream_id id) {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : &found->second;
}

http2_session::stream_id http2_session::request(const std::string& target) {
  if (!takes_requests()) return -1;
  std::vector<nghttp2_nv> fields{field(":method", "GET"), field(":scheme", "https"), field(":authority", authority_),
                                 field(":path", target)};
  for (const auto& [name, value] : headers_) fields.push_back(field(name, value));
  const auto id = nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(), nullptr, nullptr);
  if (id < 0) goes_away_ = true;  // the numbers of streams are used up
  else streams_.emplace(id, stream());
  return id;
}

void http2_session::cancel(stream_id id) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  body_bytes_ -= found->second.answer.body.size();
  streams_.erase(found);
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
}

void http2_session::ping() { nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr); }

std::string http2_session::put(std::string_view bytes) {
  const auto used =
      nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (used >= 0) return {};
  return why_.empty() ? nghttp2_strerror(static_cast<int>(used)) : why_;
}

void http2_session::take_output(std::string& bytes, std::size_t at_most) {
  while (bytes.size() < at_most) {
    const std::uint8_t* part = nullptr;
    const auto size = nghttp2_session_mem_send(session_, &part);
    if (size <= 0) return;
    bytes.append(text_at(part, static_cast<std::size_t>(size)));
  }
}

bool http2_session::takes_requests() const {
  return !goes_away_ && nghttp2_session_check_request_allowed(session_) != 0;
}

bool http2_session::is_over() const {
  return (goes_away_ && streams_.empty()) ||
         (nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0);
}

std::string http2_session::why_over() const {
  return complaint_.empty() ? "the server has ended the connection" : complaint_;
}

void http2_session::note_goaway(std::uint32_t error) noexcept {
  goes_away_ = true;
  if (error == NGHTTP2_NO_ERROR) return;
  callbacks::guarded([&] {
    complaint_ = std::string("the server has ended the connection: ") + nghttp2_http2_strerror(error);
    return 0;
  });
}

std::size_t http2_session::most_streams() const {
  return nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

// A server that sends frames for ever without answering anything keeps us busy for nothing.
int http2_session::note_frame(std::uint8_t type) {
  continuations_ = type == NGHTTP2_CONTINUATION ? continuations_ + 1 : 0;
  ++idle_frames_;
  if (continuations_ > bounds_.continuations) why_ = "the server sends headers without end (CONTINUATION)";
  else if (idle_frames_ > bounds_.idle_frames) why_ = "the server sends frames without end that answer nothing";
  return why_.empty() ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

int http2_session::take_header(stream_id id, std::string_view name, std::string_view value) {
  auto* each = find(id);
  if (each == nullptr || !each->why.empty()) return 0;
  each->header_bytes += name.size() + value.size();
  if (each->header_bytes > bounds_.header_bytes) {
    each->why = "the answer has headers of more than " + std::to_string(bounds_.header_bytes) + " bytes";
    each->answer.headers.clear();
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // resets the stream
  }
  if (name == ":status") {
    each->answer.headers.clear();  // of an informational answer before this one
    std::from_chars(value.data(), value.data() + value.size(), each->answer.status);
  } else {
    each->answer.headers[std::string(name)] = value;
  }
  return 0;
}

void http2_session::take_body(stream_id id, std::string_view part) {
  auto* each = find(id);
  if (each == nullptr || !each->why.empty()) return;
  idle_frames_ = 0;
  if (body_bytes_ + part.size() <= bounds_.body_bytes) {
    each->answer.body.append(part);
    body_bytes_ += part.size();
    return;
  }
  each->why = "the answers under way are larger than " + std::to_string(bounds_.body_bytes) + " bytes";
  body_bytes_ -= each->answer.body.size();
  each->answer.body = {};
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
}

void http2_session::end(stream_id id, std::uint32_t error) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  auto one = std::move(found->second);
  streams_.erase(found);
  body_bytes_ -= one.answer.body.size();
  if (one.is_complete && one.answer.status != 0) {
    idle_frames_ = 0;
    has_answered_ = true;
    return ended_(id, {.answer = std::move(one.answer)});
  }
  if (one.why.empty()) {
    one.why = error == NGHTTP2_NO_ERROR ? "the server ended the stream before the answer was complete"
                                        : std::string("the stream was reset: ") + nghttp2_http2_strerror(error);
    if (error == NGHTTP2_HTTP_1_1_REQUIRED) one.why += "; set http = \"1.1\"";
  }
  ended_(id, {.answer = lost_answer(one.why), .is_unprocessed = error == NGHTTP2_REFUSED_STREAM});
}

}  // namespace drcon::common
