// What a snapshot knows of its services without looking at their endpoints again.
#include "model/snapshot.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

namespace drcon::model {
namespace {

endpoint endpoint_with(const char* id, health health, std::uint32_t weight = 1) {
  return {.id = id,
          .node = {},
          .address = "10.0.0.1",
          .port = 80,
          .weight = weight,
          .health = health,
          .tags = {},
          .meta = {}};
}

service_ptr service_with(const char* name, std::vector<endpoint> endpoints) {
  return std::make_shared<const shared_service>(
      service{.name = name, .revision = 1, .endpoints = std::move(endpoints), .values = {}});
}

TEST(Snapshot, CountsTheEndpointsOfAllItsServices) {
  const auto api = service_with("api", {endpoint_with("a", health::passing), endpoint_with("b", health::warning),
                                        endpoint_with("c", health::critical)});
  const auto web =
      service_with("web", {endpoint_with("d", health::passing, 0), endpoint_with("e", health::maintenance)});
  const snapshot both(1, {api, web});
  EXPECT_EQ(both.endpoint_count(), 5U);
  EXPECT_EQ(both.in_service_count(), 2U) << "one without weight gets no traffic";
  EXPECT_EQ(both.count_of(health::passing), 2U);
  EXPECT_EQ(both.count_of(health::warning), 1U);
  EXPECT_EQ(both.count_of(health::critical), 1U);
  EXPECT_EQ(both.count_of(health::maintenance), 1U);

  const snapshot one(2, {web});
  EXPECT_EQ(one.endpoint_count(), 2U) << "a service that another snapshot shares counts the same there";
  EXPECT_EQ(one.in_service_count(), 0U);
}

TEST(Snapshot, CountsValuesAsInService) {
  const auto settings = std::make_shared<const shared_service>(
      service{.name = "settings", .revision = 1, .endpoints = {}, .values = {{"a", "1"}, {"b", "2"}}});
  EXPECT_EQ(snapshot(1, {settings}).in_service_count(), 2U) << "the brake guards them as well";
  EXPECT_EQ(snapshot(1, {settings}).endpoint_count(), 0U);
}

TEST(Snapshot, ForgivesAHealthThatThisVersionDoesNotKnow) {
  const auto odd = service_with("odd", {endpoint_with("a", static_cast<health>(99))});
  const snapshot only(1, {odd});
  EXPECT_EQ(only.endpoint_count(), 1U);
  EXPECT_EQ(only.in_service_count(), 0U);
  EXPECT_EQ(only.count_of(health::passing), 0U);
}

}  // namespace
}  // namespace drcon::model
