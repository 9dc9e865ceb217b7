// The state machine of one HTTP/2 connection, against a server that lives in the test's memory and may send any bytes.
#include "common/http2/session.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace drcon::common {
namespace {

using id = http2_session::stream_id;

std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream, const std::string& payload) {
  const auto size = payload.size();
  std::string bytes;
  for (const int shift : {16, 8, 0}) bytes += static_cast<char>(size >> shift);
  bytes += static_cast<char>(type);
  bytes += static_cast<char>(flags);
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(stream >> shift);
  return bytes + payload;
}

std::string settings(const std::string& payload = {}) { return frame(NGHTTP2_SETTINGS, 0, 0, payload); }
std::string most_streams(std::uint32_t most) {
  std::string payload{0, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS};
  for (const int shift : {24, 16, 8, 0}) payload += static_cast<char>(most >> shift);
  return settings(payload);
}
// HPACK: ":status: 200" is one byte; a header of its own is name and value with their lengths.
std::string literal(const std::string& name, const std::string& value) {
  std::string bytes{'\0', static_cast<char>(name.size())};
  bytes += name;
  if (value.size() < 127) return bytes + static_cast<char>(value.size()) + value;
  bytes += '\x7f';
  auto rest = value.size() - 127;
  for (; rest >= 128; rest /= 128) bytes += static_cast<char>(rest % 128 + 128);
  return bytes + static_cast<char>(rest) + value;
}
const std::string status_200 = "\x88";
std::string headers(id stream, const std::string& block = status_200, bool ends = false) {
  return frame(NGHTTP2_HEADERS,
               static_cast<std::uint8_t>(NGHTTP2_FLAG_END_HEADERS | (ends ? NGHTTP2_FLAG_END_STREAM : 0)),
               static_cast<std::uint32_t>(stream), block);
}
std::string data(id stream, const std::string& body, bool ends) {
  return frame(NGHTTP2_DATA, ends ? NGHTTP2_FLAG_END_STREAM : 0, static_cast<std::uint32_t>(stream), body);
}
std::string reset(id stream, std::uint32_t error) {
  std::string payload;
  for (const int shift : {24, 16, 8, 0}) payload += static_cast<char>(error >> shift);
  return frame(NGHTTP2_RST_STREAM, 0, static_cast<std::uint32_t>(stream), payload);
}
std::string goaway(id last) {
  std::string payload;
  for (const int shift : {24, 16, 8, 0}) payload += static_cast<char>(last >> shift);
  return frame(NGHTTP2_GOAWAY, 0, 0, payload + std::string(4, '\0'));
}

class Http2Session : public ::testing::Test {
protected:
  explicit Http2Session(http2_bounds bounds = {})
      : session_(
            "consul:8501", {{"X-Consul-Token", "se\r\ncret"}},
            [this](id stream, http2_session::ending how) { ended_.emplace(stream, std::move(how)); }, bounds) {
    EXPECT_EQ(session_.put(settings()), "");
    sent();
  }
  id ask(const std::string& target = "/v1/x") {
    const auto stream = session_.request(target);
    sent();
    return stream;
  }
  std::string sent() {
    std::string bytes;
    session_.take_output(bytes, std::size_t{1} << 20);
    return bytes;
  }

  std::map<id, http2_session::ending> ended_;
  http2_session session_;
};

TEST_F(Http2Session, AnswersSeveralRequestsInAnyOrder) {
  const auto first = ask();
  const auto second = ask();
  EXPECT_EQ(session_.open_streams(), 2U);
  EXPECT_EQ(session_.put(headers(second, status_200 + literal("x-consul-index", "7"))), "");
  EXPECT_EQ(session_.put(headers(first) + data(first, "a", true) + data(second, "b", false)), "");
  ASSERT_TRUE(ended_.contains(first));
  EXPECT_FALSE(ended_.contains(second));
  EXPECT_EQ(ended_.at(first).answer.body, "a");
  EXPECT_EQ(session_.put(data(second, "c", true)), "");
  EXPECT_EQ(ended_.at(second).answer.body, "bc");
  EXPECT_EQ(ended_.at(second).answer.header("x-consul-index"), "7");
  EXPECT_EQ(ended_.at(second).answer.status, 200U);
  EXPECT_EQ(session_.open_streams(), 0U);
}

TEST_F(Http2Session, TakesNoPartOfAnAnswerForTheWhole) {
  const auto cut = ask();
  EXPECT_EQ(session_.put(headers(cut) + data(cut, "[]", false) + reset(cut, NGHTTP2_NO_ERROR)), "");
  EXPECT_EQ(ended_.at(cut).answer.fault, http_fault::lost) << "a reset without an error is a reset";
  const auto shorter = ask();
  EXPECT_EQ(session_.put(headers(shorter, status_200 + literal("content-length", "9")) + data(shorter, "[]", true)),
            "");
  sent();
  EXPECT_EQ(ended_.at(shorter).answer.fault, http_fault::lost);
  EXPECT_FALSE(ended_.at(shorter).is_unprocessed);
}

TEST_F(Http2Session, KnowsWhatTheServerHasNotProcessed) {
  const auto accepted = ask();
  const auto refused = ask();
  const auto later = ask();
  EXPECT_EQ(session_.put(reset(refused, NGHTTP2_REFUSED_STREAM)), "");
  EXPECT_TRUE(ended_.at(refused).is_unprocessed);
  EXPECT_EQ(session_.put(goaway(accepted)), "");
  EXPECT_TRUE(ended_.at(later).is_unprocessed);
  EXPECT_FALSE(session_.takes_requests());
  EXPECT_LT(session_.request("/v1/y"), 0);
  EXPECT_FALSE(session_.is_over()) << "what was accepted is waited for";
  EXPECT_EQ(session_.put(headers(accepted) + data(accepted, "a", true)), "");
  EXPECT_EQ(ended_.at(accepted).answer.body, "a");
  EXPECT_TRUE(session_.is_over());
}

TEST_F(Http2Session, GivesBackWhatItHadNotSentWhenTheServerGoesAway) {
  const auto unsent = session_.request("/v1/x");
  EXPECT_EQ(session_.put(goaway(0)), "");
  sent();
  ASSERT_TRUE(ended_.contains(unsent));
  EXPECT_TRUE(ended_.at(unsent).is_unprocessed);
}

TEST_F(Http2Session, FollowsTheServersLimitOfStreams) {
  EXPECT_EQ(session_.put(most_streams(250)), "");
  EXPECT_EQ(session_.most_streams(), 250U);
  EXPECT_EQ(session_.put(most_streams(3)), "");
  EXPECT_EQ(session_.most_streams(), 3U);
}

TEST_F(Http2Session, GivesRoomForAnAnswerOfAnySize) {
  const auto big = ask();
  const auto small = ask();
  const std::string part(16384, 'x');
  EXPECT_EQ(session_.put(headers(big)), "");
  for (int i = 0; i < 2000; ++i) {  // 32 MiB: twice the window of the connection
    ASSERT_EQ(session_.put(data(big, part, false)), "");
    const auto bytes = sent();
    if (i == 1500) {
      ASSERT_EQ(session_.put(headers(small) + data(small, "s", true)), "");
    }
  }
  EXPECT_EQ(session_.put(data(big, "", true)), "");
  EXPECT_EQ(ended_.at(small).answer.body, "s") << "a large answer holds up no other";
  EXPECT_EQ(ended_.at(big).answer.body.size(), 2000 * part.size());
}

TEST_F(Http2Session, ForgetsARequestThatIsCancelled) {
  const auto stream = ask();
  session_.cancel(stream);
  EXPECT_EQ(session_.open_streams(), 0U);
  EXPECT_NE(sent().find(std::string{'\x03', '\0'}), std::string::npos) << "RST_STREAM is sent";
  EXPECT_EQ(session_.put(headers(stream) + data(stream, "late", true)), "");
  EXPECT_TRUE(ended_.empty());
}

// ---- bounds ----

TEST_F(Http2Session, RefusesHeadersOfMoreThanTheBound) {
  const auto stream = ask();
  const auto other = ask();
  std::string block = status_200;
  for (int i = 0; i < 8; ++i) block += literal("x-a", std::string(9000, 'a'));
  std::string bytes = frame(NGHTTP2_HEADERS, 0, static_cast<std::uint32_t>(stream), block.substr(0, 16000));
  for (std::size_t at = 16000; at < block.size(); at += 16000)
    bytes += frame(NGHTTP2_CONTINUATION, at + 16000 >= block.size() ? NGHTTP2_FLAG_END_HEADERS : 0,
                   static_cast<std::uint32_t>(stream), block.substr(at, 16000));
  ASSERT_EQ(session_.put(bytes), "");
  sent();
  EXPECT_NE(ended_.at(stream).answer.why.find("headers of more than 65536 bytes"), std::string::npos)
      << ended_.at(stream).answer.why;
  EXPECT_EQ(session_.put(headers(other) + data(other, "b", true)), "") << "the others go on";
  EXPECT_EQ(ended_.at(other).answer.body, "b");
}

TEST_F(Http2Session, EndsAConnectionOnWhichHeadersNeverEnd) {
  const auto stream = ask();
  EXPECT_EQ(session_.put(frame(NGHTTP2_HEADERS, 0, static_cast<std::uint32_t>(stream), status_200)), "");
  std::string why;
  int sent_frames = 0;
  for (; sent_frames < 1000 && why.empty(); ++sent_frames)
    why = session_.put(frame(NGHTTP2_CONTINUATION, 0, static_cast<std::uint32_t>(stream), literal("x", "y")));
  EXPECT_NE(why, "");
  EXPECT_LE(sent_frames, 20);
}

TEST_F(Http2Session, EndsAConnectionOnWhichFramesAnswerNothing) {
  ask();
  std::string why;
  int sent_frames = 0;
  for (; sent_frames < 100000 && why.empty(); ++sent_frames)
    why = session_.put(frame(NGHTTP2_WINDOW_UPDATE, 0, 0, std::string("\0\0\0\1", 4)));
  EXPECT_NE(why.find("answer nothing"), std::string::npos) << why;
  EXPECT_LE(sent_frames, 10001);
}

TEST_F(Http2Session, EndsAConnectionOnWhichPingsFillTheOutput) {
  std::string why;
  for (int i = 0; i < 20000 && why.empty(); ++i) why = session_.put(frame(NGHTTP2_PING, 0, 0, std::string(8, 'p')));
  EXPECT_NE(why, "") << "answers that nobody reads must not be kept for ever";
}

class SmallHttp2Session : public Http2Session {
protected:
  SmallHttp2Session() : Http2Session({.body_bytes = 1000}) {}
};

TEST_F(SmallHttp2Session, KeepsNoMoreOfAllBodiesTogetherThanTheBound) {
  const auto first = ask();
  const auto second = ask();
  EXPECT_EQ(session_.put(headers(first) + data(first, std::string(600, 'a'), false)), "");
  EXPECT_EQ(session_.put(headers(second) + data(second, std::string(600, 'b'), false)), "");
  sent();
  ASSERT_TRUE(ended_.contains(second));
  EXPECT_NE(ended_.at(second).answer.why.find("larger than 1000 bytes"), std::string::npos);
  EXPECT_EQ(session_.put(data(first, std::string(400, 'a'), true)), "");
  EXPECT_EQ(ended_.at(first).answer.body.size(), 1000U);
  const auto third = ask();
  EXPECT_EQ(session_.put(headers(third) + data(third, std::string(1000, 'c'), true)), "")
      << "what is done is free again";
  EXPECT_EQ(ended_.at(third).answer.body.size(), 1000U);
}

TEST_F(Http2Session, SaysWhatIsWrongWithBytesThatAreNotHttp2) {
  EXPECT_NE(session_.put("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff") + session_.why_over(), "");
  sent();
  EXPECT_TRUE(session_.is_over());
}

}  // namespace
}  // namespace drcon::common
