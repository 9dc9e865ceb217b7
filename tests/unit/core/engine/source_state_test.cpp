#include "engine/source_state.hpp"
#include "model/snapshot.hpp"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

namespace drcon::engine {
namespace {

class SourceState : public ::testing::Test {
protected:
  void say(const std::string& name, bool there) {
    plugins::source_news news;
    const auto value = std::make_shared<const model::shared_service>(
        service{.name = name, .revision = 1, .endpoints = {}, .values = {}});
    news.services.emplace(name, there ? value : nullptr);
    source_.on_news(news);
  }

  journal journal_{10};
  metrics::metrics figures_;
  boost::asio::io_context context_;
  source_state source_{nullptr, journal_, figures_, context_.get_executor()};
};

TEST_F(SourceState, RemembersWhenAWithdrawnServiceWent) {
  say("web", true);
  say("web", false);
  EXPECT_TRUE(source_.reported("web"));
  EXPECT_FALSE(source_.reported("never"));
}

TEST_F(SourceState, ForgetsWithdrawnServicesBeforeTheyFillTheMemory) {
  say("stays", true);
  say("first", true);
  say("first", false);
  for (int i = 0; i < 10000; ++i) {
    say("s" + std::to_string(i), true);
    say("s" + std::to_string(i), false);
  }
  EXPECT_FALSE(source_.reported("first"));
  EXPECT_TRUE(source_.reported("stays"));
}

}  // namespace
}  // namespace drcon::engine
