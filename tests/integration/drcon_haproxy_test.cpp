// The program between a real Consul and a real HAProxy, in both modes of the sink.
#include "support/backend.hpp"
#include "support/consul_agent.hpp"
#include "support/drcon_process.hpp"
#include "support/haproxy_server.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>

#include <set>

namespace drcon::test {
namespace {

using nlohmann::json;

class DrconHaproxy : public ::testing::TestWithParam<bool> {
protected:
  std::string config(const std::string& services, const std::string& pipeline) const {
    return "[source.consul]\nplugin = \"consul-http\"\nretry_max = \"1s\"\naddress = \"" + consul_.url() + "\"\n" +
           services + "\n[sink.edge]\nplugin = \"haproxy\"\n" + haproxy_.options() +
           (GetParam() ? "mode = \"slots\"\n" : "") + "[pipeline.web]\nsources = [\"consul\"]\nsinks = [\"edge\"]\n" +
           pipeline;
  }
  void start(const std::string& services = "service = [{ name = \"web\" }]", const std::string& pipeline = no_brake) {
    drcon_ = std::make_unique<drcon_process>(config(services, pipeline));
    drcon_->start();
  }
  void add(const backend& each, json more = json::object()) const {
    consul_.add("web", each.name(), each.address(), each.port(), std::move(more));
  }
  std::set<std::string> answers() const { return answerers(haproxy_.port(), 16); }
  bool routes_to(const std::set<std::string>& names) const {
    return wait_until([&] { return answers() == names; });
  }
  std::string weight_of(const backend& which) const {
    for (const auto& each : haproxy_.servers())
      if (haproxy_.field("web/" + each, "srv_port") == std::to_string(which.port()))
        return haproxy_.field("web/" + each, "srv_uweight");
    return {};
  }

  consul_agent consul_;
  haproxy_server haproxy_{GetParam() ? "backend web\n  server-template drcon 1-9 127.0.0.1:1 disabled\n"
                                     : "backend web\n  balance roundrobin\n"};
  std::unique_ptr<drcon_process> drcon_;
  backend a_{"a"};
  backend b_{"b"};
};

INSTANTIATE_TEST_SUITE_P(Mode, DrconHaproxy, ::testing::Bool(),
                         [](const auto& each) { return each.param ? "Slots" : "Dynamic"; });

TEST_P(DrconHaproxy, FollowsRegistrationHealthMaintenanceTagsAndWeights) {
  add(a_, {{"Tags", {"v1"}}});
  start("service = [{ name = \"web\", tag = [\"v1\"] }]");
  EXPECT_TRUE(routes_to({"a"})) << drcon_->log();
  add(b_, {{"Tags", {"v1"}}, {"Check", {{"TTL", "60s"}, {"Status", "passing"}}}});
  EXPECT_TRUE(routes_to({"a", "b"}));
  consul_.put("/v1/agent/check/fail/service:b");
  EXPECT_TRUE(routes_to({"a"}));
  consul_.put("/v1/agent/check/pass/service:b");
  EXPECT_TRUE(routes_to({"a", "b"}));
  consul_.maintenance("a", true);
  EXPECT_TRUE(routes_to({"b"}));
  consul_.maintenance("a", false);
  EXPECT_TRUE(routes_to({"a", "b"}));
  add(a_, {{"Tags", {"v2"}}});
  EXPECT_TRUE(routes_to({"b"}));
  add(a_, {{"Tags", {"v1"}}, {"Weights", {{"Passing", 7}, {"Warning", 1}}}});
  EXPECT_TRUE(wait_until([&] { return weight_of(a_) == "7" && weight_of(b_) == "1"; })) << weight_of(a_);
  consul_.remove("b");
  EXPECT_TRUE(routes_to({"a"}));
}

TEST_P(DrconHaproxy, RoutesToTheNodesAddressAndOverIPv6) {
  const backend six("six", "::1");
  consul_.add("web", "bare", "", a_.port());
  add(six);
  start();
  EXPECT_TRUE(routes_to({"a", "six"})) << drcon_->log();
}

TEST_P(DrconHaproxy, KeepsAServiceThatVanishes) {
  add(a_);
  start("service = [{ match = \"web\" }]");
  ASSERT_TRUE(routes_to({"a"}));
  consul_.remove("a");
  ASSERT_TRUE(wait_until([&] { return drcon_->pipeline("web")["services"].empty(); })) << drcon_->log();
  EXPECT_TRUE(drcon_->settled());
  EXPECT_EQ(answers(), std::set<std::string>{"a"});
  add(b_);
  EXPECT_TRUE(routes_to({"b"}));
}

TEST_P(DrconHaproxy, KeepsServingWhileConsulIsDownAndWhenItComesBackEmpty) {
  add(a_);
  add(b_);
  start("service = [{ name = \"web\" }]", "");
  ASSERT_TRUE(routes_to({"a", "b"}));
  consul_.kill9();
  ASSERT_TRUE(wait_until([&] { return drcon_->status()["sources"]["consul"]["state"] == "away"; })) << drcon_->log();
  consul_.start(false);
  ASSERT_TRUE(wait_until([&] { return drcon_->status()["pipelines"]["web"]["held"] != ""; })) << drcon_->log();
  EXPECT_EQ(answers(), (std::set<std::string>{"a", "b"})) << "the brake holds";
  const backend c("c");
  add(a_);
  add(b_);
  add(c);
  EXPECT_TRUE(routes_to({"a", "b", "c"})) << drcon_->log();
}

TEST_P(DrconHaproxy, KeepsServingWhileConsulHasNoLeader) {
  add(a_);
  start();
  ASSERT_TRUE(routes_to({"a"}));
  consul_.start_without_leader();
  ASSERT_TRUE(wait_until([&] {
    return drcon_->status()["sources"]["consul"]["text"].get<std::string>().find("500") != std::string::npos;
  })) << drcon_->log();
  EXPECT_EQ(answers(), std::set<std::string>{"a"});
}

TEST_P(DrconHaproxy, TouchesNothingWhileConsulIsAwayAtStartAndAppliesAllWhenItComes) {
  add(a_);
  consul_.stop();
  start();
  ASSERT_TRUE(wait_until([&] { return drcon_->status()["sources"]["consul"]["state"] == "away"; })) << drcon_->log();
  EXPECT_EQ(answers(), std::set<std::string>{"503"});
  consul_.start(true);
  add(a_);
  EXPECT_TRUE(routes_to({"a"})) << drcon_->log();
}

TEST_P(DrconHaproxy, WaitsForAnHaproxyThatIsDown) {
  add(a_);
  haproxy_.stop();
  start();
  ASSERT_TRUE(wait_until([&] { return drcon_->status()["sinks"]["edge"]["last_answer"] == "away"; })) << drcon_->log();
  haproxy_.start();
  EXPECT_TRUE(routes_to({"a"})) << drcon_->log();
}

TEST_P(DrconHaproxy, HealsWhatAKillLeftHalfDone) {
  add(a_);
  start();
  ASSERT_TRUE(routes_to({"a"}));
  drcon_->kill9();
  // Half of what an apply does, and what had been wanted is no more.
  if (GetParam()) haproxy_.command("set server web/drcon5 addr " + b_.address() + " port " + std::to_string(b_.port()));
  else haproxy_.command("add server web/drcon-" + b_.address() + ":9 " + b_.address() + ":9");
  consul_.remove("a");
  add(b_);
  drcon_->start();
  EXPECT_TRUE(routes_to({"b"})) << drcon_->log();
  EXPECT_TRUE(wait_until([&] { return GetParam() || haproxy_.servers().size() == 1; }))
      << haproxy_.command("show servers state");
}

TEST_P(DrconHaproxy, DropsWhatIsHostileAndNothingElse) {
  add(a_);
  start();
  ASSERT_TRUE(routes_to({"a"}));
  int id = 0;
  for (const std::string value : {"127.0.0.1:1;shutdown frontend f", "127.0.0.1\nshutdown frontend f",
                                  "1.1.1.1 weight 0", "host.example", "\\;show info"}) {
    const auto n = std::to_string(++id);
    for (const auto& body : {json{{"Name", "web"}, {"ID", "p" + n}, {"Address", value}, {"Port", 7}},
                             json{{"Name", "web"}, {"ID", value}, {"Address", value}, {"Port", 7}, {"Tags", {value}}}})
      http("PUT", consul_.port(), "/v1/agent/service/register", body.dump());  // Consul itself refuses some
  }
  add(b_);
  EXPECT_TRUE(routes_to({"a", "b"})) << drcon_->log();
  EXPECT_NE(drcon_->log().find("left out"), std::string::npos);
  EXPECT_EQ(haproxy_.command("show servers state").find(" 7 - "), std::string::npos);
}

// Nobody listens there, as HAProxy's own checks find out sooner or later: what counts is that the servers are set.
TEST_P(DrconHaproxy, FoldsAStormOfRegistrations) {
  if (GetParam()) haproxy_.configure("backend web\n  server-template drcon 1-300 127.0.0.1:1 disabled\n");
  if (GetParam()) haproxy_.reload();
  start();
  for (int i = 0; i < 200; ++i) consul_.add("web", "w" + std::to_string(i), "127.0.1.1", 10000 + i);
  EXPECT_TRUE(wait_until([&] {
    const auto state = haproxy_.command("show servers state web");
    std::size_t count = 0;
    for (auto at = state.find(" 127.0.1.1 "); at != std::string::npos; at = state.find(" 127.0.1.1 ", at + 1)) ++count;
    return count == 200;
  })) << drcon_->log();
  EXPECT_TRUE(drcon_->settled());
}

}  // namespace
}  // namespace drcon::test
