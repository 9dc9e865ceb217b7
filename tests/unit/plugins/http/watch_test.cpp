// The http source against a server that holds requests, does not, fails, and lies.
#include "support/plugin_harness.hpp"
#include "support/scripted_consul.hpp"
#include "support/wait.hpp"
#include "support/web_feed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace drcon::test {
namespace http_watch_test {

using ::testing::HasSubstr;

class HttpSource : public ::testing::Test {
protected:
  void watch(const std::string& more) {
    source_ = std::make_unique<source_harness>(
        "http", "url = \"" + server_.url() + path_ + "\"\nretry_max = \"300ms\"\n" + more);
    source_->start();
  }
  bool has(const std::string& address) const { return has_web_at(*source_, address); }
  std::size_t asked() const { return server_.requests(path_).size(); }
  bool asks(std::size_t more) const {
    const auto before = asked();
    return wait_until([&] { return asked() >= before + more; });
  }

  const std::string path_ = "/services";
  scripted_consul server_;
  std::unique_ptr<source_harness> source_;
};

const std::string by_index = "watch = \"index\"\nindex_header = \"X-Consul-Index\"\npoll = \"1h\"\n";
const std::string by_tag = "watch = \"etag\"\npoll = \"1h\"\n";

TEST_F(HttpSource, SeesAChangeAtOnceOfAServerThatHoldsRequestsByIndex) {
  server_.set(path_, {.index = 5, .body = web_feed("10.0.0.1")});
  watch(by_index);
  ASSERT_TRUE(has("10.0.0.1"));
  ASSERT_TRUE(wait_until([&] { return server_.held() == 1; }));
  EXPECT_THAT(server_.requests(path_).back(), HasSubstr("index=5&wait=55000ms"));
  server_.set(path_, {.index = 6, .body = web_feed("10.0.0.2")});
  EXPECT_TRUE(has("10.0.0.2"));
}

TEST_F(HttpSource, SeesAChangeAtOnceOfAServerThatHoldsRequestsByEntityTag) {
  server_.set(path_, {.body = web_feed("10.0.0.1"), .headers = {{"ETag", "\"a\""}}, .has_index = false});
  watch(by_tag);
  ASSERT_TRUE(has("10.0.0.1"));
  ASSERT_TRUE(wait_until([&] { return server_.held() == 1; }));
  server_.set(path_, {.body = web_feed("10.0.0.2"), .headers = {{"ETag", "\"b\""}}, .has_index = false});
  EXPECT_TRUE(has("10.0.0.2"));
}

TEST_F(HttpSource, AFeedThatIsNotModifiedIsNotSentAgainAndIsNoNews) {
  server_.set(path_, {.body = web_feed("10.0.0.1"), .headers = {{"ETag", "\"a\""}}, .has_index = false});
  watch("poll = \"100ms\"\n");
  ASSERT_TRUE(has("10.0.0.1"));
  const auto words = source_->now().words;
  ASSERT_TRUE(wait_until([&] { return server_.unmodified() >= 2; }));
  EXPECT_EQ(source_->now().words, words);
  server_.set(path_, {.body = web_feed("10.0.0.2"), .headers = {{"ETag", "\"b\""}}, .has_index = false});
  EXPECT_TRUE(has("10.0.0.2"));
}

TEST_F(HttpSource, AServerThatHoldsNothingIsAskedAtTheInterval) {
  // Its index has another name than the server of this test holds requests for.
  server_.set(path_, {.body = web_feed("10.0.0.1"), .headers = {{"X-Other-Index", "7"}}});
  watch("watch = \"index\"\nindex_header = \"X-Other-Index\"\npoll = \"1h\"\n");
  ASSERT_TRUE(has("10.0.0.1"));
  ASSERT_TRUE(wait_until([&] { return asked() == 2; })) << "the first answer, and the one that came at once";
  source_->stop();
  EXPECT_EQ(asked(), 2U);
}

TEST_F(HttpSource, WhatFailsChangesNothingAndAllIsPublishedAgainAfterwards) {
  server_.set(path_, {.body = web_feed("10.0.0.1"), .headers = {{"ETag", "\"a\""}}, .has_index = false});
  watch(by_tag);
  ASSERT_TRUE(has("10.0.0.1"));
  server_.kill();
  ASSERT_TRUE(source_->wait_for([](const auto& now) { return !now.all_unknown.empty(); }));
  EXPECT_TRUE(wait_until([&] { return source_->status().state == DRCON_STATE_AWAY; })) << source_->status().text;
  EXPECT_THAT(source_->status().text, HasSubstr("what was read last stays"));
  EXPECT_EQ(source_->now().services.at("web").endpoints.size(), 1U);
  server_.revive();
  ASSERT_TRUE(source_->wait_for([](const auto& now) { return now.all_unknown.empty() && now.ready; }))
      << "the feed is as it was, and was not held";
  EXPECT_TRUE(wait_until([&] { return source_->status().state == DRCON_STATE_OK; })) << source_->status().text;
  EXPECT_TRUE(has("10.0.0.1"));
  server_.set(path_, {.body = web_feed("10.0.0.2"), .headers = {{"ETag", "\"b\""}}, .has_index = false});
  EXPECT_TRUE(has("10.0.0.2")) << "requests are held again";
}

TEST_F(HttpSource, AFeedThatCannotBeReadIsNeverTakenForNoServices) {
  server_.set(path_, {.body = web_feed("10.0.0.1"), .has_index = false});
  watch("poll = \"100ms\"\n");
  ASSERT_TRUE(has("10.0.0.1"));
  for (const auto& wrong : {std::string("{}"), std::string(), web_feed("10.0.0.2") + "}", std::string("[]"),
                            std::string(R"({"service":[{"name":"web","endpoint":[{"address":"x"}]}]})")}) {
    server_.set(path_, {.body = wrong, .has_index = false});
    ASSERT_TRUE(source_->wait_for([](const auto& now) { return !now.all_unknown.empty(); })) << wrong;
    EXPECT_EQ(source_->status().state, DRCON_STATE_DEGRADED) << source_->status().text;
    EXPECT_EQ(source_->now().services.at("web").endpoints.size(), 1U) << wrong;
    server_.set(path_, {.body = web_feed("10.0.0.1"), .has_index = false});
    ASSERT_TRUE(source_->wait_for([](const auto& now) { return now.all_unknown.empty(); })) << wrong;
  }
  for (const auto ends : {scripted_answer::how::cut_short, scripted_answer::how::dropped}) {
    server_.set(path_, {.body = web_feed("10.0.0.2"), .ends = ends, .has_index = false});
    ASSERT_TRUE(source_->wait_for([](const auto& now) { return !now.all_unknown.empty(); }));
    EXPECT_EQ(source_->now().services.at("web").endpoints[0].address, "10.0.0.1");
    server_.set(path_, {.body = web_feed("10.0.0.1"), .has_index = false});
    ASSERT_TRUE(source_->wait_for([](const auto& now) { return now.all_unknown.empty(); }));
  }
}

TEST_F(HttpSource, AServiceThatIsNotListedAnyMoreIsWithdrawn) {
  server_.set(path_, {.index = 5, .body = web_feed("10.0.0.1")});
  watch(by_index);
  ASSERT_TRUE(has("10.0.0.1"));
  server_.set(path_, {.index = 6, .body = R"({"service":[]})"});
  EXPECT_TRUE(source_->wait_for([](const auto& now) { return now.services.empty() && now.all_unknown.empty(); }));
}

TEST_F(HttpSource, AnAnswerWithoutContentToAQuestionThatNobodyAskedIsAFault) {
  server_.set(path_, {.status = 304, .body = "", .has_index = false});
  watch("poll = \"100ms\"\n");
  ASSERT_TRUE(source_->wait_for([](const auto& now) { return !now.all_unknown.empty(); }));
  EXPECT_THAT(source_->status().text, HasSubstr("answers 304"));
  EXPECT_FALSE(source_->now().ready);
}

TEST_F(HttpSource, RefusesWhatItCannotAskFor) {
  const auto refused = [](const std::string& options) { EXPECT_ANY_THROW(source_harness("http", options)) << options; };
  refused("url = \"http://user:secret@127.0.0.1/feed\"\n");
  refused("url = \"ftp://127.0.0.1/feed\"\n");
  refused("url = \"unix:///run/feed.sock\"\n");
  refused("url = \"http://127.0.0.1/\"\npath = \"/feed\"\n");
  refused("url = \"http://127.0.0.1/\"\nheaders = { \"a b\" = \"c\" }\n");
  refused("url = \"http://127.0.0.1/\"\nheaders = { Host = \"c\" }\n");
  refused("url = \"http://127.0.0.1/\"\ntoken = \"a\"\nheaders = { authorization = \"b\" }\n");
  refused("url = \"http://127.0.0.1/\"\nwait = \"11m\"\n");
}

}  // namespace http_watch_test
}  // namespace drcon::test
