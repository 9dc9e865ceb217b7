// The targets that are asked for, Consul's index rules, and the bucket that slows hot loops.
#include "consul_http/query.hpp"

#include "common/consul_rules.hpp"

#include "consul_http/bucket.hpp"

#include <gtest/gtest.h>

namespace drcon::consul {

using common::consul::next_index;
using common::consul::query_timeout;

namespace {

using namespace std::chrono_literals;

settings usual() {
  settings all;
  all.wait = 55s;
  return all;
}

TEST(ConsulQuery, AsksPlainlyWithoutAnIndexAndBlocksWithOne) {
  EXPECT_EQ(service_target(usual(), {}, "web", {}, true), "/v1/health/service/web?passing=1");
  EXPECT_EQ(service_target(usual(), {}, "web", 42, true), "/v1/health/service/web?passing=1&index=42&wait=55000ms");
}

TEST(ConsulQuery, SaysAllThatIsAskedFor) {
  selection from;
  from.tags = {"v2", "blue"};
  from.health = health_level::warning;
  from.filter = "Service.Meta.zone == \"a\"";
  from.near = "_agent";
  from.datacenter = "dc2";
  from.ns = "team";
  from.partition = "p";
  const auto to = service_target(usual(), from, "web", {}, true);
  for (const auto* each :
       {"tag=v2", "tag=blue", "near=_agent", "dc=dc2", "ns=team", "partition=p", "filter=Service.Meta.zone"})
    EXPECT_NE(to.find(each), std::string::npos) << each << " in " << to;
  EXPECT_EQ(to.find("passing"), std::string::npos) << to;
}

TEST(ConsulQuery, LetsNoNameOrValueLeaveItsPlace) {
  selection from;
  from.tags = {"a&index=9#x"};
  const auto to = service_target(usual(), from, "../kv/x?y=1#&\n ", {}, true);
  EXPECT_TRUE(to.starts_with("/v1/health/service/..%2Fkv%2Fx%3Fy=1%23")) << to;
  EXPECT_EQ(to.find("&index"), std::string::npos) << to;
  for (const char bad : {'#', '\n', ' '}) EXPECT_EQ(to.find(bad), std::string::npos) << to;
}

TEST(ConsulQuery, AsksAServerThatMayBeStaleOnlyWhileItMay) {
  auto all = usual();
  all.consistency = consistency::stale;
  EXPECT_NE(service_target(all, {}, "web", {}, true).find("&stale"), std::string::npos);
  EXPECT_EQ(service_target(all, {}, "web", {}, false).find("stale"), std::string::npos);
  EXPECT_NE(catalog_target(all, {}, {}, true).find("stale"), std::string::npos);
  EXPECT_EQ(catalog_target(all, {}, {}, false).find("stale"), std::string::npos);
  all.consistency = consistency::consistent;
  EXPECT_NE(service_target(all, {}, "web", {}, true).find("&consistent"), std::string::npos);
  all.consistency = consistency::cached;
  EXPECT_NE(service_target(all, {}, "web", {}, true).find("&cached"), std::string::npos);
}

TEST(ConsulQuery, AsksForChecksAndTheCatalogueOfTheSamePlace) {
  selection from;
  from.datacenter = "dc2";
  EXPECT_EQ(catalog_target(usual(), from, 3, true), "/v1/catalog/services?dc=dc2&index=3&wait=55000ms");
  EXPECT_TRUE(any_check_target(usual(), from, {}).ends_with("&dc=dc2"));
  EXPECT_EQ(state_target(usual(), from, "critical"), "/v1/health/state/critical?dc=dc2");
}

TEST(ConsulQuery, WaitsLongerThanConsulMay) { EXPECT_GT(query_timeout(160s), 170s); }

TEST(ConsulIndex, FollowsConsulsRules) {
  EXPECT_EQ(next_index(0, "5"), 5U);
  EXPECT_EQ(next_index(5, "5"), 5U);
  EXPECT_EQ(next_index(5, "6"), 6U);
  EXPECT_EQ(next_index(6, "5"), 0U) << "one that went back starts again";
  EXPECT_EQ(next_index(0, "0"), 1U) << "0 counts as 1";
  EXPECT_EQ(next_index(1, "0"), 1U) << "0 counts as 1, so it did not go back";
  EXPECT_EQ(next_index(0, ""), 1U);
  EXPECT_EQ(next_index(7, "nonsense"), 0U);
  EXPECT_EQ(next_index(0, "18446744073709551615"), UINT64_MAX);
}

TEST(ConsulBucket, LetsABurstGoAtOnceAndThenKeepsTheRate) {
  bucket each(10, 2);
  const auto now = bucket::clock::now();
  EXPECT_EQ(each.take(now), 0s);
  EXPECT_EQ(each.take(now), 0s);
  EXPECT_GT(each.take(now), 50ms);
  EXPECT_GT(each.take(now), 150ms) << "each further one waits longer";
  EXPECT_EQ(each.take(now + 10s), 0s) << "quiet fills it again";
}

TEST(ConsulBucket, OwesNothingForWhatItRefused) {
  bucket each(10, 1);
  const auto now = bucket::clock::now();
  EXPECT_TRUE(each.try_take(now));
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(each.try_take(now));
  EXPECT_TRUE(each.try_take(now + 1s));
}

}  // namespace
}  // namespace drcon::consul
