#include "admin/http_message.hpp"

#include "admin/limits.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace drcon::admin {
namespace {

using progress = http_request_reader::progress;
using ::testing::HasSubstr;
using ::testing::Not;

// Gives the reader as many of the bytes as it has space for, as often as it takes.
progress feed(http_request_reader& reader, std::string_view bytes) {
  auto so_far = progress::incomplete;
  while (!bytes.empty() && so_far == progress::incomplete) {
    const auto space = reader.space();
    const auto count = std::min(space.size(), bytes.size());
    std::copy_n(bytes.data(), count, static_cast<char*>(space.data()));
    bytes.remove_prefix(count);
    so_far = reader.received(count);
  }
  return so_far;
}

TEST(HttpRequestReader, ReadsARequestThatComesByteByByte) {
  http_request_reader reader;
  const std::string_view request =
      "POST /v1/log?level=debug HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\nLast-Event-ID: 7\r\n"
      "Content-Length: 2\r\n\r\nab";
  for (const auto& byte : request.substr(0, request.size() - 1))
    ASSERT_EQ(feed(reader, {&byte, 1}), progress::incomplete);
  ASSERT_EQ(feed(reader, request.substr(request.size() - 1)), progress::complete);
  const auto read = reader.take_request();
  EXPECT_EQ(read.method, "POST");
  EXPECT_EQ(read.target, "/v1/log?level=debug");
  EXPECT_EQ(read.host, "localhost");
  EXPECT_EQ(read.authorization, "Bearer x");
  EXPECT_EQ(read.last_event_id, "7");
  EXPECT_TRUE(read.keep_alive);
}

TEST(HttpRequestReader, KeepsTheRequestsThatCameTogetherApart) {
  http_request_reader reader;
  ASSERT_EQ(feed(reader, "GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.0\r\n\r\nGET"), progress::complete);
  EXPECT_EQ(reader.take_request().target, "/a");
  ASSERT_EQ(reader.next(), progress::complete);
  const auto second = reader.take_request();
  EXPECT_EQ(second.target, "/b");
  EXPECT_EQ(second.version, 10U);
  EXPECT_FALSE(second.keep_alive);
  ASSERT_EQ(reader.next(), progress::incomplete);
  ASSERT_EQ(feed(reader, " /c HTTP/1.1\r\n\r\n"), progress::complete);
  EXPECT_EQ(reader.take_request().target, "/c");
}

TEST(HttpRequestReader, RefusesWhatIsTooLongOrNoHttp) {
  const auto refused = [](const std::string& bytes) {
    http_request_reader reader;
    EXPECT_EQ(feed(reader, bytes), progress::refused);
    EXPECT_FALSE(reader.take_request().keep_alive);
    return reader.refusal().status;
  };
  EXPECT_EQ(refused("GET / HTTP/1.1\r\nX: " + std::string(limits::header_bytes, 'x') + "\r\n\r\n"), 431U);
  EXPECT_EQ(refused("POST / HTTP/1.1\r\nContent-Length: " + std::to_string(limits::body_bytes + 1) + "\r\n\r\n"), 413U);
  EXPECT_EQ(refused("this is not HTTP\r\n\r\n"), 400U);
}

TEST(HttpResponse, SaysHowLongItIsAndWhetherTheConnectionGoesOn) {
  const auto kept = to_http(text(200, "ok\n"), {.method = "GET", .target = "/", .version = 11, .keep_alive = true});
  EXPECT_THAT(kept.head, ::testing::StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(kept.head, HasSubstr("\r\nContent-Length: 3\r\n"));
  EXPECT_THAT(kept.head, HasSubstr("\r\nCache-Control: no-store\r\n"));
  EXPECT_THAT(kept.head, Not(HasSubstr("Connection: close")));
  EXPECT_THAT(kept.head, ::testing::EndsWith("\r\n\r\n"));
  EXPECT_EQ(kept.body, "ok\n");
  EXPECT_TRUE(kept.keep_alive);
  const auto closed = to_http(text(404, "no\n"), {.method = "GET", .target = "/", .version = 11, .keep_alive = false});
  EXPECT_THAT(closed.head, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_FALSE(closed.keep_alive);
}

TEST(HttpResponse, ToAHeadHasTheLengthAndNoBody) {
  const auto made = to_http(text(200, "ok\n"), {.method = "HEAD", .target = "/", .keep_alive = true});
  EXPECT_THAT(made.head, HasSubstr("\r\nContent-Length: 3\r\n"));
  EXPECT_EQ(made.body, "");
}

}  // namespace
}  // namespace drcon::admin
