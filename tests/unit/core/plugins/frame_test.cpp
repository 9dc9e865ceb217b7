#include "plugins/frame.hpp"

#include "plugins/frame_content.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <limits>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace drcon::plugins {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t length_size = 4;

std::string without_length(std::string frame) { return frame.substr(length_size); }

std::string announced_length(std::uint32_t length) {
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  return bytes;
}

service full_service() {
  service made{.name = "web", .revision = 7, .endpoints = {}, .values = {{"key", "value"}, {"empty", ""}}};
  made.endpoints.push_back({.id = "web-1",
                            .node = "node",
                            .address = "2001:db8::1",
                            .port = 8080,
                            .weight = 3,
                            .priority = 2,
                            .health = health::warning,
                            .tags = {"v2", ""},
                            .meta = {{"zone", "a"}}});
  made.endpoints.push_back({.id = "web-2", .node = {}, .address = "host", .port = 1, .tags = {}, .meta = {}});
  return made;
}

std::string service_frame(const service& of) {
  frame_writer frame(frame::publish);
  put(frame, service_view(c_service(of).get()));
  return without_length(frame.take());
}

std::string metric_frame() {
  const std::array<drcon_pair, 2> labels{{{c_string("code"), c_string("200")}, {c_string("host"), c_string("a")}}};
  drcon_metric figure{.size = sizeof figure, .kind = DRCON_METRIC_COUNTER};
  figure.name = c_string("requests");
  figure.help = c_string("How many.");
  figure.value = 2.5;
  figure.labels = labels.data();
  figure.label_count = labels.size();
  frame_writer frame(frame::metric);
  put(frame, figure);
  return without_length(frame.take());
}

// ---- fields ----

TEST(Frame, GivesBackTheFieldsThatWereWritten) {
  const auto bytes = without_length(frame_writer(frame::status)
                                        .number(0)
                                        .number(std::numeric_limits<std::uint64_t>::max())
                                        .real(-0.5)
                                        .text("")
                                        .text(std::string("a\0b", 3))
                                        .take());
  frame_reader reader(bytes);
  EXPECT_EQ(reader.type(), frame::status);
  EXPECT_EQ(reader.number(), 0U);
  EXPECT_EQ(reader.number(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(reader.real(), -0.5);
  EXPECT_EQ(reader.text(), "");
  EXPECT_EQ(reader.text(), std::string("a\0b", 3));
  EXPECT_THROW(reader.number(), frame_fault) << "there is no field left";
}

TEST(Frame, BeginsWithItsLengthAndItsType) {
  const auto bytes = frame_writer(frame::ready).take();
  EXPECT_EQ(bytes, announced_length(1) + static_cast<char>(frame::ready));
}

TEST(Frame, EveryTypeArrivesAsItWasSent) {
  for (int type = static_cast<int>(frame::create); type <= static_cast<int>(frame::names_known); ++type) {
    const auto bytes = without_length(frame_writer(static_cast<frame>(type)).take());
    EXPECT_EQ(static_cast<int>(frame_reader(bytes).type()), type);
  }
}

TEST(Frame, OfNoBytesIsAFault) { EXPECT_THROW(frame_reader(std::string_view{}), frame_fault); }

TEST(Frame, ATextThatIsLongerThanItsFrameIsAFault) {
  for (const auto length : {std::uint64_t{6}, std::uint64_t{1} << 40U, std::numeric_limits<std::uint64_t>::max()}) {
    auto bytes = without_length(frame_writer(frame::withdraw).number(length).take()) + "12345";
    frame_reader reader(bytes);
    EXPECT_THROW(reader.text(), frame_fault) << length;
  }
}

TEST(Frame, ACountThatItsFrameCannotHoldIsAFaultBeforeMemoryIsTaken) {
  auto bytes = without_length(frame_writer(frame::publish).number(4).number(4).take());
  frame_reader reader(bytes);
  EXPECT_EQ(reader.count(), 4U) << "eight bytes follow";
  EXPECT_THROW(reader.count(), frame_fault) << "none follows";
}

// ---- contents ----

TEST(FrameContent, AServiceArrivesWhole) {
  const auto bytes = service_frame(full_service());
  frame_reader reader(bytes);
  const auto arrived = get_service(reader);
  EXPECT_EQ(arrived.name, full_service().name);
  EXPECT_EQ(arrived.revision, full_service().revision);
  EXPECT_EQ(arrived.endpoints, full_service().endpoints);
  EXPECT_EQ(arrived.values, full_service().values);
}

TEST(FrameContent, AMetricArrivesWhole) {
  const auto bytes = metric_frame();
  frame_reader reader(bytes);
  int seen = 0;
  get_metric(reader, [&](const drcon_metric& figure) {
    ++seen;
    EXPECT_EQ(figure.kind, static_cast<std::uint32_t>(DRCON_METRIC_COUNTER));
    EXPECT_EQ(view(figure.name), "requests");
    EXPECT_EQ(view(figure.help), "How many.");
    EXPECT_EQ(figure.value, 2.5);
    ASSERT_EQ(figure.label_count, 2U);
    EXPECT_EQ(view(figure.labels[1].key), "host");
    EXPECT_EQ(view(figure.labels[1].value), "a");
  });
  EXPECT_EQ(seen, 1);
}

TEST(FrameContent, AServiceThatIsCutAnywhereIsAFault) {
  const auto bytes = service_frame(full_service());
  for (std::size_t length = 1; length < bytes.size(); ++length) {
    frame_reader reader(std::string_view(bytes).substr(0, length));
    EXPECT_THROW(get_service(reader), frame_fault) << length;
  }
}

TEST(FrameContent, AMetricThatIsCutAnywhereIsAFaultAndNeverUsed) {
  const auto bytes = metric_frame();
  for (std::size_t length = 1; length < bytes.size(); ++length) {
    frame_reader reader(std::string_view(bytes).substr(0, length));
    EXPECT_THROW(get_metric(reader, [](const drcon_metric&) { ADD_FAILURE() << "it was used"; }), frame_fault)
        << length;
  }
}

TEST(FrameContent, AServiceThatCountsMoreEndpointsThanItHoldsIsAFault) {
  for (const auto count : {std::uint64_t{1}, std::uint64_t{1} << 40U, std::numeric_limits<std::uint64_t>::max()}) {
    const auto bytes = without_length(frame_writer(frame::publish).text("web").number(1).number(count).take());
    frame_reader reader(bytes);
    EXPECT_THROW(get_service(reader), frame_fault) << count;
  }
}

// ---- the channel ----

class FrameChannel : public ::testing::Test {
protected:
  FrameChannel() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) throw std::runtime_error("socketpair");
    here_ = std::make_unique<frame_channel>(ends[0]);
    other_end_ = ends[1];
  }
  ~FrameChannel() override { hang_up(); }

  void send(std::string_view bytes) const {
    ASSERT_EQ(::send(other_end_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  void hang_up() {
    if (other_end_ >= 0) ::close(std::exchange(other_end_, -1));
  }

  std::unique_ptr<frame_channel> here_;
  int other_end_ = -1;
};

TEST_F(FrameChannel, GivesFramesOneByOneHoweverTheyArrive) {
  const auto one = frame_writer(frame::withdraw).text("web").take();
  const auto two = frame_writer(frame::ready).take();
  send(one + two + one.substr(0, 3));
  EXPECT_EQ(here_->next(), without_length(one));
  EXPECT_EQ(here_->next(), without_length(two));
  std::jthread rest([&] { send(one.substr(3)); });
  EXPECT_EQ(here_->next(), without_length(one));
  hang_up();
  EXPECT_EQ(here_->next(), std::nullopt) << "the other end is gone";
}

TEST_F(FrameChannel, AFrameWithoutATypeIsAFault) {
  send(announced_length(0));
  EXPECT_THROW(here_->next(), frame_fault);
}

TEST_F(FrameChannel, AnOversizedFrameIsAFaultBeforeItIsRead) {
  send(announced_length(512U * 1024 * 1024 + 1));
  try {
    here_->next();
    FAIL() << "it was taken";
  } catch (const frame_fault& fault) {
    EXPECT_STREQ(fault.what(), "a frame of 536870913 bytes");
  }
}

TEST_F(FrameChannel, AFrameThatIsCutByTheEndOfTheOtherSideIsNone) {
  send(frame_writer(frame::withdraw).text("web").take().substr(0, 9));
  hang_up();
  EXPECT_EQ(here_->next(), std::nullopt);
}

TEST_F(FrameChannel, WaitsNoLongerThanItShould) {
  EXPECT_FALSE(here_->wait(1ms));
  send(frame_writer(frame::ready).take());
  EXPECT_TRUE(here_->wait(10s));
}

TEST_F(FrameChannel, SaysThatTheOtherEndTakesNothingAnyMore) {
  hang_up();
  EXPECT_FALSE(here_->send(frame_writer(frame::stop).take()));
}

}  // namespace
}  // namespace drcon::plugins
