#include "support/http.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <cctype>

namespace drcon::test {
namespace {

namespace asio = boost::asio;
namespace http_ = boost::beast::http;

template <class Protocol>
http_answer exchange(const typename Protocol::endpoint& to, const http_::request<http_::string_body>& request,
                     std::chrono::milliseconds timeout) {
  asio::io_context context;
  boost::beast::basic_stream<Protocol> stream(context);
  boost::beast::flat_buffer buffer;
  http_::response_parser<http_::string_body> parser;
  parser.body_limit(256 * 1024 * 1024);
  http_answer answer;
  stream.expires_after(timeout);
  const auto failed = [&](const boost::system::error_code& error) {
    if (error) answer.error = error.message();
    return static_cast<bool>(error);
  };
  stream.async_connect(to, [&](const boost::system::error_code& error) {
    if (failed(error)) return;
    http_::async_write(stream, request, [&](const boost::system::error_code& wrote, std::size_t) {
      if (failed(wrote)) return;
      http_::async_read(stream, buffer, parser, [&](const boost::system::error_code& read, std::size_t) {
        if (failed(read)) return;
        answer.status = static_cast<int>(parser.get().result_int());
      });
    });
  });
  context.run();
  if (answer.status == 0) return answer;
  for (const auto& field : parser.get()) {
    std::string name(field.name_string());
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    answer.headers[name] = std::string(field.value());
  }
  answer.body = parser.get().body();
  return answer;
}

http_::request<http_::string_body> make(const std::string& method, const std::string& target, const std::string& body) {
  http_::request<http_::string_body> request(http_::string_to_verb(method), target, 11);
  request.set(http_::field::host, "127.0.0.1");
  request.set(http_::field::connection, "close");
  request.body() = body;
  request.prepare_payload();
  return request;
}

}  // namespace

http_answer http(const std::string& method, std::uint16_t port, const std::string& target, const std::string& body,
                 const std::map<std::string, std::string>& headers, std::chrono::milliseconds timeout) {
  auto request = make(method, target, body);
  for (const auto& [name, value] : headers) request.set(name, value);
  return exchange<asio::ip::tcp>({asio::ip::make_address("127.0.0.1"), port}, request, timeout);
}

std::set<std::string> answerers(std::uint16_t port, int requests) {
  std::set<std::string> names;
  for (int i = 0; i < requests; ++i) {
    const auto answer = get(port);
    names.insert(answer.status == 200 ? answer.body.substr(0, answer.body.find('\n')) : std::to_string(answer.status));
  }
  return names;
}

http_answer http(const std::string& method, const std::filesystem::path& socket, const std::string& target) {
  return exchange<asio::local::stream_protocol>({socket.string()}, make(method, target, {}), patience);
}

}  // namespace drcon::test
