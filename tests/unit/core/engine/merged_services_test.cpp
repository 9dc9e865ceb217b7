#include "engine/merged_services.hpp"

#include "model/snapshot.hpp"
#include "support/fake_plugins.hpp"

#include <gtest/gtest.h>

namespace drcon::engine {
namespace {

model::service_ptr shared(const std::string& name, int endpoints) {
  return std::make_shared<const model::shared_service>(test::service_of(name, endpoints));
}

TEST(MergedServices, FollowsWhatComesChangesAndGoes) {
  merged_services all;
  EXPECT_TRUE(all.set("a", shared("a", 1)));
  EXPECT_TRUE(all.set("b", shared("b", 1)));
  EXPECT_EQ(all.snapshot(1)->endpoint_count(), 2U);
  EXPECT_TRUE(all.set("b", shared("b", 3)));
  EXPECT_TRUE(all.set("a", nullptr));
  EXPECT_EQ(all.find("a"), nullptr) << "before a snapshot is made";
  const auto now = all.snapshot(2);
  EXPECT_EQ(now->revision(), 2U);
  EXPECT_EQ(now->endpoint_count(), 3U);
  EXPECT_EQ(now->find("a"), nullptr);
  EXPECT_EQ(all.names(), std::set<std::string>{"b"});
}

TEST(MergedServices, KeepsTheObjectOfAnEqualService) {
  merged_services all;
  const auto first = shared("a", 2);
  all.set("a", first);
  EXPECT_FALSE(all.set("a", shared("a", 2)));
  EXPECT_EQ(all.find("a"), first);
  EXPECT_FALSE(all.set("none", nullptr));
}

TEST(MergedServices, LeavesEarlierSnapshotsAsTheyWere) {
  merged_services all;
  all.set("a", shared("a", 1));
  const auto before = all.snapshot(1);
  all.set("a", shared("a", 5));
  EXPECT_EQ(all.snapshot(2)->endpoint_count(), 5U);
  EXPECT_EQ(before->endpoint_count(), 1U);
}

}  // namespace
}  // namespace drcon::engine
