// From endpoints to registrations, and what has to be done for an agent to have them.
#include "consul_catalog/plan.hpp"
#include "model/snapshot.hpp"
#include "plugins/update_package.hpp"

#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

#include <gtest/gtest.h>

namespace drcon::consul_catalog {
namespace {

using nlohmann::json;
using meta = std::map<std::string, std::string>;

endpoint at(const std::string& id, meta with = {}) {
  return {.id = id, .node = "n", .address = "10.0.0.1", .port = 80, .tags = {}, .meta = std::move(with)};
}

registrations of(const std::vector<service>& all,
                 const desired_rules& by = {.owner = "me", .check = {}, .deregister = {}}) {
  std::vector<model::service_ptr> shared;
  for (const auto& each : all) shared.push_back(std::make_shared<const model::shared_service>(each));
  const plugins::update_package update(1, false, std::make_shared<const model::snapshot>(1, std::move(shared)),
                                       nullptr);
  return desired_from(update_view{&update.view}.wanted(), by);
}

registration one_of(const endpoint& each, const desired_rules& by = {.owner = "me", .check = {}, .deregister = {}}) {
  return of({{.name = "web", .revision = 1, .endpoints = {each}}}, by).all.begin()->second;
}

json check_of(const meta& with, const desired_rules& by = {.owner = "me", .check = {}, .deregister = {}}) {
  const auto checks = parsed_json(one_of(at("a", with), by).body)["Checks"];
  return checks.size() == 2 ? checks[0] : json();
}

TEST(ConsulCatalogRegistration, MakesTheFirstKindOfCheckThatIsNamed) {
  EXPECT_EQ(check_of({}), json());
  EXPECT_EQ(check_of({{"check_http", "health"}})["HTTP"], "http://10.0.0.1:80/health");
  EXPECT_EQ(check_of({{"check_https", "/h"}, {"check_https_method", "HEAD"}})["Method"], "HEAD");
  EXPECT_EQ(check_of({{"check_http", "/h"}, {"check_tcp", "true"}}).contains("TCP"), false);
  EXPECT_EQ(check_of({{"check_tcp", "true"}})["TCP"], "10.0.0.1:80");
  EXPECT_EQ(check_of({{"check_tcp", "false"}}), json());
  EXPECT_EQ(check_of({{"check_grpc", "true"}})["GRPC"], "10.0.0.1:80");
  EXPECT_EQ(check_of({{"check_grpc", "my.Service"}, {"check_grpc_use_tls", "true"}})["GRPC"], "10.0.0.1:80/my.Service");
  EXPECT_EQ(check_of({{"check_tcp", "true"}})["Interval"], "10s");
  EXPECT_EQ(check_of({{"check_tcp", "true"}, {"check_interval", "3s"}, {"check_timeout", "1s"}})["Timeout"], "1s");
}

TEST(ConsulCatalogRegistration, PassesScriptsOnOnlyWhenConfigured) {
  desired_rules by{.owner = "me", .check = {}, .deregister = {}};
  const meta script{{"check_script", "nc $SERVICE_IP $SERVICE_PORT"}};
  EXPECT_EQ(check_of(script, by), json());
  EXPECT_EQ(one_of(at("a", script), by).left_out.size(), 1U);
  by.scripts = true;
  EXPECT_EQ(check_of(script, by)["Args"], (json{"/bin/sh", "-c", "nc 10.0.0.1 80"}));
}

TEST(ConsulCatalogRegistration, TakesTheSinksCheckForWhoNamesNone) {
  const desired_rules by{.owner = "me", .check = {{"http", "/all"}, {"interval", "7s"}}, .deregister = "90m"};
  EXPECT_EQ(check_of({}, by)["HTTP"], "http://10.0.0.1:80/all");
  EXPECT_EQ(check_of({{"check_interval", "1s"}}, by)["Interval"], "1s");
  EXPECT_EQ(check_of({{"check_tcp", "true"}}, by)["TCP"], "10.0.0.1:80");
  EXPECT_EQ(check_of({}, by)["DeregisterCriticalServiceAfter"], "90m");
  EXPECT_EQ(check_of({{"check_deregister_after", "1h"}}, by)["DeregisterCriticalServiceAfter"], "1h");
}

TEST(ConsulCatalogRegistration, KeepsItsOwnCheckForEverUnlessItHasATtl) {
  const auto own = [](const meta& with) { return parsed_json(one_of(at("a", with)).body)["Checks"].back(); };
  EXPECT_EQ(own({})["CheckID"], "drcon:a");
  EXPECT_EQ(own({})["TTL"], "87600h");
  EXPECT_EQ(own({{"check_ttl", "30s"}})["TTL"], "30s");
  EXPECT_EQ(one_of(at("a", {{"check_ttl", "30s"}})).ttl, std::chrono::seconds(30));
  EXPECT_EQ(one_of(at("a", {{"check_ttl", "soon"}})).left_out.size(), 1U);
  for (const auto* too_short : {"1ns", "1ms", "999ms"}) {
    const auto one = one_of(at("a", {{"check_ttl", too_short}}));
    EXPECT_EQ(one.ttl.count(), 0) << too_short;
    ASSERT_EQ(one.left_out.size(), 1U) << too_short;
    EXPECT_NE(one.left_out[0].find("shorter than 1s"), std::string::npos) << one.left_out[0];
  }
  EXPECT_EQ(own({{"check_ttl", "1ms"}})["TTL"], "87600h");
  EXPECT_EQ(own({{"check_ttl", "1s"}})["TTL"], "1s");
}

TEST(ConsulCatalogRegistration, HasADigestOfAllButTheStatus) {
  auto one = at("a");
  const auto before = one_of(one);
  one.health = health::critical;
  EXPECT_EQ(one_of(one).digest, before.digest);
  EXPECT_EQ(one_of(one).status, "critical");
  one.tags = {"x"};
  EXPECT_NE(one_of(one).digest, before.digest);
}

TEST(ConsulCatalogRegistration, RefusesWhatCouldNotBeAddressed) {
  const auto some = of({{.name = "we\nb", .revision = 1, .endpoints = {at("a")}},
                        {.name = "web", .revision = 1, .endpoints = {at("b\x7f"), at("c")}}});
  EXPECT_EQ(some.all.size(), 1U);
  EXPECT_EQ(some.refused.size(), 2U);
}

// Consul takes such a registration, and redirects who wants to ask for it or remove it.
TEST(ConsulCatalogRegistration, RefusesIdsAndNamesThatNoPathCanEndIn) {
  for (const auto* bad : {"..", ".", "a//b", "/", "x/..", "/a", "a/./b"}) {
    const auto by_id = of({{.name = "web", .revision = 1, .endpoints = {at(bad), at("good")}}});
    EXPECT_EQ(by_id.all.size(), 1U) << bad;
    ASSERT_EQ(by_id.refused.size(), 1U) << bad;
    EXPECT_EQ(by_id.refused.front().endpoint, bad);
    EXPECT_EQ(of({{.name = bad, .revision = 1, .endpoints = {at("a")}}}).refused.size(), 1U) << bad;
  }
  EXPECT_EQ(of({{.name = "web", .revision = 1, .endpoints = {at("a/"), at("...")}}}).all.size(), 2U);
}

TEST(ConsulCatalogRegistration, RefusesWithAReasonAnIdThatIsPutTogetherAndTakenAlready) {
  const auto some = of({{.name = "db", .revision = 1, .endpoints = {at("1")}},
                        {.name = "other", .revision = 1, .endpoints = {at("db:1")}},
                        {.name = "web", .revision = 1, .endpoints = {at("1")}}});
  ASSERT_EQ(some.all.size(), 2U);
  EXPECT_EQ(some.all.at("db:1").service, "other") << "its own id goes before one that is put together";
  EXPECT_EQ(some.all.at("web:1").service, "web");
  ASSERT_EQ(some.refused.size(), 1U);
  EXPECT_EQ(some.refused.front().service, "db");
  EXPECT_EQ(some.refused.front().endpoint, "1");
  EXPECT_NE(some.refused.front().why.find("'db:1'"), std::string::npos) << some.refused.front().why;
}

// An agent that has just what is registered.
struct agent_double {
  json services = json::object();
  json checks = json::object();
  void add(const registration& what) {
    auto body = parsed_json(what.body);
    for (const auto& each : body["Checks"])
      checks[each["CheckID"].get<std::string>()] = {{"ServiceID", what.id},
                                                    {"Status", each.value("Status", "critical")}};
    body["Service"] = body["Name"];
    services[what.id] = body;
  }
};

class ConsulCatalogPlan : public ::testing::Test {
protected:
  steps plan_for(bool adopt = false) const {
    const auto now = read_agent(agent_.services, agent_.checks, desired_);
    EXPECT_TRUE(now);
    return now ? plan(desired_, *now, "me", adopt ? std::set<std::string>{""} : std::set<std::string>{}) : steps();
  }

  agent_double agent_;
  registrations desired_ = of({{.name = "web", .revision = 1, .endpoints = {at("a"), at("b")}}});
};

TEST_F(ConsulCatalogPlan, DoesNothingWhenAllIsThere) {
  EXPECT_EQ(plan_for().to_register.size(), 2U);
  for (const auto& [id, each] : desired_.all) agent_.add(each);
  EXPECT_TRUE(plan_for().empty());
}

TEST_F(ConsulCatalogPlan, SeesEveryKindOfEdit) {
  for (const auto& [id, each] : desired_.all) agent_.add(each);
  const auto good = agent_;
  for (const auto* key : {"Service", "Address", "Port", "Tags", "Meta", "Weights"}) {
    agent_ = good;
    agent_.services["a"][key] = key == std::string("Meta") ? json{{"drcon-owner", "me"}} : json("edited");
    EXPECT_EQ(plan_for().to_register.size(), 1U) << key;
  }
  agent_ = good;
  agent_.checks.erase("drcon:a");
  EXPECT_EQ(plan_for().to_register.size(), 1U);
  agent_ = good;
  agent_.checks["drcon:a"]["Status"] = "critical";
  EXPECT_TRUE(plan_for().to_register.empty());
  EXPECT_EQ(plan_for().to_update.size(), 1U);
}

TEST_F(ConsulCatalogPlan, RemovesOnlyItsOwn) {
  for (const auto& [id, each] : desired_.all) agent_.add(each);
  agent_.services["ghost"] = {{"Meta", {{"drcon-owner", "me"}}}};
  agent_.services["theirs"] = {{"Meta", {{"drcon-owner", "other"}}}};
  agent_.services["nobodys"] = {{"Meta", nullptr}};
  EXPECT_EQ(plan_for().to_remove, std::vector<std::string>{"ghost"});
}

TEST_F(ConsulCatalogPlan, TakesOverOnlyWhatNoDrconOwnsAndOnlyWhenConfigured) {
  agent_.services["a"] = {{"Meta", nullptr}};
  agent_.services["b"] = {{"Meta", {{"drcon-owner", "other"}}}};
  EXPECT_EQ(plan_for().conflicts.size(), 2U);
  EXPECT_TRUE(plan_for().to_register.empty());
  EXPECT_EQ(plan_for(true).to_register.size(), 1U);
  EXPECT_EQ(plan_for(true).conflicts.size(), 1U);
}

TEST_F(ConsulCatalogPlan, AcceptsNoAnswerThatIsNone) {
  for (const auto* text : {"null", "[]", "7", R"({"a": 7})"}) {
    EXPECT_FALSE(read_agent(parsed_json(text), json::object(), desired_)) << text;
    EXPECT_FALSE(read_agent(json::object(), parsed_json(text), desired_)) << text;
  }
}

}  // namespace
}  // namespace drcon::consul_catalog
