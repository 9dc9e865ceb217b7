// Channels over HTTP/2 against a server that goes away, resets, lowers its limits, falls silent, or is hostile.
#include "common/http2/request_channels.hpp"

#include "common/http_server.hpp"
#include "support/scripted_http2.hpp"
#include "support/wait.hpp"

#include <drcon/asio.hpp>

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>
#include <boost/asio/post.hpp>

#include <atomic>
#include <future>
#include <list>
#include <memory>

namespace drcon::common {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using test::scripted_answer;
using test::wait_until;

class RequestChannels : public ::testing::Test {
protected:
  ~RequestChannels() override { group_.cancel(); }
  void begin(http_choice choice = http_choice::automatic, http2_patience patience = {}) {
    channels_ = std::make_unique<request_channels>(request_channels::setup{
        .executor = group_.executor(),
        .server = make_http_server(server_.url(), {.ca_file = server_.files().ca()}),
        .headers = {},
        .choice = choice,
        .spawn = [this](http2_pool::work work, auto) { group_.spawn(hold(std::move(work)), [](const auto&) {}); },
        .changed =
            [this] {
              ++changes_;
              close_surplus();
            },
        .patience = patience,
    });
    channels_->limit(25);
  }
  // Keeps what the coroutine refers to for as long as that runs.
  static asio::awaitable<void> hold(http2_pool::work work) { co_await work(); }

  std::future<http_answer> ask(const std::string& target, std::chrono::nanoseconds timeout = 40s) {
    const auto answer = std::make_shared<std::promise<http_answer>>();
    group_.spawn(on_a_channel(target, timeout, answer), [](const auto&) {});
    return answer->get_future();
  }
  asio::awaitable<void> on_a_channel(std::string target, std::chrono::nanoseconds timeout,
                                     std::shared_ptr<std::promise<http_answer>> answer) {
    const auto channel = channels_->channel();
    asking_.push_back(channel.get());
    const auto done = [&](void*) { asking_.remove(channel.get()); };
    const std::unique_ptr<void, decltype(done)> guard(channel.get(), done);
    answer->set_value(co_await channel->get(std::move(target), timeout));
  }
  std::vector<std::future<http_answer>> ask_many(int count) {
    std::vector<std::future<http_answer>> all;
    for (int i = 0; i < count; ++i) all.push_back(ask("/v1/x?index=1&n=" + std::to_string(i)));
    return all;
  }
  // As a watcher does that may use fewer connections now.
  void close_surplus() {
    std::size_t kept = 0;
    for (auto* each : asking_)
      if (++kept > most_asking_) each->close();
  }
  bool holds(std::size_t count) const {
    return wait_until([&] { return server_.held() == count; });
  }

  test::scripted_http2 server_;
  std::atomic<int> changes_{0};
  std::list<request_channel*> asking_;           // on the strand
  std::atomic<std::size_t> most_asking_{10000};  // when the channels report a change
  coroutine_group group_;  // has the context of all that the channels have; ~RequestChannels ends its coroutines first
  std::unique_ptr<request_channels> channels_;
};

TEST_F(RequestChannels, ShareTheFewestConnectionsThatCarryThemAll) {
  begin();
  auto all = ask_many(1000);
  ASSERT_TRUE(holds(1000));
  EXPECT_EQ(server_.connections(), 4U);
  EXPECT_EQ(server_.most_streams(), 250U);
  server_.set("/v1/x", {.index = 2, .body = "[1]"});
  for (auto& each : all) EXPECT_EQ(each.get().body, "[1]");
}

TEST_F(RequestChannels, FinishWhatAServerThatGoesAwayHasAcceptedAndAskTheRestAgain) {
  begin();
  auto all = ask_many(100);
  ASSERT_TRUE(holds(100));
  server_.go_away(40);
  ASSERT_TRUE(holds(100)) << "60 of them on another connection";
  EXPECT_EQ(server_.connections(), 2U);
  server_.set("/v1/x", {.index = 2, .body = "[1]"});
  for (auto& each : all) EXPECT_EQ(each.get().body, "[1]");
  EXPECT_TRUE(wait_until([&] { return server_.connections() == 1; })) << "the one that went away is closed";
  EXPECT_EQ(server_.requests("/v1/x").size(), 160U);
}

TEST_F(RequestChannels, ReportAResetForItsOwnRequestAlone) {
  begin();
  auto all = ask_many(3);
  ASSERT_TRUE(holds(3));
  server_.reset_held(NGHTTP2_INTERNAL_ERROR);
  for (auto& each : all) {
    const auto answer = each.get();
    EXPECT_EQ(answer.fault, http_fault::lost);
    EXPECT_NE(answer.why.find("INTERNAL_ERROR"), std::string::npos) << answer.why;
  }
  EXPECT_EQ(ask("/v1/x").get().status, 200U);
  EXPECT_EQ(server_.connections_so_far(), 1U) << "the connection is as good as before";
}

TEST_F(RequestChannels, AskAgainWhatWasRefusedAndGiveUpOnAServerThatRefusesEverything) {
  begin();
  auto one = ask_many(1);
  ASSERT_TRUE(holds(1));
  server_.reset_held(NGHTTP2_REFUSED_STREAM);
  ASSERT_TRUE(holds(1));
  server_.reset_all(NGHTTP2_REFUSED_STREAM);
  server_.reset_held(NGHTTP2_REFUSED_STREAM);
  const auto answer = one[0].get();
  EXPECT_EQ(answer.fault, http_fault::lost);
  EXPECT_LE(server_.requests("/v1/x").size(), 4U);
}

TEST_F(RequestChannels, FollowALimitOfStreamsThatIsLoweredWhileTheyRun) {
  begin();
  auto all = ask_many(100);
  ASSERT_TRUE(holds(100));
  const int before = changes_;
  server_.limit_streams(10);
  ASSERT_TRUE(wait_until([&] { return changes_ > before; }));
  auto more = ask_many(20);
  ASSERT_TRUE(holds(120)) << "two more connections with ten each";
  EXPECT_EQ(server_.connections(), 3U);
  auto capacity = std::promise<std::size_t>();
  asio::post(group_.executor(), [&] { capacity.set_value(channels_->capacity(25)); });
  EXPECT_EQ(capacity.get_future().get(), 250U);
  server_.set("/v1/x", {.index = 2, .body = "[1]"});
  for (auto& each : all) EXPECT_EQ(each.get().body, "[1]");
  for (auto& each : more) EXPECT_EQ(each.get().body, "[1]");
}

TEST_F(RequestChannels, MakeNoMoreConnectionsThanAllowed) {
  server_.limit_streams(2);
  begin();
  auto all = ask_many(60);
  ASSERT_TRUE(holds(50)) << "25 connections of two streams";
  EXPECT_EQ(server_.connections(), 25U);
  server_.set("/v1/x", {.index = 2, .body = "[1]"});
  for (auto& each : all) EXPECT_EQ(each.get().body, "[1]") << "the others have waited for a free stream";
}

TEST_F(RequestChannels, GiveUpAPeerThatAnswersNoPing) {
  begin(http_choice::automatic, {.settle_time = 5s, .silence = 200ms, .answer_time = 200ms});
  EXPECT_EQ(ask("/v1/x").get().status, 200U);
  auto all = ask_many(5);
  ASSERT_TRUE(holds(5));
  server_.fall_silent();
  ASSERT_TRUE(wait_until([&] { return server_.connections_so_far() >= 2; }))
      << "what was asked there is asked again on another connection";
  server_.set("/v1/x", {.index = 2, .body = "[1]"});
  for (auto& each : all) EXPECT_EQ(each.get().body, "[1]");
}

TEST_F(RequestChannels, KeepASilentConnectionWhosePeerAnswersPings) {
  begin(http_choice::automatic, {.settle_time = 5s, .silence = 20ms, .answer_time = 5s});
  auto all = ask_many(1);
  ASSERT_TRUE(holds(1));
  ASSERT_TRUE(wait_until([&] { return server_.pings() >= 5; }));
  EXPECT_EQ(server_.held(), 1U);
  EXPECT_EQ(server_.connections_so_far(), 1U);
}

TEST_F(RequestChannels, AskAgainOnceAfterAConnectionThatWorkedIsLost) {
  begin();
  EXPECT_EQ(ask("/v1/x").get().status, 200U);
  auto all = ask_many(50);
  ASSERT_TRUE(holds(50));
  server_.kill();
  for (auto& each : all) EXPECT_EQ(each.get().fault, http_fault::connect);
  server_.revive();
  EXPECT_EQ(ask("/v1/x").get().status, 200U);
}

TEST_F(RequestChannels, SayThatTheServerHasTooManyConnections) {
  server_.limit_connections(0);
  begin();
  EXPECT_EQ(ask("/v1/x").get().fault, http_fault::closed_early);
}

TEST_F(RequestChannels, ReadARefusalThatIsWrittenInHttp1) {
  server_.greet("HTTP/1.1 429 Too Many Requests\r\nContent-Length: 31\r\n\r\ntoo many concurrent connections");
  begin();
  const auto answer = ask("/v1/x").get();
  EXPECT_EQ(answer.status, 429U);
  EXPECT_EQ(answer.body, "too many concurrent connections");
}

TEST_F(RequestChannels, UseHttp1WithAServerThatHasNothingElse) {
  server_.offer_http2(false);
  server_.greet("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold");
  begin();
  EXPECT_EQ(ask("/v1/x").get().body, "old");
  EXPECT_EQ(server_.connections_so_far(), 1U) << "the connection that was negotiated is used";
}

TEST_F(RequestChannels, MakeNoHttp1ConnectionForAChannelThatIsClosedWhenHttp2IsNotSpoken) {
  server_.offer_http2(false);
  server_.greet("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold");
  begin();
  most_asking_ = 2;
  group_.prepare();
  std::promise<std::vector<std::future<http_answer>>> asked;
  asio::post(group_.executor(), [&] { asked.set_value(ask_many(50)); });  // all of them wait before anything is known
  auto all = asked.get_future().get();
  int answered = 0;
  for (auto& each : all) {
    const auto answer = each.get();
    if (answer.fault == http_fault::none) ++answered;
    else EXPECT_EQ(answer.fault, http_fault::lost) << answer.why;
  }
  EXPECT_EQ(answered, 2);
  EXPECT_EQ(server_.connections_so_far(), 2U);
}

TEST_F(RequestChannels, KeepNoHttp1ConnectionThatNobodyWaitsFor) {
  server_.kill();
  server_.offer_http2(false);
  server_.greet("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold");
  begin();
  // Each failure doubles the pause before the next connection is made: the last request ends within that pause.
  for (int i = 0; i < 5; ++i) ASSERT_EQ(ask("/v1/x").get().fault, http_fault::connect);
  server_.revive();
  ASSERT_EQ(ask("/v1/x", 1ms).get().fault, http_fault::timeout);
  ASSERT_TRUE(wait_until([&] { return changes_ == 1; })) << "the server speaks HTTP/1.1";
  EXPECT_EQ(ask("/v1/x").get().body, "old");
  EXPECT_EQ(server_.connections_so_far(), 2U) << "the first was dropped at once, and not left to its end";
}

TEST_F(RequestChannels, SayThatTheServerHasNoHttp2WhenNothingElseWillDo) {
  server_.offer_http2(false);
  begin(http_choice::http2);
  const auto answer = ask("/v1/x").get();
  EXPECT_EQ(answer.fault, http_fault::connect);
  EXPECT_NE(answer.why.find("HTTP/2"), std::string::npos) << answer.why;
}

TEST_F(RequestChannels, LoseNothingToAServerThatEndsAnAnswerInItsMiddle) {
  begin();
  server_.set("/v1/x", {.body = "[1, 2, 3, 4]", .ends = scripted_answer::how::cut_short});
  const auto answer = ask("/v1/x").get();
  EXPECT_EQ(answer.fault, http_fault::lost);
  EXPECT_EQ(answer.body, "");
}

TEST_F(RequestChannels, BoundWhatAHostileServerCosts) {
  begin();
  server_.set("/v1/x", {.headers = {{"x-large", std::string(100000, 'a')}}});
  EXPECT_EQ(ask("/v1/x").get().fault, http_fault::lost) << "headers larger than the bound";
  server_.set("/v1/x", {});
  EXPECT_EQ(ask("/v1/x").get().status, 200U);
  const std::string window_update("\0\0\4\x8\0\0\0\0\0\0\0\0\1", 13);
  std::string flood;
  for (int i = 0; i < 20000; ++i) flood += window_update;
  auto held = ask_many(1);
  ASSERT_TRUE(holds(1));
  server_.send(flood);
  ASSERT_TRUE(wait_until([&] { return server_.connections_so_far() >= 2; })) << "the connection is ended";
  ASSERT_TRUE(holds(1)) << "and what was asked on it is asked on another";
  server_.reset_all(NGHTTP2_CANCEL);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ask("/v1/x").get().fault, http_fault::lost);
}

TEST_F(RequestChannels, GiveEachRequestItsTime) {
  begin();
  const auto answer = ask("/v1/x?index=1", 50ms).get();
  EXPECT_EQ(answer.fault, http_fault::timeout);
  EXPECT_TRUE(holds(0)) << "its stream is free again";
}

}  // namespace
}  // namespace drcon::common
