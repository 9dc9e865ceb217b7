#include "engine/merge.hpp"

#include "model/snapshot.hpp"
#include "support/fake_plugins.hpp"

#include <gtest/gtest.h>

namespace drcon::engine {
namespace {

model::service_ptr shared_of(service from) { return std::make_shared<const model::shared_service>(std::move(from)); }

// Of sources "a", "b", …
model::service_ptr merge(const std::vector<model::service_ptr>& services) {
  std::vector<part> parts;
  char origin = 'a';
  for (const auto& each : services) parts.push_back({.origin = std::string(1, origin++), .service = each});
  return merge_service(parts);
}

TEST(Merge, SharesTheOnlyPart) {
  const auto only = shared_of(test::service_of("web", 2));
  EXPECT_EQ(merge({only}), only);
}

TEST(Merge, HasNothingOfNothing) { EXPECT_EQ(merge({}), nullptr); }

TEST(Merge, UnitesEndpointsOfSeveralSources) {
  auto other = test::service_of("web", 1);
  other.endpoints[0].id = "other";
  other.endpoints[0].address = "10.9.9.9";
  const auto merged = merge({shared_of(test::service_of("web", 2)), shared_of(other)});
  EXPECT_EQ(merged->endpoints().size(), 3U);
}

TEST(Merge, KeepsAnEndpointWhoseIdIsTakenAtAnotherPlaceUnderTheNameOfItsSource) {
  auto other = test::service_of("web", 1);
  other.endpoints[0].address = "10.9.9.9";
  const auto merged = merge({shared_of(test::service_of("web", 1)), shared_of(other)});
  ASSERT_EQ(merged->endpoints().size(), 2U) << "two datacentres may have machines of one name";
  EXPECT_EQ(merged->endpoints()[0].id(), "b/web-1");
  EXPECT_EQ(merged->endpoints()[0].address(), "10.9.9.9");
  EXPECT_EQ(merged->endpoints()[1].id(), "web-1");
  EXPECT_EQ(merged->endpoints()[1].address(), "10.0.0.1");
}

TEST(Merge, TakesTheFirstSourcesWordOnTheSameEndpoint) {
  auto other = test::service_of("web", 1);
  other.endpoints[0].health = health::critical;
  const auto merged = merge({shared_of(test::service_of("web", 1)), shared_of(other)});
  ASSERT_EQ(merged->endpoints().size(), 1U);
  EXPECT_EQ(merged->endpoints()[0].health(), health::passing);
}

TEST(Merge, FindsAnIdForAnEndpointEvenIfTheNameOfItsSourceIsTakenAsWell) {
  auto first = test::service_of("web", 2);
  first.endpoints[1].id = "b/web-1";
  auto other = test::service_of("web", 1);
  other.endpoints[0].address = "10.9.9.9";
  const auto merged = merge({shared_of(first), shared_of(other)});
  ASSERT_EQ(merged->endpoints().size(), 3U);
  EXPECT_EQ(merged->endpoints()[0].id(), "b/b/web-1");
}

TEST(Merge, TakesTheFirstSourcesWordOnTheSamePlace) {
  auto other = test::service_of("web", 1);
  other.endpoints[0].id = "the same process by another name";
  const auto merged = merge({shared_of(test::service_of("web", 1)), shared_of(other)});
  ASSERT_EQ(merged->endpoints().size(), 1U);
  EXPECT_EQ(merged->endpoints()[0].id(), "web-1");
}

}  // namespace
}  // namespace drcon::engine
