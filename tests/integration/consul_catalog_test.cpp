// The consul-catalog sink against a real Consul agent.
#include "log/log.hpp"
#include "support/backend.hpp"
#include "support/consul_agent.hpp"
#include "support/drcon_process.hpp"
#include "support/plugin_harness.hpp"
#include "support/ports.hpp"
#include "support/scripted_consul.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <parsed_json.hpp>

#include <sstream>

namespace drcon::test {
namespace {

using nlohmann::json;

endpoint endpoint_at(const std::string& id, int port, std::map<std::string, std::string> meta = {}) {
  return {.id = id,
          .node = "n",
          .address = "127.0.0.1",
          .port = static_cast<std::uint32_t>(port),
          .tags = {},
          .meta = std::move(meta)};
}

service service_with(const std::string& name, std::vector<endpoint> endpoints) {
  return {.name = name, .revision = 1, .endpoints = std::move(endpoints)};
}

class ConsulCatalog : public ::testing::Test {
protected:
  explicit ConsulCatalog(json config = json::object(), const std::string& token = {})
      : consul_(std::move(config), token) {}

  std::unique_ptr<sink_harness> make(const std::string& more = "", const std::string& owner = "me") const {
    auto made = std::make_unique<sink_harness>(
        "consul-catalog", "address = \"" + consul_.url() + "\"\nowner = \"" + owner + "\"\n" +
                              (more.find("verify") == std::string::npos ? "verify = \"200ms\"\n" : "") + more);
    made->start();
    return made;
  }
  sink_harness& sink(const std::string& more = "") {
    sink_.reset();
    sink_ = make(more);
    return *sink_;
  }
  void apply(std::vector<service> services) {
    const auto how = sink_->apply(std::move(services));
    EXPECT_EQ(how.result, DRCON_OK) << how.why;
  }
  json services() const { return answer_to("/v1/agent/services"); }
  json checks() const { return answer_to("/v1/agent/checks"); }
  // A Consul that does not answer must not pass for one that has nothing.
  json answer_to(const std::string& target) const {
    auto found = parsed_json(consul_.get(target).body);
    if (found.is_discarded()) throw std::runtime_error("Consul does not answer " + target);
    return found;
  }
  bool has(const std::string& id) const { return services().contains(id); }
  // Who the catalogue says is passing.
  std::set<std::string> passing(const std::string& name) const {
    std::set<std::string> ids;
    for (const auto& each : answer_to("/v1/health/service/" + name + "?passing"))
      ids.insert(each["Service"]["ID"].get<std::string>());
    return ids;
  }

  consul_agent consul_;
  std::unique_ptr<sink_harness> sink_;
};

TEST_F(ConsulCatalog, RegistersUpdatesAndDeregisters) {
  sink();
  auto one = endpoint_at("h:one:80", 8001, {{"region", "north"}});
  one.tags = {"b", "a"};
  one.weight = 7;
  apply({service_with("web", {one, endpoint_at("h:two:80", 8002)})});
  EXPECT_TRUE(wait_until([this] { return passing("web").size() == 2; }));
  const auto seen = services()["h:one:80"];
  EXPECT_EQ(seen["Service"], "web");
  EXPECT_EQ(seen["Address"], "127.0.0.1");
  EXPECT_EQ(seen["Port"], 8001);
  EXPECT_EQ(seen["Tags"], (json{"b", "a"}));
  EXPECT_EQ(seen["Meta"]["region"], "north");
  EXPECT_EQ(seen["Meta"]["drcon-owner"], "me");
  EXPECT_EQ(seen["Weights"]["Passing"], 7);

  one.port = 8003;
  apply({service_with("web", {one})});
  EXPECT_EQ(services()["h:one:80"]["Port"], 8003);
  EXPECT_FALSE(has("h:two:80"));
  apply({});
  EXPECT_TRUE(services().empty());
}

TEST_F(ConsulCatalog, WritesNothingWhenNothingDiffers) {
  sink();
  apply({service_with("web", {endpoint_at("a", 80)})});
  const auto registered = [this] {
    const auto figures = sink_->metrics();
    const auto at = figures.find("drcon_consul_catalog_registrations_total{");
    return figures.substr(figures.find("} ", at) + 2, 2);
  };
  const auto before = registered();
  apply({service_with("web", {endpoint_at("a", 80)})});
  EXPECT_EQ(sink_->reconcile().result, DRCON_OK);
  EXPECT_EQ(registered(), before);
  sink();  // nor after a restart
  apply({service_with("web", {endpoint_at("a", 80)})});
  EXPECT_EQ(sink_->metrics().find("drcon_consul_catalog_registrations_total{"), std::string::npos);
}

TEST_F(ConsulCatalog, ShowsTheHealthThatTheSourceReports) {
  sink();
  auto one = endpoint_at("a", 80);
  for (const auto& [health, status] : {std::pair{health::passing, "passing"}, std::pair{health::warning, "warning"},
                                       std::pair{health::critical, "critical"}, std::pair{health::passing, "passing"},
                                       std::pair{health::maintenance, "critical"}}) {
    one.health = health;
    apply({service_with("web", {one})});
    EXPECT_EQ(checks()["drcon:a"]["Status"], status);
  }
  EXPECT_NE(checks()["drcon:a"]["Output"].get<std::string>().find("maintenance"), std::string::npos);
  one.health = health::passing;
  one.weight = 0;
  apply({service_with("web", {one})});
  EXPECT_EQ(checks()["drcon:a"]["Status"], "critical") << "weight 0: no new traffic";
}

TEST_F(ConsulCatalog, MakesTheChecksThatAreAskedFor) {
  sink("scripts = true\n");
  const backend alive("alive");
  const auto at = [&](const std::string& id, std::map<std::string, std::string> meta) {
    return endpoint_at(id, alive.port(), std::move(meta));
  };
  apply({service_with("web", {at("http", {{"check_http", "/"}, {"check_interval", "100ms"}, {"check_timeout", "1s"}}),
                              at("tcp", {{"check_tcp", "true"}, {"check_interval", "100ms"}}),
                              at("https", {{"check_https", "health"}, {"check_initial_status", "warning"}}),
                              at("grpc", {{"check_grpc", "true"}, {"check_initial_status", "warning"}}),
                              at("ttl", {{"check_ttl", "30s"}}), at("none", {})})});
  EXPECT_TRUE(wait_until([this] {
    const auto now = passing("web");
    return now.contains("http") && now.contains("tcp") && now.contains("ttl") && now.contains("none");
  })) << checks().dump(1);
  const auto all = checks();
  EXPECT_EQ(all["service:http"]["Type"], "http");
  EXPECT_EQ(all["service:tcp"]["Type"], "tcp");
  EXPECT_EQ(all["service:https"]["Type"], "http");
  EXPECT_EQ(all["service:grpc"]["Type"], "grpc");
  EXPECT_FALSE(all.contains("service:none"));
}

TEST_F(ConsulCatalog, RefusesWhatTheAgentWillNotTakeAndRegistersTheRest) {
  sink("scripts = true\n");
  apply({service_with(
      "web", {endpoint_at("script", 80, {{"check_script", "true"}}),
              endpoint_at("bad", 80, {{"check_http", "/"}, {"check_interval", "often"}}), endpoint_at("good", 80)})});
  EXPECT_TRUE(has("good"));
  EXPECT_FALSE(has("bad"));
  EXPECT_FALSE(has("script")) << "the agent does not allow scripts";
  const auto refused = sink_->refused();
  EXPECT_EQ(refused.size(), 2U);
  EXPECT_EQ(sink_->status().state, DRCON_STATE_DEGRADED) << sink_->status().text;
  sink("scripts = false\n");
  apply({service_with("web", {endpoint_at("script", 80, {{"check_script", "true"}})})});
  EXPECT_TRUE(has("script")) << "without the check";
  EXPECT_FALSE(checks().contains("service:script"));
}

// No brake has seen that loss. The ids are new ones, so that no earlier registration of them stays by itself.
TEST_F(ConsulCatalog, RemovesNothingOfAServiceWhoseEndpointsCannotBeRegistered) {
  sink();
  apply(
      {service_with("api", {endpoint_at("x", 90)}), service_with("web", {endpoint_at("a", 80), endpoint_at("b", 81)})});
  const auto green = service_with("web", {endpoint_at("c//d", 82), endpoint_at("e//f", 83)});
  apply({service_with("api", {endpoint_at("y", 91)}), green});
  EXPECT_EQ(passing("web"), (std::set<std::string>{"a", "b"}));
  EXPECT_EQ(passing("api"), std::set<std::string>{"y"}) << "the rest goes on";
  EXPECT_NE(sink_->status().text.find("service web keeps its last servers, since 2 of its 2 endpoints"),
            std::string::npos)
      << sink_->status().text;
  sink();
  apply({service_with("api", {endpoint_at("y", 91)}), green});
  EXPECT_EQ(passing("web"), (std::set<std::string>{"a", "b"})) << "after a restart";
  apply({service_with("api", {endpoint_at("y", 91)}), service_with("web", {endpoint_at("c", 82)})});
  EXPECT_EQ(passing("web"), std::set<std::string>{"c"});
  EXPECT_EQ(sink_->status().state, DRCON_STATE_OK) << sink_->status().text;
}

TEST_F(ConsulCatalog, RemovesNothingOfAServiceWhoseNewIdsBelongToOthers) {
  sink();
  apply({service_with("web", {endpoint_at("a", 80)})});
  consul_.put("/v1/agent/service/register", {{"Name", "foreign"}, {"ID", "c"}, {"Port", 1}});
  apply({service_with("web", {endpoint_at("c", 82)})});
  EXPECT_EQ(passing("web"), std::set<std::string>{"a"});
  consul_.remove("c");
  EXPECT_TRUE(wait_until([&] { return passing("web") == std::set<std::string>{"c"}; })) << services().dump();
}

TEST_F(ConsulCatalog, LeavesOutMetadataThatConsulCannotTakeAndKeepsTheEndpoint) {
  sink();
  apply({service_with("web", {endpoint_at("a", 80, {{"a b", "x"}, {"long", std::string(600, 'x')}, {"ok", "y"}})})});
  const auto meta = services()["a"]["Meta"];
  EXPECT_EQ(meta["ok"], "y");
  EXPECT_EQ(meta.size(), 4U) << meta;
}

TEST_F(ConsulCatalog, CarriesOddNamesAndIdsAndRefusesWhatCouldNotBeRemoved) {
  sink();
  apply({service_with("we b/;", {endpoint_at("a/b?c#d%20 \"", 80), endpoint_at("line\nbreak", 81)})});
  EXPECT_TRUE(has("a/b?c#d%20 \"")) << services().dump();
  ASSERT_EQ(sink_->refused().size(), 1U);
  EXPECT_NE(sink_->refused().front().why.find("printable"), std::string::npos);
  apply({});
  EXPECT_TRUE(services().empty()) << services().dump();
}

TEST_F(ConsulCatalog, OneIdThatCannotBeRemovedHoldsUpNothingElse) {
  const json ours{{"Meta", {{"drcon-owner", "me"}}}};
  for (const auto* id : {"..", "ghost"}) consul_.add("web", id, "10.0.0.1", 80, ours);
  sink();
  apply({service_with("web", {endpoint_at("a", 80)})});
  EXPECT_TRUE(has("a"));
  EXPECT_FALSE(has("ghost"));
  EXPECT_EQ(sink_->status().state, DRCON_STATE_DEGRADED);
  EXPECT_NE(sink_->status().text.find("'..'"), std::string::npos) << sink_->status().text;
  ASSERT_EQ(sink_->refused().size(), 1U) << "explain reports it";
  EXPECT_EQ(sink_->refused().front().service, "web");
  EXPECT_EQ(sink_->refused().front().endpoint, "..");
  EXPECT_NE(sink_->refused().front().why.find("does not remove it"), std::string::npos);
  EXPECT_NE(sink_->metrics().find("drcon_consul_catalog_not_removed{kind=\"sink\",name=\"test\"} 1"), std::string::npos)
      << sink_->metrics();
  apply({service_with("web", {endpoint_at("b", 81), endpoint_at("..", 82)})});
  EXPECT_TRUE(has("b"));
  EXPECT_FALSE(has("a"));
  ASSERT_EQ(sink_->refused().size(), 2U) << "the registration, and the endpoint that would have its id";
  for (const auto& each : sink_->refused()) EXPECT_EQ(each.endpoint, "..");
}

// Whoever labels endpoints decides how many there are.
TEST_F(ConsulCatalog, WarnsOnceOfWhatRegistrationsLackUntilThatChanges) {
  const temp_dir directory;
  ASSERT_TRUE(log::to_file(directory / "log"));
  sink();
  std::vector<endpoint> endpoints;
  for (int i = 0; i < 20; ++i) {
    endpoints.push_back(endpoint_at("e" + std::to_string(i), static_cast<std::uint16_t>(80 + i)));
    endpoints.back().meta["check_ttl"] = "soon";
  }
  for (int i = 0; i < 3; ++i) apply({service_with("web", endpoints)});
  const auto warnings = [&] {
    std::istringstream text(read_file(directory / "log"));
    std::vector<std::string> found;
    for (std::string line; std::getline(text, line);)
      if (line.find("registered without") != std::string::npos) found.push_back(line);
    return found;
  };
  ASSERT_EQ(warnings().size(), 1U) << read_file(directory / "log");
  EXPECT_NE(warnings().front().find("and 19 more"), std::string::npos) << warnings().front();
  endpoints.pop_back();
  apply({service_with("web", endpoints)});
  EXPECT_EQ(warnings().size(), 2U) << "it is another set";
  ASSERT_TRUE(log::to_file({}));
}

TEST_F(ConsulCatalog, KeepsEndpointsApartThatShareAnIdInTwoServices) {
  sink();
  apply(
      {service_with("db", {endpoint_at("1", 81)}), service_with("web", {endpoint_at("1", 80), endpoint_at("2", 82)})});
  EXPECT_TRUE(has("db:1") && has("web:1") && has("2")) << services().dump();
}

TEST_F(ConsulCatalog, TouchesNothingThatItDoesNotOwn) {
  consul_.add("web", "theirs", "10.0.0.1", 80);
  sink();
  apply({service_with("web", {endpoint_at("theirs", 81), endpoint_at("ours", 82)})});
  EXPECT_EQ(services()["theirs"]["Port"], 80);
  EXPECT_TRUE(has("ours"));
  ASSERT_EQ(sink_->refused().size(), 1U);
  EXPECT_NE(sink_->refused().front().why.find("not ours"), std::string::npos);
  apply({});
  EXPECT_TRUE(has("theirs"));
  EXPECT_FALSE(has("ours"));
  sink("adopt = true\n");
  apply({service_with("web", {endpoint_at("theirs", 81)})});
  EXPECT_EQ(services()["theirs"]["Port"], 81) << "taken over";
}

TEST_F(ConsulCatalog, LivesBesideAnother) {
  sink();
  const auto other = make("adopt = true\n", "other");
  apply({service_with("web", {endpoint_at("mine", 80)})});
  EXPECT_EQ(other->apply({service_with("web", {endpoint_at("mine", 90), endpoint_at("others", 81)})}).result, DRCON_OK);
  EXPECT_EQ(services()["mine"]["Port"], 80) << "adopt takes nothing from another drcon";
  apply({service_with("web", {endpoint_at("mine", 82)})});
  EXPECT_EQ(other->apply({}).result, DRCON_OK);
  EXPECT_TRUE(has("mine"));
  EXPECT_FALSE(has("others"));
}

TEST_F(ConsulCatalog, KeepsAwayWhileAnotherSinkKeepsRegistrationsWithTheSameOwner) {
  sink("verify = \"1h\"\n");
  apply({service_with("web", {endpoint_at("a", 80), endpoint_at("b", 81)})});
  auto other = make("check = { ttl = \"1s\" }\n");
  const std::vector<service> wanted = {service_with("web", {endpoint_at("a", 90)}),
                                       service_with("api", {endpoint_at("c", 82)})};
  std::string why;
  EXPECT_TRUE(wait_until([&] {
    why = other->apply(wanted).why;
    return why.find("give one of the two sinks another 'owner'") != std::string::npos;
  })) << why;
  EXPECT_NE(why.find("process " + std::to_string(::getpid())), std::string::npos) << why;
  EXPECT_EQ(services()["a"]["Port"], 80);
  EXPECT_TRUE(has("b")) << services().dump();
  EXPECT_FALSE(has("c"));
  sink_.reset();  // it has ended: the other one goes on at once
  const auto how = other->apply(wanted);
  EXPECT_EQ(how.result, DRCON_OK) << how.why;
  EXPECT_EQ(services()["a"]["Port"], 90);
  EXPECT_TRUE(has("c"));
  EXPECT_TRUE(has("b")) << "another drcon has it, which may only be restarted";
  EXPECT_NE(other->status().text.find("of another drcon or another configuration with the same owner, and stays: 'b'"),
            std::string::npos)
      << other->status().text;
  ASSERT_EQ(other->apply({}).result, DRCON_OK);
  EXPECT_FALSE(has("a") || has("c")) << "what is its own goes";
  EXPECT_TRUE(has("b"));
}

// As two drcon on one host with a sink of one name each: the default owner has no more in it.
TEST_F(ConsulCatalog, LeavesWhatAnotherSinkWithTheSameOwnerRegisters) {
  sink();
  apply({service_with("web", {endpoint_at("a", 80), endpoint_at("b", 81)})});
  const auto other = make();
  const std::vector<service> wanted = {service_with("api", {endpoint_at("c", 82)})};
  ASSERT_EQ(other->apply(wanted).result, DRCON_OK);
  const auto says = [](const sink_harness& one) {
    return one.status().text.find("has the mark of another drcon") != std::string::npos;
  };
  EXPECT_TRUE(wait_until([&] { return says(*sink_) && says(*other); }))
      << sink_->status().text << "; " << other->status().text;
  EXPECT_TRUE(has("a") && has("b") && has("c")) << services().dump();
  apply({service_with("web", {endpoint_at("a", 80)})});
  EXPECT_FALSE(has("b")) << "each removes what it has registered";
  sink_.reset();
  ASSERT_EQ(other->apply(wanted).result, DRCON_OK);
  EXPECT_TRUE(has("a")) << "it may only be restarted";
}

// As `drcon once -c OTHER` while the drcon of this host is stopped: both name their sink "consul", and so have one
// owner.
class ConsulCatalogOnce : public ConsulCatalog, public ::testing::WithParamInterface<const char*> {
protected:
  // What it is about, and what it says.
  std::string once(const drcon_process& by, const std::string& id) const {
    write_file(by.directory() / "hosts.toml", "[[service]]\nname = \"web\"\n[[service.endpoint]]\nid = \"" + id +
                                                  "\"\naddress = \"10.0.0.1\"\nport = 80\n");
    const auto how = by.verb("once");
    EXPECT_EQ(how.code, 0) << how.out << how.err;
    return how.out + how.err;
  }
  std::string config() const {
    return "[source.hosts]\nplugin = \"file\"\npath = \"hosts.toml\"\n[sink.consul]\nplugin = \"consul-catalog\"\n" +
           std::string(GetParam()) + "address = \"" + consul_.url() +
           "\"\n[pipeline.p]\nsources = [\"hosts\"]\nsinks = [\"consul\"]\n" + no_brake;
  }
};

INSTANTIATE_TEST_SUITE_P(Isolation, ConsulCatalogOnce, ::testing::Values("", "isolation = \"process\"\n"),
                         [](const auto& each) { return *each.param == 0 ? "InDrcon" : "InAProcessOfItsOwn"; });

TEST_P(ConsulCatalogOnce, LeavesWhatAnotherConfigurationHasRegistered) {
  const drcon_process usual(config());
  const drcon_process other(config());
  once(usual, "a");
  EXPECT_TRUE(has("a"));
  const auto said = once(other, "b");
  EXPECT_TRUE(has("b"));
  EXPECT_TRUE(has("a")) << "it is no leftover of the configuration that was used";
  EXPECT_NE(
      said.find("1 registration is of another drcon or another configuration with the same owner, and stays: 'a'"),
      std::string::npos)
      << said;
  once(usual, "c");
  EXPECT_TRUE(has("c"));
  EXPECT_FALSE(has("a")) << "an earlier run with the same configuration has left it";
  EXPECT_TRUE(has("b"));
}

// As after the configuration has been moved.
TEST_P(ConsulCatalogOnce, TakesOverWhatAnotherConfigurationHasRegisteredOfWhatItDesires) {
  once(drcon_process(config()), "a");
  const drcon_process moved(config());
  once(moved, "a");
  once(moved, "b");
  EXPECT_FALSE(has("a")) << "it was its own since it desired it";
}

TEST_F(ConsulCatalog, LeavesToOneOfTwoSinksWithTheSameOwnerWhatBothRegister) {
  sink();
  const auto other = make();
  const auto one_says = [&] {
    for (const auto& why : {sink_->apply({service_with("web", {endpoint_at("a", 80), endpoint_at("shared", 81)})}).why,
                            other->apply({service_with("web", {endpoint_at("b", 80), endpoint_at("shared", 82)})}).why})
      if (why.find("keeps registrations with the same owner") != std::string::npos) return true;
    return false;
  };
  EXPECT_TRUE(wait_until(one_says, 30s)) << sink_->status().text << "; " << other->status().text;
}

// Who may register one service can write any mark into its check.
TEST_F(ConsulCatalog, IsNotKeptAwayByAMarkThatAnybodyMayWrite) {
  consul_.add("evil", "evil", "10.0.0.66", 66,
              {{"Meta", {{"drcon-owner", "me"}}},
               {"Check", {{"CheckID", "drcon:evil"}, {"Name", "drcon"}, {"TTL", "1h"}, {"Status", "passing"}}}});
  int count = 0;
  const auto renew = [&] {
    consul_.put("/v1/agent/check/update/drcon:evil",
                {{"Status", "passing"}, {"Output", "[kept by !:1:x:1:1 #" + std::to_string(++count) + "]"}});
  };
  renew();
  sink();
  EXPECT_TRUE(wait_until([&] {
    renew();
    apply({service_with("web", {endpoint_at("a", 80 + count % 2), endpoint_at("b", 81)})});
    return sink_->status().text.find("registration 'evil' has the mark of another drcon") != std::string::npos;
  })) << sink_->status().text;
  EXPECT_TRUE(has("a") && has("b"));
  apply({service_with("web", {endpoint_at("b", 81)})});
  EXPECT_FALSE(has("a")) << "and what is its own is removed";
  consul_.remove("evil");
  apply({service_with("web", {endpoint_at("b", 81)})});
  EXPECT_EQ(sink_->status().state, DRCON_STATE_OK) << sink_->status().text;
}

// The default owner has the sink's name.
TEST_F(ConsulCatalog, TakesOverWhatASinkHadThatWasRenamed) {
  sink();
  apply({service_with("web", {endpoint_at("a", 80), endpoint_at("b", 81), endpoint_at("left", 82)})});
  sink_.reset();
  const auto renamed = make("verify = \"1h\"\n", "renamed");
  const auto owner_of = [this](const std::string& id) { return services()[id]["Meta"]["drcon-owner"]; };
  ASSERT_EQ(renamed->apply({service_with("web", {endpoint_at("a", 80), endpoint_at("b", 81)})}).result, DRCON_OK);
  EXPECT_EQ(owner_of("a"), "me") << "the former sink may be about to start again";
  EXPECT_NE(renamed->status().text.find("ids that others registered"), std::string::npos) << renamed->status().text;
  ASSERT_TRUE(wait_until([&] { return owner_of("a") == "renamed" && owner_of("b") == "renamed"; }, 30s))
      << services().dump();
  EXPECT_EQ(passing("web"), (std::set<std::string>{"a", "b", "left"})) << "nobody knows whether somebody keeps it";
  EXPECT_TRUE(wait_until([&] { return renamed->status().text.find("'me'") != std::string::npos; }, 30s));
  EXPECT_NE(renamed->status().text.find("'left'; deregister them"), std::string::npos) << renamed->status().text;
  ASSERT_EQ(renamed->apply({service_with("web", {endpoint_at("b", 81)})}).result, DRCON_OK);
  EXPECT_FALSE(has("a")) << "it is ours, and goes with its endpoint";
  consul_.remove("left");
  ASSERT_EQ(renamed->reconcile().result, DRCON_OK);
  EXPECT_EQ(renamed->status().state, DRCON_STATE_OK) << renamed->status().text;
}

// What explain and diff go by.
TEST_F(ConsulCatalog, RendersWhatTheAgentHasBesideWhatItWouldRegister) {
  const auto shown = [&](std::vector<endpoint> endpoints) {
    auto all = sink_->render({service_with("web", std::move(endpoints))});
    EXPECT_EQ(all.size(), 1U);
    return all.front();
  };
  sink("verify = \"1h\"\n");
  const auto a = endpoint_at("a", 80);
  auto now = shown({a});
  EXPECT_EQ(now.live, "") << "it is not registered yet";
  EXPECT_NE(now.wanted.find("\"ID\":\"a\""), std::string::npos) << now.wanted;
  consul_.add("web", "foreign", "10.0.0.1", 80);
  apply({service_with("web", {a, endpoint_at("b", 81)})});
  now = shown({a, endpoint_at("b", 81)});
  EXPECT_EQ(now.live, now.wanted);
  now = shown({a});
  ASSERT_TRUE(now.live.has_value());
  EXPECT_TRUE(now.live->starts_with(now.wanted)) << *now.live;
  EXPECT_NE(now.live->find("\"ID\":\"b\""), std::string::npos) << "it is to be removed";
  auto sick = a;
  sick.health = health::critical;
  EXPECT_NE(shown({sick}).live, shown({sick}).wanted) << "the agent has it as passing";
  consul_.add("web", "a", "10.0.0.9", 99, {{"Meta", {{"drcon-owner", "me"}}}});
  now = shown({a});
  EXPECT_NE(now.live->find("\"Port\":99"), std::string::npos) << "as somebody has edited it";
  EXPECT_EQ(now.live->find("foreign"), std::string::npos);
  consul_.stop();
  EXPECT_FALSE(shown({a}).live.has_value());
}

TEST_F(ConsulCatalog, CleansGhostsOfARunBefore) {
  sink();
  apply({service_with("web", {endpoint_at("a", 80), endpoint_at("ghost", 81)})});
  sink();  // a host that crashed, and knows nothing of what it did
  apply({service_with("web", {endpoint_at("a", 80)})});
  EXPECT_TRUE(has("a"));
  EXPECT_FALSE(has("ghost"));
}

TEST_F(ConsulCatalog, CorrectsWhatWasRemovedOrEditedByHand) {
  sink();
  apply({service_with("web", {endpoint_at("a", 80), endpoint_at("b", 81)})});
  consul_.remove("a");
  consul_.add("web", "b", "10.0.0.9", 99, {{"Meta", services()["b"]["Meta"]}});
  EXPECT_TRUE(wait_until([this] { return has("a") && services()["b"]["Port"] == 81; })) << services().dump();
  consul_.put("/v1/agent/check/deregister/drcon:a");
  EXPECT_TRUE(wait_until([this] { return checks().contains("drcon:a"); }))
      << sink_->status().text << checks().dump() << sink_->metrics();
}

TEST_F(ConsulCatalog, RegistersAllAgainWhenTheAgentCameBackEmpty) {
  sink();
  apply({service_with("web", {endpoint_at("a", 80), endpoint_at("b", 81)})});
  consul_.kill9();
  EXPECT_TRUE(wait_until([this] { return sink_->status().state == DRCON_STATE_AWAY; }));
  consul_.start(false);
  EXPECT_TRUE(wait_until([this] { return passing("web").size() == 2; })) << services().dump();
  EXPECT_TRUE(wait_until([this] { return sink_->status().state == DRCON_STATE_OK; })) << sink_->status().text;
}

TEST_F(ConsulCatalog, AsksForAnotherTryWhileTheAgentIsUnreachable) {
  consul_.kill9();
  sink();
  const auto how = sink_->apply({service_with("web", {endpoint_at("a", 80)})});
  EXPECT_EQ(how.result, DRCON_RETRY);
  EXPECT_NE(how.why.find("cannot connect"), std::string::npos) << how.why;
  consul_.start(false);
  EXPECT_TRUE(wait_until([this] { return has("a"); })) << "it tends by itself, too";
}

TEST_F(ConsulCatalog, KeepsATtlCheckAliveAndLetsItRunOutWhenItIsGone) {
  // Long enough for a machine that is busy to send a sign of life in time.
  sink("check = { ttl = \"3s\" }\n");
  apply({service_with("web", {endpoint_at("a", 80)})});
  const auto start = std::chrono::steady_clock::now();
  bool always = true;
  EXPECT_TRUE(wait_until([&] {
    always &= checks()["drcon:a"]["Status"] == "passing";
    return std::chrono::steady_clock::now() - start > 7500ms;
  }));
  EXPECT_TRUE(always);
  sink_.reset();
  EXPECT_TRUE(wait_until([this] { return checks()["drcon:a"]["Status"] == "critical"; }));
}

TEST_F(ConsulCatalog, RegistersFiveHundredAtOnce) {
  sink();
  std::vector<endpoint> many;
  for (int i = 0; i < 500; ++i) many.push_back(endpoint_at("e" + std::to_string(i), 1000 + i));
  apply({service_with("web", many)});
  EXPECT_EQ(services().size(), 500U);
}

TEST_F(ConsulCatalog, RefusesOptionsThatMakeNoSense) {
  for (const auto* toml :
       {"address = \"ftp://x\"", "check = { http = \"/\", tcp = true }", "check = { ttl = \"soon\" }",
        "verify = \"1ms\"", "owner = \"a b\"", "deregister_critical_service_after = \"x\""})
    EXPECT_ANY_THROW(sink_harness("consul-catalog", toml)) << toml;
}

// Consul answers 500 for a moment, as while its disk is full, for what it would take later.
TEST(ConsulCatalogFaults, OneRegistrationThatFailsHoldsUpOnlyTheRemovalsOfItsService) {
  scripted_consul agent;
  const auto ghost = [](const char* service) { return json{{"Service", service}, {"Meta", {{"drcon-owner", "me"}}}}; };
  agent.set("/v1/agent/services", {.body = json{{"old-web", ghost("web")}, {"old-api", ghost("api")}}.dump()});
  agent.set("/v1/agent/checks", {.body = "{}"});
  agent.set("/v1/agent/service/register", {.status = 500, .body = "no space left on device"});
  sink_harness sink("consul-catalog", "address = \"" + agent.url() + "\"\nowner = \"me\"\n");
  sink.start();
  const auto how = sink.apply({service_with("web", {endpoint_at("a", 80)})});
  EXPECT_EQ(how.result, DRCON_RETRY);
  EXPECT_NE(how.why.find("no space left"), std::string::npos) << how.why;
  EXPECT_FALSE(agent.requests("/v1/agent/service/deregister/old-api").empty());
  EXPECT_TRUE(agent.requests("/v1/agent/service/deregister/old-web").empty()) << "web would have no instance at all";
}

class ConsulCatalogScripts : public ConsulCatalog {
protected:
  ConsulCatalogScripts() : ConsulCatalog({{"enable_script_checks", true}}) {}
};

TEST_F(ConsulCatalogScripts, PassesScriptChecksOnWhereTheAgentAllowsThem) {
  sink("scripts = true\n");
  const std::map<std::string, std::string> good{{"check_script", "test $SERVICE_PORT = 8001"},
                                                {"check_interval", "100ms"}};
  auto bad = good;
  bad["check_script"] = "echo at $SERVICE_IP:$SERVICE_PORT; exit 2";
  apply({service_with("web", {endpoint_at("good", 8001, good), endpoint_at("bad", 8002, bad)})});
  EXPECT_TRUE(wait_until([this] {
    const auto now = checks();
    return now["service:good"]["Status"] == "passing" && now["service:bad"]["Output"] == "at 127.0.0.1:8002\n";
  })) << checks().dump(1);
  EXPECT_TRUE(wait_until([this] { return passing("web") == std::set<std::string>{"good"}; }));
}

class ConsulCatalogAcl : public ConsulCatalog {
protected:
  ConsulCatalogAcl()
      : ConsulCatalog(
            {{"primary_datacenter", "dc1"},
             {"acl",
              {{"enabled", true}, {"default_policy", "deny"}, {"tokens", {{"master", token}, {"agent", token}}}}}},
            token) {}
  static constexpr auto token = "4a1f1e0c-0000-4000-8000-000000000001";
};

TEST_F(ConsulCatalogAcl, UsesItsTokenAndSaysWhenItHasNone) {
  sink();
  const auto how = sink_->apply({service_with("web", {endpoint_at("a", 80)})});
  EXPECT_EQ(how.result, DRCON_RETRY);
  EXPECT_NE(how.why.find("403"), std::string::npos) << how.why;
  sink(std::string("token = \"") + token + "\"\n");
  EXPECT_TRUE(
      wait_until([this] { return sink_->apply({service_with("web", {endpoint_at("a", 80)})}).result == DRCON_OK; }));
}

}  // namespace
}  // namespace drcon::test
