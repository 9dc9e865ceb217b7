#include "common/probe.hpp"

#include "common/http_message.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>

#include <array>

namespace drcon::common {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// The largest answer that is read: a probe asks for a few words, and its port may belong to somebody else.
constexpr std::uint64_t largest_probed_body = 65536;

// A connection whose operations block, all of them together for no longer than the time-out.
class probe_connection {
public:
  explicit probe_connection(std::chrono::nanoseconds timeout) : until_(std::chrono::steady_clock::now() + timeout) {}

  error_code connect(const tcp::endpoint& server) {
    return wait_for([&](auto done) { socket_.async_connect(server, std::move(done)); });
  }
  error_code write(std::string_view bytes) {
    error_code error;
    while (!error && !bytes.empty()) {
      error = wait_for(
          [&](auto done) { socket_.async_write_some(asio::buffer(bytes.data(), bytes.size()), std::move(done)); });
      bytes.remove_prefix(count_);
    }
    return error;
  }
  error_code read(http_answer_parser& parser) {
    error_code error;
    std::string unread;
    std::array<char, 4096> part{};
    while (!parser.is_complete()) {
      error = wait_for([&](auto done) { socket_.async_read_some(asio::buffer(part), std::move(done)); });
      unread.append(part.data(), count_);
      if (error) break;
      std::size_t used = 0;
      do {
        used = parser.put(unread, error);
        unread.erase(0, used);
      } while (!error && used > 0 && !unread.empty() && !parser.is_complete());
      if (error) return error;
    }
    if (error == asio::error::eof) {
      error = {};
      parser.put_end(error);
    }
    return error;
  }
  /// The time-out was reached.
  bool is_over() const { return !socket_.is_open(); }

private:
  struct completion {
    error_code& error;
    std::size_t& count;
    void operator()(const error_code& result, std::size_t bytes = 0) const {
      error = result;
      count = bytes;
    }
  };

  // Starts an operation and runs it to its end. When the time is up the socket is closed, which ends the operation.
  template <class Start>
  error_code wait_for(Start start) {
    error_code error = asio::error::timed_out;
    count_ = 0;
    start(completion{error, count_});
    context_.restart();
    context_.run_until(until_);
    if (!context_.stopped()) {
      error_code ignored;
      socket_.close(ignored);
      context_.run();
    }
    return error;
  }

  std::chrono::steady_clock::time_point until_;
  asio::io_context context_{1};
  tcp::socket socket_{context_};
  std::size_t count_ = 0;
};

}  // namespace

probe_answer probe(const tcp::endpoint& server, const std::string& target, std::chrono::nanoseconds timeout) {
  http_server named;
  named.host = "drcon";
  http_answer_parser parser(largest_probed_body);
  probe_connection connection(timeout);
  auto error = connection.connect(server);
  if (!error) error = connection.write(to_bytes({.target = target}, named, {{"Connection", "close"}}));
  if (!error) error = connection.read(parser);
  if (error || !parser.is_complete() || parser.head().status != 200) return {.is_late = connection.is_over()};
  return {.body = parser.take_body()};
}

}  // namespace drcon::common
