// Filters and limits of a pipeline.
#include "engine/service_filter.hpp"
#include "model/snapshot.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

namespace drcon::engine {
namespace {

model::service_ptr web(std::size_t count) {
  service made{.name = "web", .revision = 3, .endpoints = {}};
  for (std::size_t i = 0; i < count; ++i)
    made.endpoints.push_back({.id = "e" + std::to_string(i),
                              .node = "",
                              .address = "10.0.0.1",
                              .port = static_cast<std::uint32_t>(i + 1),
                              .tags = {i % 2 == 0 ? "even" : "odd", "all"},
                              .meta = {{"datacenter", i < 2 ? "dc1" : "dc2"}, {"zone", std::to_string(i)}}});
  return std::make_shared<const model::shared_service>(std::move(made));
}

std::set<std::string> chosen_ids(const model::service_ptr& from) {
  std::set<std::string> all;
  for (const auto each : from->endpoints()) all.emplace(each.id());
  return all;
}

using names = std::set<std::string>;

TEST(ServiceFilter, LeavesWhatItTakesWholeAsItIs) {
  const auto whole = web(3);
  EXPECT_EQ(service_filter({}, {}).apply(whole), whole) << "the very same, not a copy";
  EXPECT_EQ(service_filter({.tags = {"all"}}, {.endpoints = 3}).apply(whole), whole);
  EXPECT_EQ(service_filter({}, {}).apply(nullptr), nullptr);
}

TEST(ServiceFilter, TakesEndpointsForWhichEveryConditionHolds) {
  EXPECT_EQ(chosen_ids(service_filter({.tags = {"even", "all"}}, {}).apply(web(4))), (names{"e0", "e2"}));
  EXPECT_EQ(chosen_ids(service_filter({.without_tags = {"even"}}, {}).apply(web(4))), (names{"e1", "e3"}));
  EXPECT_EQ(chosen_ids(service_filter({.meta = {{"zone", "3"}}}, {}).apply(web(4))), (names{"e3"}));
  EXPECT_EQ(chosen_ids(service_filter({.meta = {{"nothing", "3"}}}, {}).apply(web(4))), names{});
  EXPECT_EQ(chosen_ids(service_filter({.datacenter = {"dc2", "dc3"}}, {}).apply(web(4))), (names{"e2", "e3"}));
  EXPECT_EQ(chosen_ids(service_filter({.tags = {"even"}, .datacenter = {"dc2"}}, {}).apply(web(4))), (names{"e2"}));
  EXPECT_EQ(chosen_ids(service_filter({.health = {"warning", "passing"}}, {}).apply(web(2))), (names{"e0", "e1"}));
  EXPECT_EQ(chosen_ids(service_filter({.health = {"critical"}}, {}).apply(web(2))), names{});
}

TEST(ServiceFilter, TakesServicesByTheirWholeName) {
  EXPECT_TRUE(service_filter({.service = "we."}, {}).apply(web(1)));
  EXPECT_FALSE(service_filter({.service = "we"}, {}).apply(web(1)));
  const auto longest = std::make_shared<const model::shared_service>(
      service{.name = std::string(100000, 'a'), .revision = 1, .endpoints = {}});
  EXPECT_FALSE(service_filter({.service = "(a|b)*"}, {}).apply(longest)) << "and survives it";
}

TEST(ServiceFilter, LimitsToAChoiceThatLastsAndDiffersFromHostToHost) {
  const service_filter one({}, {.endpoints = 10, .key = "host-a"});
  const auto chosen = chosen_ids(one.apply(web(100)));
  EXPECT_EQ(chosen.size(), 10U);
  EXPECT_EQ(chosen_ids(service_filter({}, {.endpoints = 10, .key = "host-a"}).apply(web(100))), chosen);
  EXPECT_NE(chosen_ids(service_filter({}, {.endpoints = 10, .key = "host-b"}).apply(web(100))), chosen);
  // One more endpoint moves at most one of the chosen.
  const auto more = chosen_ids(one.apply(web(101)));
  std::set<std::string> kept;
  std::ranges::set_intersection(chosen, more, std::inserter(kept, kept.end()));
  EXPECT_GE(kept.size(), 9U);
}

TEST(ServiceFilter, SpreadsTheChoicesOfManyHostsEvenly) {
  std::map<std::string, int> times;
  for (int host = 0; host < 200; ++host)
    for (const auto& id :
         chosen_ids(service_filter({}, {.endpoints = 5, .key = "host-" + std::to_string(host)}).apply(web(20))))
      ++times[id];
  ASSERT_EQ(times.size(), 20U);
  for (const auto& [id, count] : times) EXPECT_NEAR(count, 50, 25) << id;
}

TEST(ServiceFilter, ChoosesThoseInServiceFirst) {
  auto made = web(10)->value();
  for (std::size_t i = 0; i < 8; ++i) made.endpoints[i].health = health::critical;
  const auto chosen = chosen_ids(
      service_filter({}, {.endpoints = 3, .key = "h"}).apply(std::make_shared<const model::shared_service>(made)));
  EXPECT_TRUE(chosen.contains("e8") && chosen.contains("e9"));
  EXPECT_EQ(chosen.size(), 3U);
}

}  // namespace
}  // namespace drcon::engine
