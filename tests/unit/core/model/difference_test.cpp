#include "model/difference.hpp"

#include "model/snapshot.hpp"
#include "support/fake_plugins.hpp"

#include <gtest/gtest.h>

namespace drcon::model {
namespace {

using test::service_of;

snapshot_ptr snapshot_of(std::vector<service> services) {
  std::vector<service_ptr> shared;
  for (auto& each : services) shared.push_back(std::make_shared<const shared_service>(std::move(each)));
  return std::make_shared<const snapshot>(1, std::move(shared));
}

TEST(Difference, FindsNothingBetweenEqualSnapshots) {
  const auto a = snapshot_of({service_of("a", 1), service_of("b", 2)});
  const auto b = snapshot_of({service_of("a", 1), service_of("b", 2)});
  EXPECT_TRUE(difference(a.get(), *b).empty());
  EXPECT_TRUE(same_content(*a, *b));
}

TEST(Difference, DoesNotCountTheRevisionAsAChange) {
  auto later = service_of("a", 1);
  later.revision = 99;
  EXPECT_TRUE(difference(snapshot_of({service_of("a", 1)}).get(), *snapshot_of({later})).empty());
}

TEST(Difference, ListsAddedRemovedAndChangedServicesInOrder) {
  const auto before = snapshot_of({service_of("a", 1), service_of("b", 1), service_of("c", 1)});
  const auto after = snapshot_of({service_of("b", 2), service_of("c", 1), service_of("d", 3)});
  const auto changes = difference(before.get(), *after);
  ASSERT_EQ(changes.size(), 3U);
  EXPECT_TRUE(changes[0].before && !changes[0].after);
  EXPECT_EQ(changes[0].before->name(), "a");
  EXPECT_TRUE(changes[1].before && changes[1].after);
  EXPECT_EQ(changes[1].after->name(), "b");
  EXPECT_TRUE(!changes[2].before && changes[2].after);
  EXPECT_EQ(changes[2].after->name(), "d");
}

TEST(Difference, CountsEndpoints) {
  auto changed = service_of("b", 2);
  changed.endpoints[0].weight = 7;
  const auto before = snapshot_of({service_of("a", 3), service_of("b", 2)});
  const auto after = snapshot_of({changed, service_of("c", 4)});
  const auto counts = count_endpoints(difference(before.get(), *after));
  EXPECT_EQ(counts.added, 4U);
  EXPECT_EQ(counts.removed, 3U);
  EXPECT_EQ(counts.changed, 1U);
}

TEST(Difference, ListsNoMoreEndpointsThanAsked) {
  const auto listed = list_endpoints(difference(nullptr, *snapshot_of({service_of("a", 100)})), 20);
  EXPECT_EQ(listed.size(), 20U);
}

TEST(Difference, IsEqualWhateverTheOrderOfEndpoints) {
  auto turned = service_of("a", 3);
  std::swap(turned.endpoints[0], turned.endpoints[2]);
  EXPECT_TRUE(same_content(*snapshot_of({service_of("a", 3)}), *snapshot_of({turned})));
}

}  // namespace
}  // namespace drcon::model
