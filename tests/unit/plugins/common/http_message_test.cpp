#include "common/http_message.hpp"

#include <gtest/gtest.h>

namespace drcon::common {
namespace {

using boost::system::error_code;

// Offers the bytes one at a time, as a slow network would, and keeps what the parser leaves.
error_code parse_bytewise(http_answer_parser& parser, const std::string& bytes, std::string& body) {
  error_code error;
  std::string unread;
  for (const char c : bytes) {
    unread += c;
    unread.erase(0, parser.put(unread, error));
    if (parser.has_head()) body += parser.take_body();
    if (error || parser.is_complete()) break;
  }
  return error;
}

http_server server_at(const std::string& host, const std::string& port) {
  http_server server;
  server.host = host;
  server.port = port;
  return server;
}

TEST(HttpRequest, NamesItsServerAndCarriesTheHeadersOfTheConnection) {
  EXPECT_EQ(to_bytes({.target = "/v1/x?y=1"}, server_at("::1", "8500"), {{"X-Consul-Token", "secret"}}),
            "GET /v1/x?y=1 HTTP/1.1\r\nHost: [::1]:8500\r\nUser-Agent: drcon\r\nX-Consul-Token: secret\r\n\r\n");
}

TEST(HttpRequest, SendsTheLengthOfItsBody) {
  EXPECT_EQ(to_bytes({http_method::put, "/v1/x", "{}"}, server_at("localhost", ""), {}),
            "PUT /v1/x HTTP/1.1\r\nHost: localhost\r\nUser-Agent: drcon\r\nContent-Type: application/json\r\n"
            "Content-Length: 2\r\n\r\n{}");
  EXPECT_NE(to_bytes({http_method::put, "/v1/x", ""}, server_at("localhost", ""), {}).find("Content-Length: 0\r\n"),
            std::string::npos);
}

TEST(HttpRequest, AValueCannotBeginAnotherHeader) {
  const auto bytes = to_bytes({.target = "/"}, server_at("a", "1"), {{"X-Consul-Token", "t\r\nX-Evil: 1\n"}});
  EXPECT_EQ(bytes.find("\r\nX-Evil"), std::string::npos) << bytes;
  EXPECT_NE(bytes.find("X-Consul-Token: tX-Evil: 1\r\n"), std::string::npos) << bytes;
}

TEST(HttpAnswerParser, IsTheSameInPiecesOfAnySize) {
  const std::string bytes =
      "HTTP/1.1 200 OK\r\nX-Consul-Index: 7\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  http_answer_parser parser(1024);
  std::string body;
  EXPECT_FALSE(parse_bytewise(parser, bytes, body));
  EXPECT_TRUE(parser.is_complete());
  EXPECT_TRUE(parser.keeps_connection());
  EXPECT_EQ(parser.head().status, 200U);
  EXPECT_EQ(parser.head().header("x-consul-index"), "7");
  EXPECT_EQ(body, "abcde");

  http_answer_parser whole(1024);
  error_code error;
  std::string_view unread = bytes;
  while (!error && !whole.is_complete()) unread.remove_prefix(whole.put(unread, error));
  EXPECT_FALSE(error);
  EXPECT_EQ(whole.take_body(), "abcde");
}

TEST(HttpAnswerParser, AnAnswerThatEndsEarlyIsAnError) {
  for (const auto* bytes : {"", "HTTP/1.1 200 OK\r\nContent-", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc"}) {
    http_answer_parser parser(1024);
    std::string body;
    error_code error = parse_bytewise(parser, bytes, body);
    if (!error) parser.put_end(error);
    EXPECT_TRUE(error) << bytes;
    EXPECT_FALSE(parser.is_complete()) << bytes;
  }
}

TEST(HttpAnswerParser, TheEndOfTheConnectionMayEndTheBody) {
  http_answer_parser parser(1024);
  std::string body;
  error_code error = parse_bytewise(parser, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc", body);
  ASSERT_FALSE(error);
  EXPECT_FALSE(parser.is_complete());
  parser.put_end(error);
  EXPECT_FALSE(error);
  EXPECT_TRUE(parser.is_complete());
  EXPECT_FALSE(parser.keeps_connection());
  EXPECT_EQ(body, "abc");
}

TEST(HttpAnswerParser, RefusesBodiesBeyondItsLimitAndTextThatIsNoHttp) {
  for (const auto* bytes : {"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n\r\n"}) {
    http_answer_parser parser(1024);
    std::string body;
    EXPECT_TRUE(parse_bytewise(parser, bytes, body)) << bytes;
  }
}

}  // namespace
}  // namespace drcon::common
