#include "plugins/source_intake.hpp"
#include "model/snapshot.hpp"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace drcon::plugins {
namespace {

struct listener final : instance_listener {
  void on_news(const source_news& news) override {
    if (std::exchange(throws, false)) throw std::runtime_error("no memory");
    all.push_back(news);
  }
  bool throws = false;
  std::vector<source_news> all;
};

model::service_ptr service_at(const std::string& name, std::uint32_t port) {
  service made{.name = name, .revision = 1, .endpoints = {}, .values = {}};
  made.endpoints.push_back({.id = "1", .node = {}, .address = "10.0.0.1", .port = port, .tags = {}, .meta = {}});
  return std::make_shared<const model::shared_service>(std::move(made));
}

class SourceIntake : public ::testing::Test {
protected:
  SourceIntake() { reports_->listen(listener_); }
  // What the engine has been handed by now.
  std::vector<source_news>& delivered() {
    context_.restart();
    context_.run();
    return listener_->all;
  }

  boost::asio::io_context context_;
  std::shared_ptr<report_channel> reports_ = std::make_shared<report_channel>(context_.get_executor());
  std::shared_ptr<listener> listener_ = std::make_shared<listener>();
  std::shared_ptr<source_intake> intake_ = std::make_shared<source_intake>(reports_);
};

TEST_F(SourceIntake, DeliversAFloodAsOneMessageWithTheLatestState) {
  for (std::uint32_t port = 1; port <= 1000; ++port) intake_->publish(service_at("web", port));
  intake_->ready();
  ASSERT_EQ(delivered().size(), 1U);
  const auto& news = delivered()[0];
  EXPECT_EQ(news.services.at("web")->value().endpoints.at(0).port, 1000U);
  EXPECT_TRUE(news.ready);
}

TEST_F(SourceIntake, DeliversAgainWhatWasNotTakenInWithWhatHasComeSince) {
  intake_->publish(service_at("lost", 1));
  intake_->publish(service_at("web", 1));
  intake_->unknown("db", "no leader");
  intake_->unknown("cache", "no leader");
  for (const auto* part : {"far", "farther"}) intake_->names_unknown(part, {.pattern = "x.*", .why = "away"});
  intake_->ready();
  listener_->throws = true;
  EXPECT_THROW(delivered(), std::runtime_error);
  EXPECT_TRUE(delivered().empty());
  intake_->publish(service_at("web", 2));
  intake_->publish(service_at("db", 1));
  intake_->names_known("far");
  ASSERT_EQ(delivered().size(), 1U);
  const auto& news = delivered()[0];
  EXPECT_EQ(news.services.at("web")->value().endpoints.at(0).port, 2U) << "the newer one";
  EXPECT_TRUE(news.services.contains("lost"));
  EXPECT_FALSE(news.unknown.contains("db")) << "it was published since";
  EXPECT_TRUE(news.unknown.contains("cache"));
  EXPECT_FALSE(news.names.at("far")) << "the newer one";
  EXPECT_EQ(news.names.at("farther").value().pattern, "x.*");
  EXPECT_TRUE(news.ready);
}

TEST_F(SourceIntake, DeliversWhatWasNotTakenInWhenAsked) {
  intake_->deliver_unread();
  EXPECT_TRUE(delivered().empty()) << "there is nothing";
  intake_->withdraw("web");
  listener_->throws = true;
  EXPECT_THROW(delivered(), std::runtime_error);
  intake_->deliver_unread();
  ASSERT_EQ(delivered().size(), 1U);
  EXPECT_EQ(delivered()[0].services.at("web"), nullptr);
}

TEST_F(SourceIntake, DeliversWhatComesAfterAMessageInAnother) {
  intake_->publish(service_at("web", 1));
  ASSERT_EQ(delivered().size(), 1U);
  intake_->withdraw("web");
  ASSERT_EQ(delivered().size(), 2U);
  EXPECT_EQ(delivered()[1].services.at("web"), nullptr);
}

TEST_F(SourceIntake, LetsAPublishEndThatTheServiceIsUnknown) {
  intake_->unknown("web", "no leader");
  intake_->publish(service_at("web", 1));
  intake_->unknown("db", "no leader");
  ASSERT_EQ(delivered().size(), 1U);
  EXPECT_EQ(delivered()[0].unknown.count("web"), 0U);
  EXPECT_EQ(delivered()[0].unknown.at("db"), "no leader");
}

TEST_F(SourceIntake, LetsTheLastOfReadyAndUnknownCount) {
  intake_->ready();
  intake_->unknown({}, "unreachable");
  ASSERT_EQ(delivered().size(), 1U);
  EXPECT_FALSE(delivered()[0].ready);
  EXPECT_EQ(delivered()[0].all_unknown, "unreachable");
  intake_->unknown({}, "unreachable");
  intake_->ready();
  ASSERT_EQ(delivered().size(), 2U);
  EXPECT_TRUE(delivered()[1].ready);
  EXPECT_FALSE(delivered()[1].all_unknown.has_value());
}

TEST_F(SourceIntake, DeliversNothingOnceItHasGone) {
  intake_->ready();
  intake_.reset();
  EXPECT_TRUE(delivered().empty());
}

TEST_F(SourceIntake, GoesOnWhenNobodyListenedAtFirst) {
  reports_->listen({});
  intake_->publish(service_at("web", 1));
  EXPECT_TRUE(delivered().empty());
  reports_->listen(listener_);
  intake_->publish(service_at("db", 1));
  ASSERT_EQ(delivered().size(), 1U);
  EXPECT_EQ(delivered()[0].services.count("db"), 1U);
}

}  // namespace
}  // namespace drcon::plugins
