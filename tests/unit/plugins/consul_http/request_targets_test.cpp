// The targets that are asked for, and the bucket that slows hot loops.
#include "consul_http/request_targets.hpp"

#include "common/consul_rules.hpp"

#include "common/bucket.hpp"

#include <gtest/gtest.h>

namespace drcon::consul {

using common::bucket;
using common::consul::query_timeout;

namespace {

using namespace std::chrono_literals;

settings usual() {
  settings all;
  all.wait = 55s;
  return all;
}

TEST(ConsulQuery, AsksPlainlyWithoutAnIndexAndBlocksWithOne) {
  EXPECT_EQ(service_target(usual(), {}, "web", {}, false), "/v1/health/service/web");
  EXPECT_EQ(service_target(usual(), {}, "web", 42, false), "/v1/health/service/web?index=42&wait=55000ms");
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
  const auto to = service_target(usual(), from, "web", {}, false);
  for (const auto* each :
       {"tag=v2", "tag=blue", "near=_agent", "dc=dc2", "ns=team", "partition=p", "filter=Service.Meta.zone"})
    EXPECT_NE(to.find(each), std::string::npos) << each << " in " << to;
  EXPECT_EQ(to.find("passing"), std::string::npos) << to;
}

TEST(ConsulQuery, AsksForTheProxiesOfTheMeshAndForPeers) {
  selection from;
  from.as_what = asked_as::mesh;
  EXPECT_EQ(service_target(usual(), from, "web", 7, false), "/v1/health/connect/web?index=7&wait=55000ms");
  from.as_what = asked_as::service;
  from.peer = "west";
  EXPECT_EQ(service_target(usual(), from, "web", {}, false), "/v1/health/service/web?peer=west");
  from.peer.clear();
  from.sameness_group = "all";
  EXPECT_EQ(service_target(usual(), from, "web", {}, false), "/v1/health/service/web?passing=1&sg=all");
}

TEST(ConsulQuery, AsksAPreparedQueryWithoutWhatConsulTakesNotWithIt) {
  selection from;
  from.as_what = asked_as::query;
  from.near = "_agent";
  from.datacenter = "dc2";
  auto all = usual();
  all.consistency = consistency::cached;
  EXPECT_EQ(service_target(all, from, "geo/web", 7, false), "/v1/query/geo%2Fweb/execute?near=_agent&dc=dc2");
  EXPECT_EQ(service_target(all, from, "web", {}, true), "/v1/query/web/execute?near=_agent&dc=dc2&consistent");
}

TEST(ConsulQuery, LetsNoNameOrValueLeaveItsPlace) {
  selection from;
  from.tags = {"a&index=9#x"};
  const auto to = service_target(usual(), from, "../kv/x?y=1#&\n ", {}, false);
  EXPECT_TRUE(to.starts_with("/v1/health/service/..%2Fkv%2Fx%3Fy=1%23")) << to;
  EXPECT_EQ(to.find("&index"), std::string::npos) << to;
  for (const char bad : {'#', '\n', ' '}) EXPECT_EQ(to.find(bad), std::string::npos) << to;
}

TEST(ConsulQuery, AsksAsTheOptionSaysUnlessTheLeaderHasToConfirm) {
  auto all = usual();
  for (const auto& [option, flag] : {std::pair{consistency::stale, "?stale"}, std::pair{consistency::cached, "?cached"},
                                     std::pair{consistency::consistent, "?consistent"}}) {
    all.consistency = option;
    EXPECT_TRUE(service_target(all, {}, "web", {}, false).ends_with(flag)) << flag;
    EXPECT_TRUE(service_target(all, {}, "web", {}, true).ends_with("web?consistent")) << flag;
  }
  EXPECT_EQ(service_target(usual(), {}, "web", {}, true), "/v1/health/service/web?consistent");
  all.consistency = consistency::stale;
  EXPECT_EQ(catalog_target(all, {}, {}, false), "/v1/catalog/services?stale");
  EXPECT_EQ(catalog_target(all, {}, {}, true), "/v1/catalog/services?consistent");
}

TEST(ConsulQuery, AsksForChecksAndTheCatalogueOfTheSamePlace) {
  selection from;
  from.datacenter = "dc2";
  EXPECT_EQ(catalog_target(usual(), from, 3, false), "/v1/catalog/services?dc=dc2&index=3&wait=55000ms");
  EXPECT_TRUE(failing_checks_target(usual(), from, {}).ends_with("&dc=dc2"));
  EXPECT_EQ(nodes_target(usual(), from, {}), "/v1/catalog/nodes?dc=dc2");
  EXPECT_EQ(node_target(usual(), from, "n 1"), "/v1/catalog/node/n%201?dc=dc2");
}

TEST(ConsulQuery, WaitsLongerThanConsulMay) { EXPECT_GT(query_timeout(160s), 170s); }

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
