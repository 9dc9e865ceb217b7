#include "common/probe.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

namespace drcon::common {

std::optional<std::string> probe(const boost::asio::ip::tcp::endpoint& to, const std::string& target,
                                 std::chrono::nanoseconds timeout) {
  namespace http = boost::beast::http;
  using boost::system::error_code;
  boost::asio::io_context context(1);
  boost::beast::tcp_stream stream(context);
  boost::beast::flat_buffer buffer;
  http::response<http::string_body> answer;
  http::request<http::empty_body> request(http::verb::get, target, 11);
  request.set(http::field::host, "drcon");
  request.set(http::field::connection, "close");
  bool complete = false;
  stream.expires_after(timeout);
  stream.async_connect(to, [&](const error_code& connected) {
    if (connected) return;
    http::async_write(stream, request, [&](const error_code& written, std::size_t) {
      if (written) return;
      http::async_read(stream, buffer, answer, [&](const error_code& read, std::size_t) { complete = !read; });
    });
  });
  context.run();
  if (!complete || answer.result() != http::status::ok) return {};
  return std::move(answer.body());
}

}  // namespace drcon::common
