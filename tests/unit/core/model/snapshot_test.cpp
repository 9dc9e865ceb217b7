// What a snapshot knows of its services without looking at their endpoints again.
#include "model/snapshot.hpp"

#include "model/difference.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
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

// ---- what snapshots share ----

std::vector<service_ptr> many(int count) {
  std::vector<service_ptr> all;
  for (int i = 0; i < count; ++i)
    all.push_back(service_with(("s" + std::to_string(10000 + i)).c_str(), {endpoint_with("a", health::passing)}));
  return all;
}

std::vector<std::string> names_of(const snapshot& of) {
  std::vector<std::string> names;
  for (const auto& each : of.services()) names.push_back(each->name());
  return names;
}

// A service that comes, one that goes and one that changes, each at a place of its own, against one made from scratch.
TEST(Snapshot, MadeByChangesIsTheSameAsOneMadeFromAllServices) {
  for (const int count : {0, 1, 2, 95, 96, 97, 192, 193, 1000}) {
    const snapshot base(1, many(count));
    ASSERT_EQ(base.services().size(), static_cast<std::size_t>(count));
    for (int at = 0; at <= count; at += std::max(1, count / 7)) {
      auto all = many(count);
      service_changes changes;
      const auto number = std::to_string(10000 + at);
      const auto comes = service_with(("s" + number + "-new").c_str(), {endpoint_with("b", health::warning)});
      changes.emplace(comes->name(), comes);
      all.push_back(comes);
      if (at < count) {
        changes.emplace("s" + number, nullptr);
        all.erase(all.begin() + at);
      }
      if (at + 1 < count) {
        const auto& changed = all[static_cast<std::size_t>(at)];
        const auto other = service_with(changed->name().c_str(), {endpoint_with("c", health::critical)});
        changes.emplace(other->name(), other);
        all[static_cast<std::size_t>(at)] = other;
      }
      std::ranges::sort(all, {}, [](const service_ptr& each) { return each->name(); });
      const snapshot made(2, base, changes);
      const snapshot whole(2, all);
      EXPECT_EQ(names_of(made), names_of(whole)) << count << " services, at " << at;
      EXPECT_TRUE(same_content(made, whole));
      EXPECT_EQ(made.endpoint_count(), whole.endpoint_count());
      EXPECT_EQ(made.in_service_count(), whole.in_service_count());
      EXPECT_EQ(made.services().size(), whole.services().size());
      for (const auto& each : all) {
        const auto* const found = made.find(each->name());
        ASSERT_TRUE(found) << each->name();
        EXPECT_TRUE(same_content(*found, *each)) << each->name();
      }
      EXPECT_EQ(difference(&base, made).size(), difference(&base, whole).size());
      EXPECT_EQ(difference(&base, made).size(), changes.size());
    }
  }
}

TEST(Snapshot, StaysWholeWhileAllOfItComesAndGoes) {
  auto now = std::make_shared<const snapshot>(1, many(0));
  const auto all = many(1000);
  for (const auto& each : all) now = std::make_shared<const snapshot>(2, *now, service_changes{{each->name(), each}});
  EXPECT_TRUE(same_content(*now, snapshot(3, all)));
  for (std::size_t i = 0; i + 1 < all.size(); ++i)
    now = std::make_shared<const snapshot>(4, *now, service_changes{{all[i]->name(), nullptr}});
  EXPECT_EQ(names_of(*now), std::vector<std::string>{all.back()->name()});
  EXPECT_EQ(now->endpoint_count(), 1U);
}

TEST(Snapshot, SharesTheServicesThatDidNotChange) {
  const snapshot base(1, many(1000));
  const auto changed = service_with("s10500", {endpoint_with("b", health::passing)});
  const snapshot next(2, base, {{changed->name(), changed}});
  for (const auto& each : base.services()) EXPECT_EQ(next.share(each->name()) == each, each->name() != "s10500");
}

// ---- what a service is made of ----

TEST(SharedService, GivesBackEveryMemberOfItsEndpoints) {
  service all{.name = "web", .revision = 9, .endpoints = {}, .values = {}};
  for (int i = 0; i < 4; ++i)
    all.endpoints.push_back({.id = "id-" + std::to_string(i),
                             .node = i < 2 ? "node" : "another",
                             .address = "10.0.0." + std::to_string(i),
                             .port = 80,
                             .weight = 3,
                             .priority = static_cast<std::uint32_t>(i),
                             .health = health::warning,
                             .tags = i == 1 ? std::vector<std::string>{"b", "", "b"} : std::vector<std::string>{"a"},
                             .meta = {{"zone", i == 3 ? "x" : "y"}, {"empty", ""}}});
  const shared_service kept(all);
  EXPECT_EQ(kept.value().endpoints, all.endpoints);
  EXPECT_EQ(kept.value().name, "web");
  EXPECT_EQ(kept.revision(), 9U);
  EXPECT_TRUE(same_content(kept, shared_service(all)));
  for (auto& each : all.endpoints) {
    auto other = all;
    each.meta["zone"] = "z";
    EXPECT_FALSE(same_content(shared_service(other), shared_service(all))) << each.id;
  }
}

TEST(SharedService, GivesBackItsValues) {
  const service settings{.name = "kv", .revision = 1, .endpoints = {}, .values = {{"a", "1"}, {"b", "two\nlines"}}};
  const shared_service kept(settings);
  EXPECT_EQ(kept.value().values, settings.values);
  EXPECT_EQ(kept.values(), settings.values);
}

}  // namespace
}  // namespace drcon::model
