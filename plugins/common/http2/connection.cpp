#include "common/http2/connection.hpp"

#include "common/http_dial.hpp"
#include "common/http_message.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace drcon::common {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

namespace {

constexpr auto token = asio::as_tuple(asio::use_awaitable);
/// Of one read: the size of a TLS record.
constexpr std::size_t read_size = 16384;
/// Of one write. More is sent by the next one: the output must not grow with what waits.
constexpr std::size_t write_size = 65536;

}  // namespace

http2_connection::http2_connection(asio::any_io_executor executor, std::unique_ptr<byte_stream> stream,
                                   std::string server_name, std::string authority, std::vector<http_header> headers,
                                   std::function<void()> changed, http2_patience patience)
    : stream_(std::move(stream)),
      server_name_(std::move(server_name)),
      changed_(std::move(changed)),
      patience_(patience),
      session_(std::move(authority), std::move(headers),
               [this](http2_session::stream_id id, http2_session::ending how) { finish(id, std::move(how)); }),
      something_to_send_(executor),
      silence_(executor),
      received_(clock::now()) {
  stream_->expires_never();  // watch() has the limits from now on
}

http2_connection::~http2_connection() = default;

// ---- requests ----

bool http2_connection::has_free_stream() const {
  return !ended_ && session_.is_settled() && session_.takes_requests() &&
         session_.open_streams() < session_.most_streams();
}

bool http2_connection::is_proven() const { return !ended_ && session_.is_settled() && !stream_->is_closed(); }

bool http2_connection::start(http2_request& request) {
  const auto id = session_.request(request.target);
  if (id < 0) return false;
  requests_.emplace(id, &request);
  request.connection = this;
  request.stream = id;
  wake_writer();
  return true;
}

void http2_connection::abandon(http2_request& request) {
  request.connection = nullptr;
  requests_.erase(request.stream);
  session_.cancel(request.stream);
  wake_writer();
}

void http2_connection::finish(http2_session::stream_id stream, http2_session::ending how) {
  const auto found = requests_.find(stream);
  if (found == requests_.end()) return;
  auto* request = found->second;
  requests_.erase(found);
  if (how.answer.fault != http_fault::none) how.answer.why += " (" + server_name_ + ")";
  request->finish(std::move(how.answer), how.is_unprocessed);
}

// ---- the end ----

// A server that was fine until now has closed a connection or was ended: that says nothing of what it would answer. So
// everything that was asked may be asked again. One that has never answered on it would do the same again.
void http2_connection::end(http_answer why) {
  if (std::exchange(ended_, true)) return;
  why.why += " (" + server_name_ + ")";
  why_ended_ = why;
  stream_->close();
  something_to_send_.cancel();
  silence_.cancel();
  for (const auto& [stream, request] : std::exchange(requests_, {})) request->finish(why, session_.has_answered());
  changed_();
}

void http2_connection::end_if_over() {
  if (session_.is_over()) end(lost_answer(session_.why_over()));
}

// An agent at its limit of connections may say so in HTTP/1.1, whatever TLS has chosen.
bool http2_connection::take_plain_answer(std::string_view bytes) {
  if (has_read_ || !bytes.starts_with("HTTP/1.")) return false;
  boost::system::error_code ignored;
  http_answer_parser parser(read_size);
  parser.put(bytes, ignored);
  if (!parser.has_head()) return false;
  auto answer = parser.head();
  answer.body = parser.take_body();
  end(std::move(answer));
  return true;
}

// ---- the coroutines ----

asio::awaitable<void> http2_connection::read() {
  std::vector<char> space(read_size);
  while (!ended_) {
    const auto [error, count] = co_await stream_->read_some(asio::buffer(space));
    if (ended_) co_return;
    if (error) {
      const auto how = has_read_ ? http_fault::lost : http_fault::closed_early;
      co_return end(network_fault(how, "the connection was cut short", error));
    }
    const std::string_view bytes(space.data(), count);
    if (take_plain_answer(bytes)) co_return;
    has_read_ = true;
    received_ = clock::now();
    const bool was_settled = session_.is_settled();
    if (const auto why = session_.put(bytes); !why.empty())
      co_return end(lost_answer("what comes is not HTTP/2: " + why));
    if (session_.is_settled() && !was_settled) silence_.cancel();  // watch() goes on to its other limits
    wake_writer();
    end_if_over();
    if (!ended_) changed_();
  }
}

asio::awaitable<void> http2_connection::write() {
  std::string bytes;
  while (!ended_) {
    bytes.clear();
    session_.take_output(bytes, write_size);
    if (bytes.empty()) {
      end_if_over();
      if (ended_) co_return;
      something_to_send_.expires_at(clock::time_point::max());
      co_await something_to_send_.async_wait(token);
      continue;
    }
    const auto error = co_await stream_->write(asio::buffer(bytes));
    if (error && !ended_) end(network_fault(http_fault::lost, "cannot send a request", error));
  }
}

// A server that reads nothing stops write(), and the PING with it: so it has no longer than one that is silent.
asio::awaitable<void> http2_connection::watch() {
  const auto began = clock::now();
  while (!ended_ && !session_.is_settled()) {
    if (clock::now() - began >= patience_.settle_time)
      co_return end(lost_answer("the server does not begin HTTP/2", http_fault::timeout));
    silence_.expires_at(began + std::chrono::duration_cast<clock::duration>(patience_.settle_time));
    co_await silence_.async_wait(token);
  }
  while (!ended_) {
    const auto asked = clock::now();
    if (asked - received_ < patience_.silence) {
      silence_.expires_at(received_ + std::chrono::duration_cast<clock::duration>(patience_.silence));
      co_await silence_.async_wait(token);
      continue;
    }
    session_.ping();
    wake_writer();
    silence_.expires_after(patience_.answer_time);
    co_await silence_.async_wait(token);
    if (!ended_ && received_ < asked)
      end(lost_answer("the server is silent, and does not answer a PING", http_fault::timeout));
  }
}

}  // namespace drcon::common
