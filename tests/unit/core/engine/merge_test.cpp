#include "engine/merge.hpp"

#include "model/snapshot.hpp"
#include "support/fake_plugins.hpp"

#include <gtest/gtest.h>

namespace drcon::engine {
namespace {

model::service_ptr shared(service from) { return std::make_shared<const model::shared_service>(std::move(from)); }

TEST(Merge, SharesTheOnlyPart) {
  const auto only = shared(test::service_of("web", 2));
  EXPECT_EQ(merge_service({only}), only);
}

TEST(Merge, HasNothingOfNothing) { EXPECT_EQ(merge_service({}), nullptr); }

TEST(Merge, UnitesEndpointsOfSeveralSources) {
  auto other = test::service_of("web", 1);
  other.endpoints[0].id = "other";
  other.endpoints[0].address = "10.9.9.9";
  const auto merged = merge_service({shared(test::service_of("web", 2)), shared(other)});
  EXPECT_EQ(merged->endpoints().size(), 3U);
}

TEST(Merge, TakesTheFirstSourcesWordOnTheSameId) {
  auto other = test::service_of("web", 1);
  other.endpoints[0].address = "10.9.9.9";
  const auto merged = merge_service({shared(test::service_of("web", 1)), shared(other)});
  ASSERT_EQ(merged->endpoints().size(), 1U);
  EXPECT_EQ(merged->endpoints()[0].address, "10.0.0.1");
}

TEST(Merge, TakesTheFirstSourcesWordOnTheSamePlace) {
  auto other = test::service_of("web", 1);
  other.endpoints[0].id = "the same process by another name";
  const auto merged = merge_service({shared(test::service_of("web", 1)), shared(other)});
  ASSERT_EQ(merged->endpoints().size(), 1U);
  EXPECT_EQ(merged->endpoints()[0].id, "web-1");
}

}  // namespace
}  // namespace drcon::engine
