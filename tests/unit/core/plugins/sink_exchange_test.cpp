#include "plugins/sink_exchange.hpp"
#include "model/snapshot.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace drcon::plugins {
namespace {

std::shared_ptr<const update_package> update(std::uint64_t ticket) {
  const auto empty = std::make_shared<const model::snapshot>(1, std::vector<model::service_ptr>{});
  return std::make_shared<const update_package>(ticket, false, empty, nullptr);
}

TEST(SinkExchange, TakesOneAnswerToTheOpenUpdateAndNoOther) {
  sink_exchange link;
  EXPECT_FALSE(link.end_apply(1)) << "nothing is open";
  link.begin_apply(update(1));
  EXPECT_FALSE(link.end_apply(2));
  EXPECT_TRUE(link.end_apply(1));
  EXPECT_FALSE(link.end_apply(1)) << "it was answered before";
}

TEST(SinkExchange, KeepsTheUpdateUntilItIsAnswered) {
  sink_exchange link;
  auto open = update(1);
  const std::weak_ptr<const update_package> watched = open;
  link.begin_apply(std::move(open));
  EXPECT_FALSE(watched.expired());
  link.end_apply(1);
  EXPECT_TRUE(watched.expired());
}

TEST(SinkExchange, HandsOverWhatWasLeftOutOfTheUpdateThatIsAnswered) {
  sink_exchange link;
  link.begin_apply(update(1));
  link.add_refusal({"web", "1", "of an update that is never answered"});
  link.begin_apply(update(2));
  link.add_refusal({"web", "2", "no name"});
  EXPECT_EQ(link.end_apply(2), (std::vector<refusal>{{"web", "2", "no name"}}));
}

TEST(SinkExchange, KeepsNoMoreReasonsThanAHostileRegistryMayCost) {
  sink_exchange link;
  link.begin_apply(update(1));
  for (int i = 0; i < 20000; ++i) link.add_refusal({"web", std::to_string(i), "no name"});
  EXPECT_EQ(link.end_apply(1)->size(), 10000U);
}

TEST(SinkExchange, LeavesToItsCallerWhatIsLeftOutBetweenTwoUpdates) {
  sink_exchange link;
  EXPECT_FALSE(link.add_refusal({"web", "1", "no name"}));
  link.begin_apply(update(1));
  EXPECT_TRUE(link.add_refusal({"web", "1", "no name"}));
  EXPECT_EQ(link.end_apply(1)->size(), 1U);
  EXPECT_FALSE(link.add_refusal({"web", "1", "no name"}));
  std::vector<rendered_target> targets;
  const sink_exchange::rendering_scope open(link, targets);
  EXPECT_TRUE(link.add_refusal({"web", "1", "no name"})) << "a render leaves nothing out of the target";
}

TEST(SinkExchange, TakesWhatIsRenderedWithinARenderOnly) {
  sink_exchange link;
  std::vector<rendered_target> targets;
  EXPECT_FALSE(link.add_rendered({"/etc/x", "text", {}}));
  {
    const sink_exchange::rendering_scope open(link, targets);
    EXPECT_TRUE(link.add_rendered({"/etc/x", "text", {}}));
  }
  EXPECT_FALSE(link.add_rendered({"/etc/y", "text", {}}));
  ASSERT_EQ(targets.size(), 1U);
  EXPECT_EQ(targets[0].target, "/etc/x");
}

}  // namespace
}  // namespace drcon::plugins
