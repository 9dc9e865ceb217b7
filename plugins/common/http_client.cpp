#include "common/http_client.hpp"

#include "common/byte_stream.hpp"
#include "common/http_dial.hpp"
#include "common/http_message.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <utility>

namespace drcon::common {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::uint64_t largest_body = 512ULL * 1024 * 1024;
/// Of one read: the size of a TLS record, and small enough that 150 idle connections stay cheap.
constexpr std::size_t read_size = 16384;

}  // namespace

// A connection and what has been read from it.
struct http_connection::session {
  explicit session(std::unique_ptr<byte_stream> bytes) : stream(std::move(bytes)) {}

  asio::awaitable<error_code> send(const std::string& bytes) { return stream->write(asio::buffer(bytes)); }
  asio::awaitable<error_code> advance(http_answer_parser& parser);

  std::unique_ptr<byte_stream> stream;  // never null
  boost::beast::flat_buffer unread;
  bool has_read = false;                      // any byte came since the last request
  std::optional<http_answer_parser> endless;  // of open()
};

// Parses what is unread, and reads until the parser has used some of it, or the connection has ended.
asio::awaitable<error_code> http_connection::session::advance(http_answer_parser& parser) {
  error_code error;
  for (;;) {
    if (unread.size() > 0) {
      const auto used = parser.put({static_cast<const char*>(unread.data().data()), unread.size()}, error);
      unread.consume(used);
      if (error || used > 0) co_return error;
    }
    const auto [failure, count] = co_await stream->read_some(unread.prepare(read_size));
    unread.commit(count);
    has_read = has_read || count > 0;
    // Over TLS only a proper shutdown is eof: an answer that somebody cut off on its way must not pass for a whole one.
    if (failure == asio::error::eof) {
      parser.put_end(error);
      co_return error;
    }
    if (failure) co_return failure;
  }
}

http_connection::http_connection(asio::any_io_executor executor, http_server server, std::vector<http_header> headers)
    : executor_(std::move(executor)), server_(std::move(server)), headers_(std::move(headers)) {}

http_connection::~http_connection() = default;

bool http_connection::is_open() const { return session_ != nullptr; }

bool http_connection::is_proven() const { return session_ != nullptr && used_ && !session_->stream->is_closed(); }

// While a request is under way only the socket is closed: the coroutine that uses the session must come back first.
void http_connection::close() {
  closing_ = true;
  if (!session_) return;
  if (busy_) session_->stream->close();
  else session_.reset();
}

void http_connection::adopt(std::unique_ptr<byte_stream> connected) {
  session_ = std::make_unique<session>(std::move(connected));
  used_ = false;
}

asio::awaitable<http_answer> http_connection::connect(std::chrono::nanoseconds timeout) {
  adopt(std::make_unique<byte_stream>(executor_, server_));
  return dial(*session_->stream, server_, timeout);
}

asio::awaitable<http_answer> http_connection::exchange(const http_request& request, std::chrono::nanoseconds timeout) {
  const auto bytes = to_bytes(request, server_, headers_);
  http_answer_parser parser(largest_body);
  http_answer answer;
  session_->stream->expires_after(timeout);
  session_->has_read = false;
  if (const auto unsent = co_await session_->send(bytes)) {
    answer = network_fault(http_fault::lost, "cannot send a request", unsent);
  } else {
    error_code unread;
    while (!unread && !parser.is_complete()) unread = co_await session_->advance(parser);
    if (unread) answer = network_fault(http_fault::lost, "the answer was cut short", unread);
    else answer = parser.head();
    answer.body = unread ? std::string() : parser.take_body();
  }
  // A server that is at its limit of connections accepts a new one and closes it at once.
  if (answer.fault == http_fault::lost && !session_->has_read && !used_ && !closing_)
    answer.fault = http_fault::closed_early;
  used_ = true;
  if (answer.fault != http_fault::none) answer.why += " (" + name_of(server_) + ")";
  if (answer.fault != http_fault::none || !parser.keeps_connection()) session_.reset();
  else session_->stream->expires_never();
  co_return answer;
}

asio::awaitable<http_answer> http_connection::get(std::string target, std::chrono::nanoseconds timeout,
                                                  std::vector<http_header> more) {
  return send_alone({http_method::get, std::move(target), {}, std::move(more)}, timeout);
}

asio::awaitable<http_answer> http_connection::put(std::string target, std::string body,
                                                  std::chrono::nanoseconds timeout) {
  return send_alone({http_method::put, std::move(target), std::move(body)}, timeout);
}

asio::awaitable<http_answer> http_connection::post(std::string target, std::string body,
                                                   std::chrono::nanoseconds timeout) {
  return send_alone({http_method::post, std::move(target), std::move(body)}, timeout);
}

asio::awaitable<http_answer> http_connection::send_alone(http_request request, std::chrono::nanoseconds timeout) {
  busy_ = true;
  auto answer = co_await send_and_retry(request, timeout);
  busy_ = false;
  co_return answer;
}

asio::awaitable<http_answer> http_connection::send_and_retry(const http_request& request,
                                                             std::chrono::nanoseconds timeout) {
  closing_ = false;
  const bool reused = is_open() && used_;
  if (!is_open()) {
    auto connected = co_await connect(timeout);
    if (connected.fault != http_fault::none) {
      session_.reset();
      co_return connected;
    }
  }
  auto answer = co_await exchange(request, timeout);
  // A server may close an idle connection at any time: that says nothing of the server's state.
  if (answer.fault != http_fault::lost || !reused || closing_) co_return answer;
  auto connected = co_await connect(timeout);
  if (connected.fault != http_fault::none) {
    session_.reset();
    co_return connected;
  }
  co_return co_await exchange(request, timeout);
}

asio::awaitable<http_answer> http_connection::open(std::string target, std::chrono::nanoseconds timeout) {
  busy_ = true;
  auto answer = co_await start_endless(std::move(target), timeout);
  busy_ = false;
  if (answer.fault == http_fault::none && answer.status == 200) {
    session_->stream->expires_never();
    co_return answer;
  }
  if (answer.fault == http_fault::none)
    while (const auto part = co_await more()) answer.body += *part;
  session_.reset();
  co_return answer;
}

asio::awaitable<http_answer> http_connection::start_endless(std::string target, std::chrono::nanoseconds timeout) {
  auto answer = co_await connect(timeout);
  if (answer.fault != http_fault::none) co_return answer;
  const auto bytes = to_bytes({http_method::get, std::move(target), {}}, server_, headers_);
  session_->stream->expires_after(timeout);
  auto& parser = session_->endless.emplace(std::nullopt);
  if (const auto unsent = co_await session_->send(bytes))
    co_return network_fault(http_fault::lost, "cannot send a request", unsent);
  error_code unread;
  while (!unread && !parser.has_head()) unread = co_await session_->advance(parser);
  co_return unread ? network_fault(http_fault::lost, "there is no answer", unread) : parser.head();
}

asio::awaitable<std::optional<std::string>> http_connection::more() {
  if (!session_ || !session_->endless) co_return std::nullopt;
  auto& parser = *session_->endless;
  auto part = parser.take_body();
  error_code error;
  busy_ = true;
  // The length of a chunk may come before the chunk itself.
  while (!error && part.empty() && !parser.is_complete()) {
    error = co_await session_->advance(parser);
    part = parser.take_body();
  }
  busy_ = false;
  if (!part.empty()) co_return part;
  session_.reset();
  co_return std::nullopt;
}

namespace {

// `request` makes the coroutine of one request on the connection that it is given.
template <class Request>
http_answer ask_once(const http_server& server, std::vector<http_header> headers, const Request& request) {
  auto answer = lost_answer("no answer");
  asio::io_context context;
  http_connection connection(context.get_executor(), server, std::move(headers));
  asio::co_spawn(
      context, [&]() -> asio::awaitable<void> { answer = co_await request(connection); }, asio::detached);
  context.run();
  return answer;
}

}  // namespace

http_answer get_once(const http_server& server, std::vector<http_header> headers, std::string target,
                     std::chrono::nanoseconds timeout) {
  return ask_once(server, std::move(headers),
                  [&](http_connection& over) { return over.get(std::move(target), timeout); });
}

http_answer put_once(const http_server& server, std::vector<http_header> headers, std::string target, std::string body,
                     std::chrono::nanoseconds timeout) {
  return ask_once(server, std::move(headers),
                  [&](http_connection& over) { return over.put(std::move(target), std::move(body), timeout); });
}

http_answer post_once(const http_server& server, std::vector<http_header> headers, std::string target, std::string body,
                      std::chrono::nanoseconds timeout) {
  return ask_once(server, std::move(headers),
                  [&](http_connection& over) { return over.post(std::move(target), std::move(body), timeout); });
}

}  // namespace drcon::common
