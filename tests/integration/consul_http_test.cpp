// The consul-http source against a real Consul agent.
#include "support/consul_agent.hpp"
#include "support/drcon_process.hpp"
#include "support/plugin_harness.hpp"
#include "support/ports.hpp"
#include "support/sockets.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <optional>
#include <set>
#include <sstream>
#include <thread>

namespace drcon::test {
namespace consul_http_test {

using nlohmann::json;
using state = source_harness::state;

std::set<std::string> ids(const state& from, const std::string& service = "web") {
  std::set<std::string> all;
  const auto at = from.services.find(service);
  if (at == from.services.end()) return {"no such service"};
  for (const auto& each : at->second.endpoints) all.insert(each.id);
  return all;
}

class ConsulHttpReal : public ::testing::Test {
protected:
  void watch(const std::string& more) {
    source_ = std::make_unique<source_harness>("consul-http",
                                               "address = \"" + consul_.url() + "\"\nretry_max = \"500ms\"\n" + more);
    source_->start();
  }
  void watch_web(const std::string& more = {}) { watch("service = [{ name = \"web\"" + more + " }]"); }
  bool has(const std::set<std::string>& wanted, const std::string& service = "web") const {
    return source_->wait_for([&](const state& now) { return ids(now, service) == wanted; });
  }
  bool has_services(const std::set<std::string>& wanted) const {
    return source_->wait_for([&](const state& now) {
      std::set<std::string> names;
      for (const auto& [name, service] : now.services) names.insert(name);
      return names == wanted;
    });
  }
  std::optional<endpoint> only(const std::string& service = "web") const {
    const auto now = source_->now();
    const auto at = now.services.find(service);
    if (at == now.services.end() || at->second.endpoints.size() != 1) return {};
    return at->second.endpoints.front();
  }
  void add(const std::string& id, json more = json::object(), const std::string& service = "web") const {
    consul_.add(service, id, "10.0.0.1", 80, std::move(more));
  }

  consul_agent consul_;
  std::unique_ptr<source_harness> source_;
};

TEST_F(ConsulHttpReal, FollowsWhatIsRegisteredAndRemoved) {
  watch_web();
  ASSERT_TRUE(source_->wait_ready());
  EXPECT_TRUE(has({})) << "a service that nobody registered is known to be empty";
  add("a");
  EXPECT_TRUE(has({"n1/a"}));
  add("b");
  EXPECT_TRUE(has({"n1/a", "n1/b"}));
  consul_.remove("a");
  EXPECT_TRUE(has({"n1/b"}));
  consul_.remove("b");
  EXPECT_TRUE(has({}));
}

TEST_F(ConsulHttpReal, ReadsAllThatConsulKnowsOfAnInstance) {
  consul_.add("web", "a", "::1", 8080,
              {{"Tags", {"v2", "a;b}"}}, {"Meta", {{"zone", "x"}}}, {"Weights", {{"Passing", 7}, {"Warning", 2}}}});
  watch_web();
  ASSERT_TRUE(has({"n1/a"}));
  const auto each = only();
  ASSERT_TRUE(each);
  EXPECT_EQ(each->node, "n1");
  EXPECT_EQ(each->address, "::1");
  EXPECT_EQ(each->port, 8080U);
  EXPECT_EQ(each->weight, 7U);
  EXPECT_EQ(each->health, health::passing);
  EXPECT_TRUE(std::ranges::count(each->tags, "v2"));
  EXPECT_EQ(each->meta.at("zone"), "x");
  EXPECT_EQ(each->meta.at("datacenter"), "dc1");
}

TEST_F(ConsulHttpReal, TakesTheNodesAddressWhenTheServiceHasNone) {
  consul_.add("web", "a", "", 80);
  watch_web();
  ASSERT_TRUE(has({"n1/a"}));
  EXPECT_EQ(only()->address, "127.0.0.1");
}

// Such as a database outside, registered in the catalogue: its node has no agent, so that there is no check at all.
TEST_F(ConsulHttpReal, PublishesTheTaggedAddressThatIsAskedFor) {
  add("a", {{"TaggedAddresses", {{"wan", {{"Address", "203.0.113.7"}, {"Port", 8080}}}}}});
  watch("service = [{ name = \"web\" }, { name = \"web\", as = \"outside\", address = \"wan\" }]");
  ASSERT_TRUE(source_->wait_ready());
  ASSERT_TRUE(has({"n1/a"}));
  EXPECT_EQ(only()->address, "10.0.0.1");
  ASSERT_TRUE(has({"n1/a"}, "outside"));
  EXPECT_EQ(only("outside")->address, "203.0.113.7");
  EXPECT_EQ(only("outside")->port, 8080U);
}

TEST_F(ConsulHttpReal, TakesAnInstanceWithoutChecksForPassingAsConsulDoes) {
  consul_.put("/v1/catalog/register", {{"Node", "outside"},
                                       {"Address", "10.1.1.1"},
                                       {"Service", {{"ID", "db-1"}, {"Service", "web"}, {"Port", 5432}}}});
  ASSERT_NE(consul_.get("/v1/health/service/web?passing").body.find("\"Checks\":[]"), std::string::npos);
  watch_web();
  ASSERT_TRUE(has({"outside/db-1"}));
  EXPECT_EQ(only()->health, health::passing);
}

TEST_F(ConsulHttpReal, FollowsChecksAsFarAsTheHealthLevelSays) {
  add("a", {{"Check", {{"TTL", "60s"}, {"Status", "passing"}}}, {"Weights", {{"Passing", 7}, {"Warning", 2}}}});
  watch(
      "service = [{ name = \"web\" }, { name = \"web\", as = \"warm\", health = \"warning\" },"
      "{ name = \"web\", as = \"all\", health = \"any\" }]");
  ASSERT_TRUE(has({"n1/a"}));
  consul_.put("/v1/agent/check/warn/service:a");
  EXPECT_TRUE(has({}));
  EXPECT_TRUE(wait_until([this] {
    const auto now = only("warm");
    return now && now->weight == 2;
  }));
  consul_.put("/v1/agent/check/fail/service:a");
  EXPECT_TRUE(has({}, "warm"));
  EXPECT_TRUE(wait_until([this] {
    const auto now = only("all");
    return now && now->health == health::critical;
  }));
  consul_.put("/v1/agent/check/pass/service:a");
  EXPECT_TRUE(has({"n1/a"}));
  EXPECT_TRUE(has({"n1/a"}, "warm"));
}

TEST_F(ConsulHttpReal, KnowsMaintenanceFromFailure) {
  add("a");
  watch("service = [{ name = \"web\" }, { name = \"web\", as = \"all\", health = \"any\" }]");
  ASSERT_TRUE(has({"n1/a"}));
  consul_.maintenance("a", true);
  EXPECT_TRUE(has({}));
  EXPECT_TRUE(wait_until([this] {
    const auto now = only("all");
    return now && now->health == health::maintenance;
  }));
  consul_.maintenance("a", false);
  EXPECT_TRUE(has({"n1/a"}));
  consul_.put("/v1/agent/maintenance?enable=true");
  EXPECT_TRUE(has({}));
  EXPECT_TRUE(wait_until([this] {
    const auto now = only("all");
    return now && now->health == health::maintenance;
  }));
}

TEST_F(ConsulHttpReal, ChoosesByAllTagsAndByFilter) {
  add("a", {{"Tags", {"v2", "blue"}}, {"Meta", {{"zone", "x"}}}});
  add("b", {{"Tags", {"v2"}}});
  watch(
      "service = [{ name = \"web\", tag = [\"v2\", \"blue\"] },"
      "{ name = \"web\", as = \"zoned\", filter = \"Service.Meta.zone == \\\"x\\\"\" }]");
  EXPECT_TRUE(has({"n1/a"}));
  EXPECT_TRUE(has({"n1/a"}, "zoned"));
  add("b", {{"Tags", {"v2", "blue"}}});
  EXPECT_TRUE(has({"n1/a", "n1/b"}));
}

TEST_F(ConsulHttpReal, SaysWhatConsulThinksOfABadFilter) {
  watch_web(", filter = \"this is no filter\"");
  ASSERT_TRUE(source_->wait_for([](const state& now) { return now.unknown.contains("web"); }));
  EXPECT_FALSE(source_->now().ready);
  EXPECT_NE(source_->now().unknown.at("web").find("expression"), std::string::npos) << source_->now().unknown.at("web");
}

TEST_F(ConsulHttpReal, ADatacenterThatIsNotThereHoldsUpOnlyWhatIsAskedOfIt) {
  add("a");
  watch("service = [{ name = \"web\" }, { name = \"far\", datacenter = \"nodc\" }]");
  ASSERT_TRUE(source_->wait_ready());
  EXPECT_TRUE(has({"n1/a"}));
  ASSERT_TRUE(source_->wait_for([](const state& now) { return now.unknown.contains("far"); }));
  EXPECT_NE(source_->now().unknown.at("far").find("No path to datacenter"), std::string::npos);
  EXPECT_NE(source_->status().text.find("No path to datacenter"), std::string::npos) << source_->status().text;
  add("b");
  EXPECT_TRUE(has({"n1/a", "n1/b"}));
}

TEST_F(ConsulHttpReal, WatchesEveryServiceWhoseWholeNameMatches) {
  add("a", json::object(), "web-a");
  add("x", json::object(), "not-web-a");
  watch("service = [{ match = \"web-.*\" }]");
  ASSERT_TRUE(source_->wait_ready());
  EXPECT_TRUE(has_services({"web-a"}));
  add("b", json::object(), "web-b");
  EXPECT_TRUE(has_services({"web-a", "web-b"}));
  EXPECT_TRUE(has({"n1/b"}, "web-b"));
  consul_.remove("a");
  EXPECT_TRUE(has_services({"web-b"}));
  add("a", json::object(), "web-a");
  EXPECT_TRUE(has({"n1/a"}, "web-a")) << "one that vanished may come back";
}

TEST_F(ConsulHttpReal, WatchesEveryServiceThatCarriesATag) {
  add("a", {{"Tags", {"drcon"}}}, "one");
  add("b", json::object(), "two");
  watch("service = [{ with_tag = \"drcon\" }]");
  ASSERT_TRUE(source_->wait_ready());
  EXPECT_TRUE(has_services({"one"}));
  add("b", {{"Tags", {"drcon"}}}, "two");
  EXPECT_TRUE(has_services({"one", "two"}));
  add("a", json::object(), "one");
  EXPECT_TRUE(has_services({"two"}));
}

TEST_F(ConsulHttpReal, KeepsWhatItKnewWhileConsulIsUnreachableAndFollowsItsNewIndexAfterwards) {
  for (int i = 0; i < 20; ++i) add("a", {{"Meta", {{"n", std::to_string(i)}}}});  // the index runs ahead
  watch_web();
  ASSERT_TRUE(has({"n1/a"}));
  consul_.kill9();
  ASSERT_TRUE(source_->wait_for([](const state& now) { return !now.all_unknown.empty(); }));
  EXPECT_EQ(ids(source_->now()), std::set<std::string>{"n1/a"});
  EXPECT_TRUE(wait_until([this] { return source_->status().state == DRCON_STATE_AWAY; }));
  consul_.start(false);
  EXPECT_TRUE(has({})) << "this Consul has lost its data, and says so";
  add("b");
  EXPECT_TRUE(has({"n1/b"}));
  EXPECT_TRUE(wait_until([this] { return source_->status().state == DRCON_STATE_OK; })) << source_->status().text;
}

// Consul answers with status 200 and a known leader while it reads its log again after a crash.
// Long before its blocking query has lasted longer than Consul may hold it.
TEST_F(ConsulHttpReal, NoticesAnAgentThatHangs) {
  add("a");
  watch("wait = \"10m\"\nservice = [{ name = \"web\" }]");
  ASSERT_TRUE(has({"n1/a"}));
  ASSERT_TRUE(source_->wait_ready());
  consul_.pause();
  EXPECT_TRUE(source_->wait_for([](const state& now) { return !now.all_unknown.empty(); })) << source_->status().text;
  EXPECT_TRUE(wait_until([this] { return source_->status().state == DRCON_STATE_AWAY; })) << source_->status().text;
  EXPECT_EQ(ids(source_->now()), std::set<std::string>{"n1/a"}) << "it stays as it was";
  consul_.resume();
  EXPECT_TRUE(wait_until([this] { return source_->status().state == DRCON_STATE_OK; })) << source_->status().text;
  add("b");
  EXPECT_TRUE(has({"n1/a", "n1/b"}));
}

TEST_F(ConsulHttpReal, UsesNothingOfTheHistoryThatARestartedConsulPlaysBack) {
  for (int i = 0; i < 250; ++i) {
    add("gone");
    consul_.remove("gone");
  }
  add("a");
  watch("retry_min = \"1ms\"\nservice = [{ name = \"web\" }]");
  ASSERT_TRUE(has({"n1/a"}));
  std::atomic<bool> over = false;
  std::set<std::string> seen;
  std::jthread onlooker([&] {
    source_->wait_for([&](const state& now) {
      seen.merge(ids(now));
      return over.load();
    });
  });
  for (int round = 0; round < 3; ++round) {
    consul_.kill9();
    ASSERT_TRUE(source_->wait_for([](const state& now) { return !now.all_unknown.empty(); }));
    consul_.start(true);
    ASSERT_TRUE(source_->wait_for([](const state& now) { return now.all_unknown.empty(); })) << source_->status().text;
  }
  over = true;
  add("b");  // wakes the onlooker
  EXPECT_TRUE(has({"n1/a", "n1/b"}));
  onlooker.join();
  EXPECT_FALSE(seen.contains("n1/gone"));
  EXPECT_FALSE(seen.contains("no such service"));
}

// Whoever may register a service may give it such a name; Consul then redirects whoever asks for it.
TEST_F(ConsulHttpReal, IsReadyThoughTheCatalogueHasNamesThatCannotBeAskedFor) {
  for (const auto* name : {"..", "a//b", "/", "x/.."}) add(name, json::object(), name);
  add("a");
  add("odd", json::object(), "a/ b?");
  watch("service = [{ match = \".*\" }]");
  ASSERT_TRUE(source_->wait_ready()) << source_->status().text;
  EXPECT_TRUE(has_services({"web", "consul", "a/ b?"}));
  EXPECT_NE(source_->status().text.find("4 names of the catalogue"), std::string::npos) << source_->status().text;
}

TEST_F(ConsulHttpReal, DoesNotTakeACrashForTheLimitOfConnections) {
  std::string names;
  for (int i = 0; i < 60; ++i) {
    const auto name = "s" + std::to_string(i);
    add(name, json::object(), name);  // else the status says that Consul knows none of them, as soon as that was asked
    names += "{ name = \"" + name + "\" },";
  }
  watch("retry_min = \"1ms\"\nwait = \"1s\"\nservice = [" + names + "]");
  ASSERT_TRUE(source_->wait_ready());
  const auto names_the_limit = [this] {
    return source_->status().text.find("limits.http_max_conns_per_client") != std::string::npos;
  };
  for (int round = 0; round < 3; ++round) {
    consul_.kill9();
    ASSERT_TRUE(source_->wait_for([](const state& now) { return !now.all_unknown.empty(); }));
    EXPECT_TRUE(wait_until([&] { return !names_the_limit(); })) << source_->status().text;
    consul_.start(true);
    ASSERT_TRUE(source_->wait_for([](const state& now) { return now.all_unknown.empty(); })) << source_->status().text;
    EXPECT_TRUE(wait_until([this] { return source_->status().state == DRCON_STATE_OK; })) << source_->status().text;
    EXPECT_FALSE(names_the_limit()) << source_->status().text;
  }
}

TEST_F(ConsulHttpReal, ReadsStaleConsistentAndCached) {
  add("a");
  for (const auto* how : {"stale", "consistent", "cached"}) {
    watch("consistency = \"" + std::string(how) + "\"\nservice = [{ name = \"web\" }]");
    EXPECT_TRUE(has({"n1/a"})) << how;
    add("b");
    EXPECT_TRUE(has({"n1/a", "n1/b"})) << how;
    consul_.remove("b");
    EXPECT_TRUE(has({"n1/a"})) << how;
  }
}

// ---- more services than connections ----

class ConsulHttpMany : public ConsulHttpReal {
protected:
  static constexpr int services = 5000;
  static std::string name(int i) { return "svc-" + std::to_string(i); }

  // Straight into the catalogue, which is quicker than through the agent.
  void put(int i, const std::string& status, int port = 80) const {
    consul_.put("/v1/catalog/register",
                {{"Node", "ext"},
                 {"Address", "10.1.1.1"},
                 {"Service", {{"Service", name(i)}, {"ID", name(i)}, {"Address", "10.0.0.1"}, {"Port", port}}},
                 {"Check", {{"Name", "c"}, {"CheckID", name(i)}, {"ServiceID", name(i)}, {"Status", status}}}});
  }
  void fill() const {
    std::vector<std::jthread> workers;
    for (int first = 0; first < 4; ++first)
      workers.emplace_back([this, first] {
        for (int i = first; i < services; i += 4) put(i, "passing");
      });
  }
};

TEST_F(ConsulHttpMany, AreAllWatchedThroughAnAgentThatAllowsTwoHundredConnections) {
  fill();
  const auto start = std::chrono::steady_clock::now();
  const auto since = [](auto from) {
    return std::to_string(
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - from).count());
  };
  watch("service = [{ match = \"svc-.*\" }]");
  ASSERT_TRUE(source_->wait_ready(120s)) << source_->status().text;
  RecordProperty("all_known_ms", since(start));
  EXPECT_EQ(source_->now().services.size(), static_cast<std::size_t>(services));
  std::size_t most = sockets_to(consul_.port());

  for (const int i : {4711, 2, 3333}) {
    const auto changed = std::chrono::steady_clock::now();
    put(i, "passing", 8080);
    ASSERT_TRUE(source_->wait_for([&](const state& now) {
      return now.services.at(name(i)).endpoints.at(0).port == 8080;
    })) << source_->status().text;
    RecordProperty("address_change_ms_" + std::to_string(i), since(changed));
    most = std::max(most, sockets_to(consul_.port()));
  }
  for (const int i : {4242, 17, 2500}) {
    const auto changed = std::chrono::steady_clock::now();
    put(i, "critical");
    ASSERT_TRUE(source_->wait_for([&](const state& now) { return now.services.at(name(i)).endpoints.empty(); }))
        << source_->status().text;
    RecordProperty("check_flip_ms_" + std::to_string(i), since(changed));
    most = std::max(most, sockets_to(consul_.port()));
  }
  // What leaves, what comes to another node, and a node that moves with all that it has.
  consul_.put("/v1/catalog/deregister", {{"Node", "ext"}, {"ServiceID", name(4000)}});
  EXPECT_TRUE(source_->wait_for([&](const state& now) { return !now.services.contains(name(4000)); }));
  consul_.put(
      "/v1/catalog/register",
      {{"Node", "other"}, {"Address", "10.1.1.2"}, {"Service", {{"Service", name(4001)}, {"ID", "b"}, {"Port", 81}}}});
  EXPECT_TRUE(source_->wait_for([&](const state& now) { return now.services.at(name(4001)).endpoints.size() == 2; }));
  consul_.put("/v1/catalog/register", {{"Node", "other"}, {"Address", "10.1.1.3"}, {"SkipNodeUpdate", false}});
  EXPECT_TRUE(source_->wait_for([&](const state& now) {
    const auto& all = now.services.at(name(4001)).endpoints;
    return std::ranges::any_of(all, [](const auto& each) { return each.address == "10.1.1.3"; });
  })) << source_->status().text;

  RecordProperty("sockets", std::to_string(most));
  RecordProperty("shown", source_->status().text);
  EXPECT_GT(most, 100U);
  EXPECT_LE(most, 150U + 5U) << "the test's own requests may be among them";
  EXPECT_EQ(source_->metrics().find("connection_limit_resets_total"), std::string::npos) << source_->metrics();
  EXPECT_NE(source_->status().text.find("by rotation"), std::string::npos) << source_->status().text;
  EXPECT_NE(source_->metrics().find("staleness_seconds"), std::string::npos);
  EXPECT_TRUE(source_->stop());
}

// Of a metric, whatever its labels say.
double sum_of(const std::string& metrics, const std::string& name) {
  double sum = 0;
  std::istringstream lines(metrics);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(name + "{") || line.starts_with(name + " ")) sum += std::stod(line.substr(line.rfind(' ')));
  return sum;
}

TEST_F(ConsulHttpMany, OneChangeCostsAFewRequestsHoweverManyServicesThereAre) {
  fill();
  watch("service = [{ match = \"svc-.*\" }]");
  ASSERT_TRUE(source_->wait_ready(120s)) << source_->status().text;
  const auto requests = [&] { return sum_of(source_->metrics(), "requests_total"); };
  const auto is_quiet = [&] { return source_->metrics().find("staleness_seconds") != std::string::npos; };
  ASSERT_TRUE(wait_until(is_quiet));
  // The round with which the rotation began is over when nothing is asked for a while.
  ASSERT_TRUE(wait_until([&, before = -1.0]() mutable {
    const auto now = requests();
    std::this_thread::sleep_for(500ms);
    return std::exchange(before, now) == now;
  })) << source_->metrics();
  for (const int i : {4711, 2, 3333}) {
    const auto before = requests();
    put(i, "passing", 8080);
    ASSERT_TRUE(source_->wait_for([&](const state& now) {
      return now.services.at(name(i)).endpoints.at(0).port == 8080;
    })) << source_->status().text;
    std::this_thread::sleep_for(500ms);  // for what comes after it
    EXPECT_LE(requests() - before, 8) << "catalogue, checks, nodes, the two nodes, the service, and who is asked again";
  }
  EXPECT_TRUE(source_->stop());
}

std::string named_services(int count) {
  std::string names;
  for (int i = 0; i < count; ++i) names += "{ name = \"s" + std::to_string(i) + "\" },";
  return "service = [" + names + "]";
}

TEST(ConsulHttpConnections, AreThreeQuartersOfWhatTheAgentAllows) {
  const consul_agent consul(json{{"limits", {{"http_max_conns_per_client", 400}}}});
  source_harness source("consul-http", "address = \"" + consul.url() + "\"\n" + named_services(250));
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  EXPECT_TRUE(wait_until([&] { return sockets_to(consul.port()) >= 250; })) << "each service has a query of its own";
  EXPECT_TRUE(source.status().text.starts_with("250 services; Consul knows no service \"s0\"")) << source.status().text;
  EXPECT_TRUE(wait_until([&] { return sum_of(source.metrics(), "drcon_consul_http_connections_allowed") == 300; }))
      << source.metrics();
  EXPECT_TRUE(source.stop());
}

TEST(ConsulHttpConnections, AreShownBesideWhatTheAgentAllowsWhenServicesTakeTurns) {
  const consul_agent consul(json{{"limits", {{"http_max_conns_per_client", 100}}}});
  source_harness source("consul-http", "address = \"" + consul.url() + "\"\n" + named_services(120));
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  EXPECT_TRUE(wait_until([&] {
    return source.status().text.find("75 connections of the 100 that the agent allows") != std::string::npos;
  })) << source.status().text;
  EXPECT_EQ(source.metrics().find("connection_limit_resets_total"), std::string::npos) << "it is not tried out";
  EXPECT_LE(sockets_to(consul.port()), 76U) << "the test's own request may be among them";
  EXPECT_TRUE(source.stop());
}

TEST(ConsulHttpConnections, AreTheUsualNumberWithoutTheRightToAsk) {
  const std::string master = "4a1f1e0c-0000-4000-8000-000000000002";
  const std::string reader = "4a1f1e0c-0000-4000-8000-000000000003";
  const consul_agent consul(
      {{"primary_datacenter", "dc1"},
       {"limits", {{"http_max_conns_per_client", 1000}}},
       {"acl", {{"enabled", true}, {"default_policy", "deny"}, {"tokens", {{"master", master}, {"agent", master}}}}}},
      master);
  consul.put("/v1/acl/policy",
             {{"Name", "reads"},
              {"Rules", "service_prefix \"\" { policy = \"read\" } node_prefix \"\" { policy = \"read\" }"}});
  consul.put("/v1/acl/token", {{"SecretID", reader}, {"Policies", json::array({{{"Name", "reads"}}})}});
  source_harness source("consul-http",
                        "address = \"" + consul.url() + "\"\ntoken = \"" + reader + "\"\n" + named_services(3));
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  EXPECT_TRUE(wait_until([&] { return sum_of(source.metrics(), "drcon_consul_http_connections_allowed") == 150; }))
      << source.metrics();
  EXPECT_TRUE(source.status().text.starts_with("3 services; Consul knows no service \"s0\""))
      << "a right that nobody must give is no fault: " << source.status().text;
  EXPECT_TRUE(source.stop());
}

TEST_F(ConsulHttpReal, PublishesTheProxiesThatServeAServiceInTheMesh) {
  watch_web(", connect = true");
  ASSERT_TRUE(source_->wait_ready());
  add("a");
  const auto proxy_of = [](const std::string& service) {
    return json{{"Kind", "connect-proxy"}, {"Proxy", {{"DestinationServiceName", service}}}};
  };
  consul_.add("web-sidecar-proxy", "a-proxy", "10.0.0.1", 21000, proxy_of("web"));
  EXPECT_TRUE(has({"n1/a-proxy"}));
  ASSERT_TRUE(only());
  EXPECT_EQ(only()->port, 21000U);
  consul_.add("web-sidecar-proxy", "b-proxy", "10.0.0.2", 21000, proxy_of("web"));
  EXPECT_TRUE(has({"n1/a-proxy", "n1/b-proxy"}));
  consul_.remove("a-proxy");
  EXPECT_TRUE(has({"n1/b-proxy"}));
}

// Behind `connections` nobody reports that a proxy has changed: the catalogue has it under another name.
TEST_F(ConsulHttpReal, FollowsProxiesOfTheMeshThatTakeTurns) {
  std::string all = "connections = 8\nservice = [{ name = \"web\", connect = true }";
  for (int i = 0; i < 30; ++i) all += ", { name = \"other-" + std::to_string(i) + "\" }";
  watch(all + "]");
  ASSERT_TRUE(source_->wait_ready());
  for (const auto* id : {"a", "b", "c"}) {
    consul_.add("web-sidecar-proxy", id, "10.0.0.1", 21000,
                {{"Kind", "connect-proxy"}, {"Proxy", {{"DestinationServiceName", "web"}}}});
    EXPECT_TRUE(source_->wait_for([&](const state& now) { return ids(now).contains("n1/" + std::string(id)); })) << id;
  }
}

TEST_F(ConsulHttpReal, FollowsWhatAPreparedQueryAnswers) {
  watch("service = [{ query = \"near-web\", as = \"web\" }, { name = \"api\" }]");
  ASSERT_TRUE(source_->wait_ready()) << "a query that nobody has defined holds nobody else up";
  EXPECT_NE(source_->status().text.find("Query not found"), std::string::npos) << source_->status().text;
  add("a", {{"Tags", {"v2"}}});
  add("b");
  const json query{{"Name", "near-web"}, {"Service", {{"Service", "web"}, {"Tags", {"v2"}}}}};
  ASSERT_EQ(http("POST", consul_.port(), "/v1/query", query.dump()).status, 200);
  EXPECT_TRUE(has({"n1/a"}));
  add("c", {{"Tags", {"v2"}}});
  EXPECT_TRUE(has({"n1/a", "n1/c"})) << "it is asked again and again, as Consul cannot hold it";
  consul_.remove("a");
  EXPECT_TRUE(has({"n1/c"}));
}

TEST_F(ConsulHttpReal, RefusesALocalServiceInThePlaceOfAPeersOne) {
  add("a");
  watch("service = [{ name = \"web\", peer = \"west\" }, { name = \"api\" }]");
  ASSERT_TRUE(source_->wait_for([](const state& now) { return now.unknown.contains("web"); }));
  EXPECT_FALSE(source_->now().services.contains("web")) << "this Consul is older than peers, and answers with its own";
}

TEST_F(ConsulHttpReal, SaysOfAnInstanceThatIsNotPublishedWhichCheckSaysSo) {
  watch_web();
  add("a", {{"Check", {{"CheckID", "web-alive"}, {"Name", "alive"}, {"TTL", "1h"}, {"Status", "passing"}}}});
  ASSERT_TRUE(has({"n1/a"}));
  consul_.put("/v1/agent/check/fail/web-alive");
  ASSERT_TRUE(has({}));
  ASSERT_TRUE(wait_until([this] { return source_->omitted().size() == 1; }));
  EXPECT_EQ(source_->omitted()[0].endpoint, "n1/a");
  EXPECT_NE(source_->omitted()[0].why.find("critical in Consul: check 'web-alive' (alive)"), std::string::npos)
      << source_->omitted()[0].why;
  EXPECT_EQ(source_->status().state, DRCON_STATE_OK) << "that one is critical is no fault of the source";
  consul_.put("/v1/agent/check/pass/web-alive");
  ASSERT_TRUE(has({"n1/a"}));
  EXPECT_TRUE(wait_until([this] { return source_->omitted().empty(); }));
}

TEST_F(ConsulHttpReal, MeetsTheAgentsLimitNamesItAndMakesDo) {
  watch("connections = 1000\nwait = \"2s\"\n" + named_services(300));
  ASSERT_TRUE(source_->wait_ready(120s)) << source_->status().text;
  EXPECT_EQ(source_->now().services.size(), 300U);
  // Each refused connection is told until the next kind of failure.
  EXPECT_TRUE(wait_until([&] {
    return source_->status().text.find("limits.http_max_conns_per_client") != std::string::npos;
  })) << source_->status().text;
  source_->stop();
}

// Two datacentres, of which the second can be taken away.
class ConsulHttpDatacenters : public ::testing::Test {
protected:
  ConsulHttpDatacenters() {
    far_.add("far-a", "far-a", "10.0.2.1", 80);
    near_.add("web", "a", "10.0.1.1", 80);
    if (!wait_until([this] { return sees_far("far-a"); }))
      throw std::runtime_error("the datacentres do not join:\n" + near_.log() + far_.log());
    write_file(drcon_.directory() / "form",
               "{{#services}}{{name}}:{{#endpoints}} {{address}}{{/endpoints}}\n{{/services}}");
  }
  bool sees_far(const std::string& service) const {
    return near_.get("/v1/catalog/services?dc=dc2").body.find(service) != std::string::npos;
  }
  bool writes(const std::string& text) const {
    return wait_until([&] { return read_file(drcon_.directory() / "out") == text; }, 2 * patience);
  }
  std::string config() const {
    return "[source.consul]\nplugin = \"consul-http\"\naddress = \"" + near_.url() +
           "\"\nretry_max = \"500ms\"\nservice = [{ name = \"web\" }, { match = \"far-.*\", datacenter = \"dc2\" }]\n"
           "[sink.file]\nplugin = \"template\"\n[[sink.file.file]]\npath = \"out\"\ntemplate = \"form\"\n"
           "escape = \"none\"\n[pipeline.p]\nsources = [\"consul\"]\nsinks = [\"file\"]\n" +
           no_brake;
  }

  const std::uint16_t wan_ = free_port();
  consul_agent near_{{{"ports", {{"serf_wan", wan_}}}}};
  consul_agent far_{{{"datacenter", "dc2"},
                     {"retry_join_wan", {"127.0.0.1:" + std::to_string(wan_)}},
                     {"retry_interval_wan", "1s"},
                     {"ports", {{"serf_wan", free_port()}}}}};
  drcon_process drcon_{config()};
};

TEST_F(ConsulHttpDatacenters, OneThatIsAwayAtAStartHoldsUpOnlyTheNamesThatAreChosenOfIt) {
  drcon_.start();
  ASSERT_TRUE(writes("far-a: 10.0.2.1\nweb: 10.0.1.1\n")) << drcon_.log();
  ASSERT_TRUE(drcon_.settled());
  EXPECT_EQ(drcon_.stop(), 0);
  far_.kill9();
  near_.add("web", "b", "10.0.1.2", 80);
  drcon_.start();
  EXPECT_TRUE(writes("far-a: 10.0.2.1\nweb: 10.0.1.1 10.0.1.2\n")) << drcon_.log();
  EXPECT_NE(drcon_.log().find("which services there are of match 'far-.*' in datacenter dc2 is not known; what was "
                              "served of them stays"),
            std::string::npos)
      << drcon_.log();
  near_.remove("a");
  EXPECT_TRUE(writes("far-a: 10.0.2.1\nweb: 10.0.1.2\n")) << drcon_.log();
  far_.start(true);
  far_.add("far-b", "far-b", "10.0.2.2", 80);
  far_.remove("far-a");
  EXPECT_TRUE(writes("far-b: 10.0.2.2\nweb: 10.0.1.2\n")) << drcon_.log();
}

}  // namespace consul_http_test
}  // namespace drcon::test
