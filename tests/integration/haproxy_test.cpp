// The haproxy sink against a real HAProxy, in both modes.
#include "support/backend.hpp"
#include "support/haproxy_server.hpp"
#include "support/plugin_harness.hpp"
#include "support/ports.hpp"
#include "support/process.hpp"
#include "support/service_at.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <map>
#include <set>
#include <sstream>

namespace drcon::test {
namespace {

constexpr auto dynamic_backends = "backend web\n  balance roundrobin\nbackend other\n  balance roundrobin\n";
constexpr auto slot_backends =
    "backend web\n  balance roundrobin\n  server-template drcon 1-4 127.0.0.1:1 disabled\n"
    "backend other\n  server-template drcon 1-2 127.0.0.1:1 disabled\n";

constexpr uid_t nobody = 65534;

class HaproxyBase : public ::testing::Test {
protected:
  explicit HaproxyBase(bool slots) : slots_(slots), haproxy_(slots ? slot_backends : dynamic_backends) {}

  sink_harness& sink(const std::string& more = {}) {
    sink_.reset();
    sink_ = std::make_unique<sink_harness>(
        "haproxy", haproxy_.options() + (slots_ ? "mode = \"slots\"\n" : "server_options = \"\"\n") + more);
    sink_->start();
    return *sink_;
  }
  // By other sockets than that of sink().
  void sink_at(const std::string& options) {
    sink_ = std::make_unique<sink_harness>("haproxy", options + (slots_ ? "mode = \"slots\"\n" : ""));
    sink_->start();
  }
  std::string over_tcp() const { return "socket = \"127.0.0.1:" + std::to_string(haproxy_.tcp_socket()) + "\"\n"; }
  std::string through_the_master() const {
    return "master = true\nsocket = \"" + haproxy_.master_socket().string() + "\"\n";
  }
  outcome apply(const std::vector<const backend*>& places) { return sink_->apply({service_at("web", places)}); }

  // Who answers a few requests that follow each other.
  std::set<std::string> answers(int requests = 12) const { return answerers(haproxy_.port(), requests); }
  bool answered_by(const std::set<std::string>& names) const {
    return wait_until([&] { return answers() == names; });
  }
  // Servers of ours that are not in maintenance.
  std::set<std::string> in_service(const std::string& of = "web") const {
    std::set<std::string> all;
    for (const auto& each : haproxy_.servers(of))
      if (const auto admin = haproxy_.field(of + "/" + each, "srv_admin_state");
          each.starts_with("drcon") && !admin.empty() && (std::stoi(admin) & 0x3b) == 0)
        all.insert(each);
    return all;
  }
  std::string server_of(const backend& which) const {
    for (const auto& each : haproxy_.servers())
      if (haproxy_.field("web/" + each, "srv_port") == std::to_string(which.port())) return "web/" + each;
    return {};
  }

  const bool slots_;
  haproxy_server haproxy_;
  std::unique_ptr<sink_harness> sink_;
  backend a_{"a"};
  backend b_{"b"};
  backend c_{"c"};
};

class HaproxySink : public HaproxyBase, public ::testing::WithParamInterface<bool> {
protected:
  HaproxySink() : HaproxyBase(GetParam()) {}
};

INSTANTIATE_TEST_SUITE_P(Mode, HaproxySink, ::testing::Bool(),
                         [](const auto& each) { return each.param ? "Slots" : "Dynamic"; });

TEST_P(HaproxySink, ServesWhatItAppliedWhenItSaysSo) {
  sink();
  ASSERT_EQ(apply({&a_}).result, DRCON_OK);
  EXPECT_EQ(answers(), std::set<std::string>{"a"});
  for (int i = 0; i < 4; ++i) {
    const auto& to = i % 2 == 0 ? b_ : a_;
    ASSERT_EQ(apply({&to}).result, DRCON_OK);
    EXPECT_EQ(answers(), std::set<std::string>{to.name()}) << "right after the answer, and alone";
  }
  ASSERT_EQ(apply({&a_, &b_, &c_}).result, DRCON_OK);
  EXPECT_EQ(answers(), (std::set<std::string>{"a", "b", "c"}));
  EXPECT_EQ(haproxy_.reloads(), 0);
}

TEST_P(HaproxySink, GivesNoCommandForWhatIsServedAlready) {
  sink();
  ASSERT_EQ(apply({&a_}).result, DRCON_OK);
  const auto commands = sink_->metrics().find("drcon_haproxy_commands_total");
  const auto count = [this, commands] { return sink_->metrics().substr(commands, 200); };
  const auto before = count();
  ASSERT_EQ(apply({&a_}).result, DRCON_OK);
  ASSERT_EQ(sink_->reconcile().result, DRCON_OK);
  EXPECT_EQ(count(), before);
  // Another drcon, after a restart, finds everything in place.
  sink();
  ASSERT_EQ(apply({&a_}).result, DRCON_OK);
  EXPECT_EQ(sink_->metrics().find("drcon_haproxy_commands_total"), std::string::npos) << sink_->metrics();
}

TEST_P(HaproxySink, SetsWeightsAndStates) {
  sink();
  auto web = service_at("web", {&a_, &b_, &c_});
  web.endpoints[0].weight = 30;
  web.endpoints[1].weight = 10;
  web.endpoints[2].health = health::maintenance;
  ASSERT_EQ(sink_->apply({web}).result, DRCON_OK);
  EXPECT_EQ(haproxy_.field(server_of(a_), "srv_uweight"), "30");
  EXPECT_EQ(haproxy_.field(server_of(b_), "srv_uweight"), "10");
  EXPECT_EQ(answers(), (std::set<std::string>{"a", "b"}));
  EXPECT_NE(std::stoi(haproxy_.field(server_of(c_), "srv_admin_state")) & 1, 0);
  web.endpoints[0].weight = 0;
  web.endpoints[2].health = health::passing;
  ASSERT_EQ(sink_->apply({web}).result, DRCON_OK);
  EXPECT_EQ(answers(), (std::set<std::string>{"b", "c"}));
}

TEST_P(HaproxySink, GivesAnEndpointInWarningLess) {
  sink();
  auto web = service_at("web", {&a_, &b_});
  web.endpoints[0].health = health::warning;
  ASSERT_EQ(sink_->apply({web}).result, DRCON_OK);
  EXPECT_EQ(haproxy_.field(server_of(a_), "srv_uweight"), "1");
  EXPECT_EQ(haproxy_.field(server_of(b_), "srv_uweight"), "2");
  sink("warning = \"drain\"\n");
  ASSERT_EQ(sink_->apply({web}).result, DRCON_OK);
  EXPECT_EQ(answers(), std::set<std::string>{"b"});
}

TEST_P(HaproxySink, ReachesEndpointsOverIPv6) {
  const backend six("six", "::1");
  sink();
  ASSERT_EQ(apply({&six}).result, DRCON_OK);
  EXPECT_EQ(answers(), std::set<std::string>{"six"});
}

TEST_P(HaproxySink, FinishesALongRequestWhileItsServerLeaves) {
  sink();
  ASSERT_EQ(apply({&a_}).result, DRCON_OK);
  const auto server = server_of(a_);
  auto slow = std::async(std::launch::async, [this] { return haproxy_.get("/held"); });
  ASSERT_TRUE(wait_until([this] { return a_.requests() == 1; }));
  ASSERT_EQ(apply({&b_}).result, DRCON_OK);
  EXPECT_EQ(answers(), std::set<std::string>{"b"}) << "nothing new goes to the old one";
  const auto admin = haproxy_.field(server, "srv_admin_state");
  EXPECT_NE(std::stoi(admin.empty() ? "0" : admin) & 8, 0) << "it drains: " << admin;
  a_.release();
  EXPECT_EQ(slow.get().body, "a\n");
  EXPECT_TRUE(wait_until([&] {
    const auto now = haproxy_.field(server, "srv_admin_state");
    return now.empty() || (std::stoi(now) & 1) != 0;  // deleted, or a free slot
  }));
}

TEST_P(HaproxySink, CutsOffWhatOutlastsTheDrainOnlyWhenAsked) {
  sink("drain_timeout = \"100ms\"\nshutdown_sessions = true\n");
  ASSERT_EQ(apply({&a_}).result, DRCON_OK);
  const auto server = server_of(a_);
  auto slow = std::async(std::launch::async, [this] { return haproxy_.get("/slow/8000"); });
  ASSERT_TRUE(wait_until([this] { return a_.requests() == 1; }));
  ASSERT_EQ(apply({&b_}).result, DRCON_OK);
  EXPECT_NE(slow.get().body, "a\n");
  EXPECT_TRUE(wait_until([&] {
    const auto now = haproxy_.field(server, "srv_admin_state");
    return now.empty() || (std::stoi(now) & 1) != 0;
  }));
}

TEST_P(HaproxySink, TakesBackAServerThatReturnsWhileItDrains) {
  sink();
  ASSERT_EQ(apply({&a_, &b_}).result, DRCON_OK);
  auto slow = std::async(std::launch::async, [this] {
    std::vector<std::string> got;
    for (int i = 0; i < 2; ++i) got.push_back(haproxy_.get("/slow/800").body);
    return got;
  });
  ASSERT_TRUE(wait_until([this] { return a_.requests() + b_.requests() >= 1; }));
  ASSERT_EQ(apply({&b_}).result, DRCON_OK);
  ASSERT_EQ(apply({&a_, &b_}).result, DRCON_OK);
  EXPECT_EQ(answers(), (std::set<std::string>{"a", "b"}));
  for (const auto& body : slow.get()) EXPECT_NE(body, "");
  EXPECT_EQ(in_service().size(), 2U);
}

TEST_P(HaproxySink, AppliesEverythingAgainAfterAReload) {
  sink();
  ASSERT_EQ(apply({&a_, &b_}).result, DRCON_OK);
  haproxy_.reload();
  EXPECT_TRUE(answered_by({"a", "b"})) << haproxy_.command("show servers state");
  EXPECT_NE(sink_->metrics().find("process_changes_total"), std::string::npos);
}

TEST_P(HaproxySink, AppliesEverythingAgainAfterARestart) {
  sink();
  ASSERT_EQ(apply({&a_, &b_}).result, DRCON_OK);
  haproxy_.kill9();
  EXPECT_TRUE(wait_until([this] { return sink_->status().text.find("stats.sock") != std::string::npos; }))
      << "its absence is told: " << sink_->status().text;
  EXPECT_EQ(apply({&c_}).result, DRCON_RETRY);
  haproxy_.start();
  EXPECT_TRUE(answered_by({"c"})) << "the newest wish, without waiting for the host";
}

TEST_P(HaproxySink, SaysWhichBackendIsMissingAndAppliesTheRest) {
  sink();
  const auto how = sink_->apply({service_at("nowhere", {&a_}), service_at("web", {&b_})});
  EXPECT_EQ(how.result, DRCON_OK) << how.why;
  EXPECT_EQ(sink_->status().state, DRCON_STATE_DEGRADED);
  EXPECT_NE(sink_->status().text.find("no backend nowhere"), std::string::npos) << sink_->status().text;
  ASSERT_EQ(sink_->refused().size(), 1U);
  EXPECT_EQ(sink_->refused()[0].service, "nowhere");
  EXPECT_EQ(answers(), std::set<std::string>{"b"});
}

TEST_P(HaproxySink, RetriesWhereHaproxyHasNoneOfTheBackends) {
  sink();
  const auto how = sink_->apply({service_at("nowhere", {&a_})});
  EXPECT_EQ(how.result, DRCON_RETRY);
  EXPECT_NE(how.why.find("no backend nowhere"), std::string::npos) << how.why;
}

TEST_P(HaproxySink, NoticesByItselfThatAServerWasChangedByHand) {
  sink("compare = \"50ms\"\nmanual = \"override\"\n");
  ASSERT_EQ(apply({&a_}).result, DRCON_OK);
  haproxy_.command("set server " + server_of(a_) + " weight 0");
  EXPECT_TRUE(wait_until([this] { return haproxy_.field(server_of(a_), "srv_uweight") == "1"; }));
  haproxy_.command("set server " + server_of(a_) + " state maint");
  EXPECT_TRUE(answered_by({"a"}));
}

TEST_P(HaproxySink, SaysThatABackendHasGoneWithoutWaitingForAChange) {
  sink();
  ASSERT_EQ(sink_->apply({service_at("other", {&b_}), service_at("web", {&a_})}).result, DRCON_OK);
  ASSERT_TRUE(sink_->refused().empty());
  haproxy_.configure(std::string(slots_ ? slot_backends : dynamic_backends)
                         .substr(0, std::string(slots_ ? slot_backends : dynamic_backends).find("backend other")));
  haproxy_.reload();
  ASSERT_TRUE(wait_until([&] { return !sink_->refused().empty(); })) << sink_->status().text;
  EXPECT_EQ(sink_->refused().front().service, "other");
  EXPECT_EQ(sink_->refused().front().why, "HAProxy's configuration has no backend other");
  EXPECT_EQ(sink_->refused().size(), 1U) << "however often it is looked at";
}

TEST_P(HaproxySink, LeavesServersOfOthersAlone) {
  haproxy_.configure(std::string(slots_ ? "backend web\n  server-template drcon 1-4 127.0.0.1:1 disabled\n"
                                        : "backend web\n  balance roundrobin\n") +
                     "  server fixed " + c_.address() + ":" + std::to_string(c_.port()) + "\n");
  haproxy_.reload();
  haproxy_.command("add server web/byhand 127.0.0.1:" + std::to_string(b_.port()) +
                   ";set server web/byhand state ready");
  sink("empty = \"remove\"\n");
  ASSERT_EQ(apply({&a_}).result, DRCON_OK);
  EXPECT_EQ(answers(30), (std::set<std::string>{"a", "b", "c"}));
  ASSERT_EQ(apply({}).result, DRCON_OK);
  EXPECT_TRUE(wait_until([this] { return in_service().empty(); }));
  EXPECT_EQ(answers(), (std::set<std::string>{"b", "c"}));
}

TEST_P(HaproxySink, LeavesABackendToTheSinkThatSetsIt) {
  sink();
  ASSERT_EQ(apply({&a_}).result, DRCON_OK);
  auto other = std::make_unique<sink_harness>(
      "haproxy", haproxy_.options() + (slots_ ? "mode = \"slots\"\n" : "server_options = \"\"\n"));
  other->start();
  const auto how = other->apply({service_at("other", {&c_}), service_at("web", {&b_})});
  EXPECT_EQ(how.result, DRCON_OK) << how.why;
  const auto said = other->status();
  EXPECT_EQ(said.state, DRCON_STATE_DEGRADED);
  EXPECT_NE(said.text.find("backend web keeps its servers"), std::string::npos) << said.text;
  EXPECT_NE(said.text.find("is held by pid " + std::to_string(getpid())), std::string::npos) << said.text;
  EXPECT_EQ(answers(), std::set<std::string>{"a"});
  EXPECT_EQ(in_service("other").size(), 1U) << "that backend is nobody else's";
  EXPECT_EQ(other->apply({service_at("other", {&c_}), service_at("web", {&a_})}).result, DRCON_OK)
      << "there is nothing to set";
  EXPECT_EQ(other->apply({service_at("web", {&b_})}).result, DRCON_RETRY) << "nothing of it is applied";
  EXPECT_EQ(other->apply({service_at("other", {&c_}), service_at("web", {&b_})}).result, DRCON_OK);
  ASSERT_EQ(apply({&a_}).result, DRCON_OK);
  haproxy_.reload();
  EXPECT_TRUE(answered_by({"a"})) << "a reload changes nothing in that";
  sink_.reset();
  EXPECT_TRUE(wait_until([&] { return other->reconcile().result == DRCON_OK; }));
  EXPECT_TRUE(answered_by({"b"}));
}

TEST_P(HaproxySink, LeavesABackendToTheSinkThatSetsItThroughAnotherSocket) {
  sink();
  ASSERT_EQ(apply({&a_}).result, DRCON_OK);
  const auto expect_kept_out = [this](const std::string& socket) {
    sink_harness other("haproxy", socket + (slots_ ? "mode = \"slots\"\n" : "server_options = \"\"\n"));
    other.start();
    const auto how = other.apply({service_at("other", {&c_}), service_at("web", {&b_})});
    EXPECT_EQ(how.result, DRCON_OK) << socket << how.why;
    const auto said = other.status();
    EXPECT_EQ(said.state, DRCON_STATE_DEGRADED) << socket;
    EXPECT_NE(said.text.find("is held by pid " + std::to_string(getpid())), std::string::npos) << said.text;
    EXPECT_EQ(answers(), std::set<std::string>{"a"});
    EXPECT_EQ(in_service("other").size(), 1U) << "that backend is nobody else's";
  };
  expect_kept_out(over_tcp());
  expect_kept_out(through_the_master());
  haproxy_.reload();  // another process, and the same one for all three
  ASSERT_EQ(apply({&a_}).result, DRCON_OK);
  expect_kept_out(over_tcp());
}

TEST_P(HaproxySink, RespectsAServerThatWasTakenOutByHand) {
  sink();
  ASSERT_EQ(apply({&a_, &b_}).result, DRCON_OK);
  haproxy_.command("set server " + server_of(a_) + " state maint");
  ASSERT_EQ(sink_->reconcile().result, DRCON_OK);
  ASSERT_EQ(apply({&a_, &b_, &c_}).result, DRCON_OK);
  EXPECT_EQ(answers(), (std::set<std::string>{"b", "c"}));
  EXPECT_NE(sink_->status().text.find("by hand"), std::string::npos) << sink_->status().text;
  haproxy_.command("set server " + server_of(a_) + " state ready");
  ASSERT_EQ(sink_->reconcile().result, DRCON_OK);
  EXPECT_EQ(sink_->status().text.find("by hand"), std::string::npos) << sink_->status().text;
}

// Nobody else would report that a service has no server in rotation: the registry has them all in service.
TEST_P(HaproxySink, ReportsEachEndpointThatWasTakenOutByHandAsLeftOut) {
  sink("compare = \"100ms\"\n");
  ASSERT_EQ(apply({&a_, &b_}).result, DRCON_OK);
  const auto left_out = [this] {
    std::set<std::string> ids;
    for (const auto& each : sink_->refused()) ids.insert(each.service + "/" + each.endpoint);
    return ids;
  };
  EXPECT_TRUE(left_out().empty());
  for (const auto* each : {&a_, &b_}) haproxy_.command("set server " + server_of(*each) + " state maint");
  EXPECT_TRUE(wait_until([&] {
    return left_out() == std::set<std::string>{"web/a", "web/b"};
  })) << "without waiting for a change";
  EXPECT_NE(sink_->refused().front().why.find(" state ready' brings it back"), std::string::npos)
      << sink_->refused().front().why;
  haproxy_.command("set server " + server_of(b_) + " state ready");
  ASSERT_EQ(sink_->reconcile().result, DRCON_OK);
  EXPECT_EQ(sink_->status().text.find(server_of(b_)), std::string::npos) << sink_->status().text;
  EXPECT_NE(sink_->status().text.find(server_of(a_)), std::string::npos) << sink_->status().text;
}

TEST_P(HaproxySink, RespectsAServerThatWasTakenOutByHandAcrossARestart) {
  for (const std::string state : {"maint", "drain"}) {
    SCOPED_TRACE(state);
    sink();
    ASSERT_EQ(apply({&a_, &b_}).result, DRCON_OK);
    haproxy_.command("set server " + server_of(a_) + " state " + state);
    for (const std::string options : {"", "drain_timeout = \"29s\"\n"}) {  // a restart, and a reload of the sink
      sink(options);
      ASSERT_EQ(apply({&a_, &b_, &c_}).result, DRCON_OK);
      EXPECT_EQ(answers(), (std::set<std::string>{"b", "c"}));
      EXPECT_NE(sink_->status().text.find("by hand"), std::string::npos) << sink_->status().text;
    }
    haproxy_.command("set server " + server_of(a_) + " state ready");
    ASSERT_EQ(sink_->reconcile().result, DRCON_OK);
    EXPECT_TRUE(answered_by({"a", "b", "c"}));
    EXPECT_EQ(sink_->status().text.find("by hand"), std::string::npos) << sink_->status().text;
  }
}

TEST_P(HaproxySink, BringsBackWhatItTookOutItselfAfterARestart) {
  const backend d("d");
  auto web = service_at("web", {&a_, &b_, &c_, &d});
  sink("warning = \"drain\"\ndrain_timeout = \"1h\"\n");
  ASSERT_EQ(sink_->apply({web}).result, DRCON_OK);
  web.endpoints[0].health = health::critical;
  web.endpoints[1].health = health::warning;
  web.endpoints.pop_back();  // it drains when drcon ends
  ASSERT_EQ(sink_->apply({web}).result, DRCON_OK);
  EXPECT_TRUE(answered_by({"c"}));
  sink();
  ASSERT_EQ(apply({&a_, &b_, &c_, &d}).result, DRCON_OK);
  EXPECT_TRUE(answered_by({"a", "b", "c", "d"}));
  EXPECT_EQ(sink_->status().text, "");
}

// A slot keeps the address that it had last.
TEST_P(HaproxySink, TakesNoServerThatHadLeftForOneThatWasTakenOutByHand) {
  sink("drain_timeout = \"50ms\"\n");
  ASSERT_EQ(apply({&a_, &b_}).result, DRCON_OK);
  ASSERT_EQ(apply({&a_}).result, DRCON_OK);
  ASSERT_TRUE(wait_until([this] { return in_service().size() == 1; }));
  if (slots_) haproxy_.command("set server " + server_of(b_) + " weight 1");  // as drcon left it before it marked them
  sink();
  ASSERT_EQ(apply({&a_}).result, DRCON_OK);
  ASSERT_EQ(apply({&a_, &b_}).result, DRCON_OK);
  EXPECT_TRUE(answered_by({"a", "b"}));
  EXPECT_EQ(sink_->status().text, "");
}

TEST_P(HaproxySink, PutsItBackInServiceWhenAskedTo) {
  sink("manual = \"override\"\n");
  ASSERT_EQ(apply({&a_, &b_}).result, DRCON_OK);
  haproxy_.command("set server " + server_of(a_) + " state drain");
  ASSERT_EQ(sink_->reconcile().result, DRCON_OK);
  EXPECT_EQ(answers(), (std::set<std::string>{"a", "b"}));
}

TEST_P(HaproxySink, CorrectsWhatWasChangedByHand) {
  sink();
  ASSERT_EQ(apply({&a_, &b_}).result, DRCON_OK);
  haproxy_.command("set server " + server_of(a_) + " weight 77");
  haproxy_.command("set server " + server_of(b_) + " addr 127.0.0.1 port " + std::to_string(c_.port()));
  ASSERT_EQ(sink_->reconcile().result, DRCON_OK);
  EXPECT_EQ(answers(), (std::set<std::string>{"a", "b"}));
  EXPECT_EQ(haproxy_.field(server_of(a_), "srv_uweight"), "1");
}

// A name that was registered once must not stay with drcon for ever.
TEST_P(HaproxySink, GivesABackendUpOnceItsVanishedServiceHasNoServersLeft) {
  sink("empty = \"remove\"\n");
  ASSERT_EQ(sink_->apply({service_at("other", {&b_}), service_at("web", {&a_})}).result, DRCON_OK);
  sink_harness second("haproxy", haproxy_.options() + (slots_ ? "mode = \"slots\"\n" : "server_options = \"\"\n"));
  second.start();
  ASSERT_EQ(second.apply({service_at("other", {&c_})}).result, DRCON_RETRY) << "it is the other sink's";
  ASSERT_EQ(apply({&a_}).result, DRCON_OK);
  ASSERT_TRUE(wait_until([this] { return in_service("other").empty(); }));
  EXPECT_TRUE(wait_until([&] {
    return sink_->reconcile().result == DRCON_OK && second.apply({service_at("other", {&c_})}).result == DRCON_OK;
  })) << second.status().text;
  EXPECT_EQ(in_service("other").size(), 1U);
}

TEST_P(HaproxySink, KeepsTheServersOfAnEmptyServiceUnlessConfiguredOtherwise) {
  sink();
  ASSERT_EQ(apply({&a_}).result, DRCON_OK);
  EXPECT_TRUE(sink_->refused().empty());
  const auto says_so = [this] {
    const auto refused = sink_->refused();
    return refused.size() == 1 && refused[0].service == "web" && refused[0].endpoint.empty() &&
           refused[0].why == "service web has no usable endpoints; its last servers are kept";
  };
  ASSERT_EQ(apply({}).result, DRCON_OK);
  EXPECT_TRUE(wait_until(says_so));
  EXPECT_NE(sink_->metrics().find("drcon_haproxy_kept_services{kind=\"sink\",name=\"test\"} 1"), std::string::npos)
      << sink_->metrics();
  ASSERT_EQ(sink_->apply({}).result, DRCON_OK) << "not even known any more";
  EXPECT_TRUE(wait_until(says_so));
  EXPECT_EQ(answers(), std::set<std::string>{"a"});
  sink("empty = \"remove\"\n");
  ASSERT_EQ(apply({}).result, DRCON_OK);
  EXPECT_TRUE(sink_->refused().empty());
  EXPECT_TRUE(answered_by({"503"}));
}

TEST_P(HaproxySink, KeepsTheServersWhenEveryEndpointIsRefused) {
  sink();
  ASSERT_EQ(apply({&a_}).result, DRCON_OK);
  auto hostile = service_at("web", {&b_});
  hostile.endpoints[0].address = "127.0.0.1;shutdown frontend f";
  ASSERT_EQ(sink_->apply({hostile}).result, DRCON_OK);
  ASSERT_EQ(sink_->refused().size(), 2U) << "the endpoint, and that nothing is left of the service";
  EXPECT_EQ(sink_->refused()[0].endpoint, hostile.endpoints[0].id);
  EXPECT_EQ(sink_->refused()[1].why, "service web has no usable endpoints; its last servers are kept");
  EXPECT_EQ(answers(), std::set<std::string>{"a"});
}

// No brake has seen that loss, and `empty` is for services that are empty as far as the registry knows.
TEST_P(HaproxySink, KeepsTheLastServersOfAServiceWhoseEndpointsItRefuses) {
  sink("empty = \"remove\"\ndrain_timeout = \"100ms\"\n");
  ASSERT_EQ(apply({&a_}).result, DRCON_OK);
  auto green = service_at("web", {&b_});
  green.endpoints[0].address = "green.example";
  ASSERT_EQ(sink_->apply({service_at("other", {&c_}), green}).result, DRCON_OK);
  EXPECT_EQ(answers(), std::set<std::string>{"a"});
  EXPECT_EQ(in_service("other").size(), 1U) << "the rest goes on";
  EXPECT_EQ(sink_->status().state, DRCON_STATE_DEGRADED);
  EXPECT_NE(sink_->status().text.find("backend web keeps its last servers, since 1 of its 1 endpoint "),
            std::string::npos)
      << sink_->status().text;
  EXPECT_NE(sink_->metrics().find("drcon_haproxy_kept_services{kind=\"sink\",name=\"test\"} 1"), std::string::npos)
      << sink_->metrics();
  ASSERT_EQ(apply({&b_}).result, DRCON_OK);
  EXPECT_TRUE(answered_by({"b"}));
  EXPECT_EQ(sink_->status().state, DRCON_STATE_OK) << sink_->status().text;
}

TEST_P(HaproxySink, KeepsTheLastServersWhenOneOfManyIsLeftAndAddsThatOne) {
  sink("drain_timeout = \"100ms\"\n");
  const backend d("d");
  ASSERT_EQ(apply({&a_, &b_, &c_}).result, DRCON_OK);
  auto green = service_at("web", {&a_, &b_, &d});
  green.endpoints[0].address = "green.example";
  green.endpoints[1].address = "greener.example";
  ASSERT_EQ(sink_->apply({green}).result, DRCON_OK);
  EXPECT_TRUE(answered_by({"a", "b", "c", "d"}));
  ASSERT_EQ(sink_->reconcile().result, DRCON_OK);
  EXPECT_EQ(answers(), (std::set<std::string>{"a", "b", "c", "d"})) << "nor at a resync";
  green.endpoints[1].address = b_.address();
  ASSERT_EQ(sink_->apply({green}).result, DRCON_OK);
  EXPECT_TRUE(answered_by({"b", "d"})) << "half of them can be served";
}

// Where fewer were served than are desired, those that come must not count as served before.
TEST_P(HaproxySink, LetsLeaveWhatIsReplacedByAsManyThoughOthersAreRefused) {
  sink("drain_timeout = \"100ms\"\n");
  const backend d("d");
  ASSERT_EQ(apply({&a_, &b_}).result, DRCON_OK);
  auto green = service_at("web", {&c_, &d, &a_, &b_, &a_});
  for (std::size_t i = 2; i < 5; ++i) {
    green.endpoints[i].address = "green.example";
    green.endpoints[i].id = "g" + std::to_string(i);
  }
  ASSERT_EQ(sink_->apply({green}).result, DRCON_OK);
  EXPECT_TRUE(answered_by({"c", "d"}));
}

TEST_P(HaproxySink, SpeaksOverTcpAndThroughTheMaster) {
  for (const auto& where : {over_tcp(), through_the_master()}) {
    sink_at(where);
    const auto how = apply({&a_, &b_});
    ASSERT_EQ(how.result, DRCON_OK) << how.why;
    EXPECT_EQ(answers(), (std::set<std::string>{"a", "b"}));
    ASSERT_EQ(apply({&a_}).result, DRCON_OK);
    EXPECT_EQ(answers(), std::set<std::string>{"a"});
  }
}

TEST_P(HaproxySink, AppliesEverythingAgainAfterAReloadSeenThroughTheMaster) {
  sink_at("watch = \"50ms\"\n" + through_the_master());
  ASSERT_EQ(apply({&a_}).result, DRCON_OK);
  haproxy_.reload();
  EXPECT_TRUE(answered_by({"a"}));
}

// The master's prompt shows that the last reload failed, and is another one until the next good reload.
TEST_P(HaproxySink, AppliesThroughAMasterWhoseLastReloadFailed) {
  sink_at("watch = \"50ms\"\n" + through_the_master());
  ASSERT_EQ(apply({&a_}).result, DRCON_OK);
  haproxy_.fail_to_reload();
  const auto how = apply({&b_});
  ASSERT_EQ(how.result, DRCON_OK) << how.why;
  EXPECT_EQ(answers(), std::set<std::string>{"b"});
  sink_harness without("haproxy", "socket = \"" + haproxy_.master_socket().string() + "\"\n");
  without.start();
  EXPECT_NE(without.apply({service_at("web", {&a_})}).why.find("master = true is needed"), std::string::npos);
}

TEST_P(HaproxySink, SaysWhatIsWrongWithTheSocket) {
  const auto why_of = [this](const std::string& socket, const std::string& more = {}) {
    sink_at(more + "socket = \"" + socket + "\"\n");
    const auto how = apply({&a_});
    EXPECT_EQ(how.result, DRCON_RETRY);
    return how.why;
  };
  EXPECT_NE(why_of("/no/such/socket").find("/no/such/socket: No such file"), std::string::npos);
  EXPECT_NE(why_of("127.0.0.1:" + std::to_string(free_port())).find("refused"), std::string::npos);
  EXPECT_NE(why_of(haproxy_.operator_socket()).find("level admin"), std::string::npos);
  EXPECT_NE(why_of(haproxy_.master_socket()).find("master"), std::string::npos);
  haproxy_.pause();
  EXPECT_NE(why_of(haproxy_.socket(), "timeout = \"300ms\"\n").find("no answer in time"), std::string::npos);
  sink_.reset();  // it would apply everything as soon as it can
  haproxy_.resume();
  EXPECT_TRUE(in_service().empty());
}

TEST_P(HaproxySink, SaysThatItMayNotWriteToTheSocketAndAppliesWhenItMay) {
  ASSERT_EQ(geteuid(), 0U) << "only root can give up a right and take it back";
  auto& made = sink();
  ASSERT_EQ(seteuid(nobody), 0);
  const auto how = apply({&a_});
  ASSERT_EQ(seteuid(0), 0);
  EXPECT_EQ(how.result, DRCON_RETRY);
  EXPECT_NE(how.why.find("permission denied; drcon's user needs the right to write to the socket"), std::string::npos)
      << how.why;
  // Whether HAProxy has it by now cannot be asked: the sink goes on by itself as soon as it may.
  EXPECT_EQ(made.apply({service_at("web", {&a_})}).result, DRCON_OK);
  EXPECT_TRUE(answered_by({"a"}));
}

TEST_P(HaproxySink, RefusesOptionsThatContradictEachOther) {
  const auto refused = [](const std::string& toml) {
    try {
      const sink_harness made("haproxy", toml);
    } catch (const std::exception& error) {
      return std::string(error.what());
    }
    return std::string("taken");
  };
  EXPECT_NE(refused("socket = \"localhost:1\"\n").find("IP address"), std::string::npos);
  EXPECT_NE(refused("socket = \"/s\"\nserver_options = \"check; show info\"\n"), "taken");
  EXPECT_NE(refused("socket = \"/s\"\nmode = \"slots\"\ncheck_first = true\n"), "taken");
  EXPECT_NE(refused("socket = \"/s\"\nbackup_prefix = \"b\"\n"), "taken");
  EXPECT_NE(refused("socket = \"/s\"\nmode = \"slots\"\nprefix = \"s\"\nbackup_prefix = \"s1\"\n"), "taken");
  EXPECT_NE(refused("socket = \"/s\"\nmode = \"slots\"\nprefix = \"s1\"\nbackup_prefix = \"s\"\n"), "taken");
  EXPECT_EQ(refused("socket = \"/s\"\nmode = \"slots\"\nprefix = \"s\"\nbackup_prefix = \"sb\"\n"), "taken");
  EXPECT_NE(refused("socket = \"/s\"\nbackends = [{ service = \"a\", backend = \"b/c\" }]\n"), "taken");
}

TEST_P(HaproxySink, RendersWhatItWouldSetAndTouchesNothing) {
  sink();
  ASSERT_EQ(apply({&a_}).result, DRCON_OK);
  const auto shown = sink_->render({service_at("web", {&a_, &b_})});
  ASSERT_EQ(shown.size(), 1U);
  EXPECT_NE(shown[0].wanted.find("web 127.0.0.1:" + std::to_string(b_.port()) + " weight 1\n"), std::string::npos);
  EXPECT_EQ(*shown[0].live, "web 127.0.0.1:" + std::to_string(a_.port()) + " weight 1\n");
  EXPECT_EQ(answers(), std::set<std::string>{"a"});
}

// By the name of a service, without a rule for each.
TEST_P(HaproxySink, KeepsAMapOfServicesAndBackends) {
  const auto map = haproxy_.directory() / "services.map";
  write_file(map, "old other\nold web\n");
  haproxy_.configure("  use_backend %[req.hdr(host),map(" + map.string() + ")]\n" +
                     (slots_ ? slot_backends : dynamic_backends));
  haproxy_.reload();
  const auto answer_for = [this](const std::string& host) {
    return http("GET", haproxy_.port(), "/", {}, {{"Host", host}}).body;
  };
  const auto entries = [&] {
    std::set<std::string> all;
    std::istringstream lines(haproxy_.command("show map " + map.string()));
    for (std::string line; std::getline(lines, line);)
      if (!line.empty()) all.insert(line.substr(line.find(' ') + 1));
    return all;
  };
  sink("compare = \"100ms\"\nmap = \"" + map.string() + "\"\n");
  ASSERT_EQ(sink_->apply({service_at("other", {&b_}), service_at("web", {&a_})}).result, DRCON_OK);
  EXPECT_EQ(entries(), (std::set<std::string>{"other other", "web web"}));
  EXPECT_EQ(answer_for("other"), "b\n");
  EXPECT_EQ(answer_for("nobody"), "a\n") << "the default backend";
  haproxy_.command("clear map " + map.string());
  EXPECT_TRUE(wait_until([&] { return answer_for("other") == "b\n"; })) << "what somebody has changed is set again";
  haproxy_.reload();
  EXPECT_TRUE(wait_until([&] { return answer_for("other") == "b\n"; })) << sink_->status().text;
  ASSERT_EQ(sink_->apply({service_at("web", {&a_})}).result, DRCON_OK);
  EXPECT_EQ(entries(), std::set<std::string>{"web web"});
  EXPECT_EQ(haproxy_.reloads(), 2);
}

class HaproxyDynamic : public HaproxyBase {
protected:
  HaproxyDynamic() : HaproxyBase(false) {}
};

// The registry has it in service, and HAProxy sends it nothing: "in sync" would hide that.
TEST_F(HaproxyDynamic, ReportsWhatItsOwnChecksHaveDown) {
  sink_ = std::make_unique<sink_harness>(
      "haproxy", haproxy_.options() + "server_options = \"check inter 1s fall 1 rise 1\"\ncompare = \"100ms\"\n");
  sink_->start();
  const auto closed = free_port();
  auto wanted = service_at("web", {&a_});
  wanted.endpoints.push_back(
      {.id = "dead", .node = "n", .address = "127.0.0.1", .port = closed, .tags = {}, .meta = {}});
  ASSERT_EQ(sink_->apply({wanted}).result, DRCON_OK);
  ASSERT_TRUE(wait_until([&] {
    return sink_->status().text.find("1 of 2 servers of backend web is DOWN by HAProxy's own checks") !=
           std::string::npos;
  })) << sink_->status().text;
  ASSERT_TRUE(wait_until([&] { return sink_->refused().size() == 1; }));
  EXPECT_EQ(sink_->refused()[0].endpoint, "dead");
  EXPECT_NE(sink_->refused()[0].why.find("HAProxy's own check has web/"), std::string::npos) << sink_->refused()[0].why;
  ASSERT_EQ(apply({&a_}).result, DRCON_OK);
  EXPECT_TRUE(wait_until([&] { return sink_->status().text.find("DOWN") == std::string::npos; }))
      << sink_->status().text;
}

// Every name of one sink begins with the prefix of the other.
TEST_F(HaproxyDynamic, LeavesTheServersOfASinkAloneWhosePrefixBeginsWithItsOwnOrTheOtherWayRound) {
  sink("drain_timeout = \"100ms\"\n");
  ASSERT_EQ(apply({&a_}).result, DRCON_OK);
  auto other = std::make_unique<sink_harness>("haproxy", haproxy_.options() +
                                                             "server_options = \"\"\nprefix = \"drcon-1\"\n"
                                                             "drain_timeout = \"100ms\"\nempty = \"remove\"\n");
  other->start();
  ASSERT_EQ(other->apply({service_at("web", {&b_})}).result, DRCON_OK);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(apply({i % 2 == 0 ? &c_ : &a_}).result, DRCON_OK);
    ASSERT_EQ(other->reconcile().result, DRCON_OK);
    EXPECT_TRUE(answered_by({i % 2 == 0 ? "c" : "a", "b"}));
    EXPECT_TRUE(wait_until([this] { return haproxy_.servers().size() == 2; })) << "each removes its own";
  }
  ASSERT_EQ(other->apply({}).result, DRCON_OK);
  EXPECT_TRUE(wait_until([this] { return haproxy_.servers().size() == 1; }));
  EXPECT_EQ(answers(), std::set<std::string>{"c"});
  EXPECT_EQ(sink_->status().text, "");
}

TEST_F(HaproxyDynamic, KeepsDeadServersOutByHaproxysOwnChecks) {
  sink_ = std::make_unique<sink_harness>(
      "haproxy", haproxy_.options() + "server_options = \"check inter 50ms rise 1 fall 1\"\ncheck_first = true\n");
  sink_->start();
  auto web = service_at("web", {&a_});
  web.endpoints.push_back(
      {.id = "dead", .node = "", .address = "127.0.0.1", .port = free_port(), .tags = {}, .meta = {}});
  ASSERT_EQ(sink_->apply({web}).result, DRCON_OK);
  EXPECT_TRUE(answered_by({"a"}));
  EXPECT_EQ(in_service().size(), 2U) << "both are as wanted; the check keeps the dead one out";
}

TEST_F(HaproxyDynamic, UsesBackupsOnlyWhenNothingElseIsLeft) {
  sink();
  auto web = service_at("web", {&a_, &b_});
  web.endpoints[1].priority = 1;
  ASSERT_EQ(sink_->apply({web}).result, DRCON_OK);
  EXPECT_EQ(answers(), std::set<std::string>{"a"});
  haproxy_.command("set server " + server_of(a_) + " state maint");
  EXPECT_TRUE(answered_by({"b"}));
}

// A server is made without a weight, and gets it when it is ready.
TEST_F(HaproxyDynamic, GivesEachAlgorithmTheWeightOfANewServer) {
  for (const std::string balance : {"roundrobin", "leastconn", "random", "source\n  hash-type consistent"}) {
    SCOPED_TRACE(balance);
    haproxy_.configure("backend web\n  balance " + balance + "\n");
    haproxy_.reload();
    sink();
    auto web = service_at("web", {&a_});
    web.endpoints[0].weight = 200;
    web.endpoints.push_back(endpoint_of(b_));
    web.endpoints[1].weight = 100;
    web.endpoints[1].health = health::critical;
    ASSERT_EQ(sink_->apply({web}).result, DRCON_OK);
    EXPECT_EQ(answers(), std::set<std::string>{"a"});
    EXPECT_EQ(haproxy_.field(server_of(a_), "srv_uweight"), "2");
    web.endpoints[0].health = health::critical;
    web.endpoints[1].health = health::passing;
    ASSERT_EQ(sink_->apply({web}).result, DRCON_OK);
    EXPECT_EQ(answers(), std::set<std::string>{"b"});
    EXPECT_EQ(haproxy_.field(server_of(b_), "srv_uweight"), "1");
  }
}

TEST_F(HaproxyDynamic, ReplacesServersWhenTheirOptionsChange) {
  sink();
  ASSERT_EQ(apply({&a_}).result, DRCON_OK);
  const auto before = haproxy_.servers();
  sink_ = std::make_unique<sink_harness>("haproxy", haproxy_.options() + "server_options = \"maxconn 50\"\n");
  sink_->start();
  ASSERT_EQ(apply({&a_}).result, DRCON_OK);
  EXPECT_TRUE(wait_until([&] { return haproxy_.servers().size() == 1; }));
  EXPECT_NE(haproxy_.servers(), before);
  EXPECT_EQ(answers(), std::set<std::string>{"a"});
}

TEST_F(HaproxyDynamic, SaysThatTheBalanceAlgorithmTakesNoServers) {
  haproxy_.configure("backend web\n  balance static-rr\n");
  haproxy_.reload();
  sink();
  const auto how = apply({&a_});
  EXPECT_NE(how.result, DRCON_OK);
  EXPECT_NE(how.why.find("slots"), std::string::npos) << how.why;
}

TEST_F(HaproxyDynamic, SetsAThousandServersAtOnce) {
  sink();
  service many{.name = "web", .revision = 1, .endpoints = {}};
  for (std::uint32_t i = 0; i < 1000; ++i)
    many.endpoints.push_back({.id = "e" + std::to_string(i),
                              .node = "",
                              .address = "127.0.0.1",
                              .port = 10000 + i,
                              .weight = 1 + i % 7,
                              .tags = {},
                              .meta = {}});
  ASSERT_EQ(sink_->apply({many}).result, DRCON_OK);
  EXPECT_EQ(haproxy_.servers().size(), 1000U);
  many.endpoints.resize(10);
  ASSERT_EQ(sink_->apply({many}).result, DRCON_OK);
  EXPECT_TRUE(wait_until([this] { return haproxy_.servers().size() == 10; })) << haproxy_.servers().size();
}

// With thousands of servers, reading all of them for one change costs more than the change.
TEST_F(HaproxyDynamic, LooksOnlyAtTheBackendThatChanges) {
  auto& sink = this->sink("compare = \"1h\"\n");
  const auto other = service_at("other", {&b_});
  ASSERT_EQ(sink.apply({other, service_at("web", {&a_})}).result, DRCON_OK);
  const auto name = "other/" + *haproxy_.servers("other").begin();
  haproxy_.command("set server " + name + " weight 77");
  ASSERT_EQ(sink.apply({other, service_at("web", {&a_, &c_})}).result, DRCON_OK);
  EXPECT_TRUE(answered_by({"a", "c"}));
  EXPECT_EQ(haproxy_.field(name, "srv_uweight"), "77") << "another backend was looked at";
  ASSERT_EQ(sink.reconcile().result, DRCON_OK);
  EXPECT_EQ(haproxy_.field(name, "srv_uweight"), "1");
  // What somebody did to the backend itself is found, and set as it was.
  haproxy_.command("set server " + server_of(c_) + " weight 77");
  ASSERT_EQ(sink.apply({other, service_at("web", {&b_, &c_})}).result, DRCON_OK);
  EXPECT_EQ(haproxy_.field(server_of(c_), "srv_uweight"), "1");
}

// One backend takes no servers at run time; anybody who may register a service can name it.
class HaproxyWithARefusingBackend : public HaproxyDynamic {
protected:
  HaproxyWithARefusingBackend() {
    haproxy_.configure("backend web\n  balance roundrobin\nbackend fixed\n  balance static-rr\n");
    haproxy_.reload();
  }
  // That backend alone is left out, with a reason: it holds up neither the others nor who waits for them.
  void expect_left_out(const outcome& how) {
    EXPECT_EQ(how.result, DRCON_OK) << how.why;
    const auto now = sink_->status();
    EXPECT_EQ(now.state, DRCON_STATE_DEGRADED) << now.text;
    EXPECT_NE(now.text.find("backend fixed keeps its servers: HAProxy refuses 'add server fixed/"), std::string::npos)
        << now.text;
    const auto refused = sink_->refused();
    EXPECT_TRUE(std::ranges::any_of(refused, [](const auto& each) {
      return each.service == "fixed" && each.endpoint.empty() &&
             each.why.find("dynamic load balancing") != std::string::npos;
    })) << now.text;
  }
};

TEST_F(HaproxyWithARefusingBackend, RemovesWhatLeftTheOthersAndRefusesThatServiceWithItsReason) {
  sink();
  ASSERT_EQ(apply({&a_, &b_}).result, DRCON_OK);
  expect_left_out(sink_->apply({service_at("fixed", {&c_}), service_at("web", {&a_})}));
  EXPECT_EQ(answers(), std::set<std::string>{"a"});
  EXPECT_TRUE(wait_until([this] { return haproxy_.servers().size() == 1; })) << "the other one is deleted";
  EXPECT_EQ(sink_->refused().size(), 1U);
}

TEST_F(HaproxyWithARefusingBackend, IsNotAppliedWhereNoBackendTakesWhatIsDesired) {
  sink();
  const auto how = sink_->apply({service_at("fixed", {&c_})});
  EXPECT_EQ(how.result, DRCON_RETRY);
  EXPECT_NE(how.why.find("backend fixed keeps its servers: HAProxy refuses 'add server fixed/"), std::string::npos)
      << how.why;
  EXPECT_EQ(how.why.find("Everything else"), std::string::npos) << how.why;
}

// Nobody hands the update over again, since it was answered.
TEST_F(HaproxyWithARefusingBackend, TriesAgainByItselfWhatWasRefused) {
  auto holder = std::make_unique<sink_harness>("haproxy", haproxy_.options() + "server_options = \"\"\n");
  holder->start();
  ASSERT_EQ(holder->apply({service_at("web", {&a_})}).result, DRCON_OK);
  haproxy_.configure("backend web\n  balance roundrobin\nbackend other\n  balance roundrobin\n");
  haproxy_.reload();
  ASSERT_TRUE(
      wait_until([&] { return holder->reconcile().result == DRCON_OK && answers() == std::set<std::string>{"a"}; }));
  sink();
  const auto how = sink_->apply({service_at("other", {&c_}), service_at("web", {&b_})});
  EXPECT_EQ(how.result, DRCON_OK) << how.why;
  EXPECT_NE(sink_->status().text.find("is held by pid"), std::string::npos) << sink_->status().text;
  EXPECT_EQ(answers(), std::set<std::string>{"a"});
  holder.reset();
  EXPECT_TRUE(answered_by({"b"})) << sink_->status().text;
  EXPECT_TRUE(wait_until([this] { return sink_->status().state == DRCON_STATE_OK; })) << sink_->status().text;
}

TEST_F(HaproxyWithARefusingBackend, BringsBackAnEndpointThatFlapsMeanwhile) {
  sink();
  auto web = service_at("web", {&a_, &b_});
  const auto fixed = service_at("fixed", {&c_});
  expect_left_out(sink_->apply({fixed, web}));
  web.endpoints[0].health = health::critical;
  expect_left_out(sink_->apply({fixed, web}));
  EXPECT_EQ(answers(), std::set<std::string>{"b"});
  web.endpoints[0].health = health::passing;
  expect_left_out(sink_->apply({fixed, web}));
  EXPECT_EQ(answers(), (std::set<std::string>{"a", "b"}));
  ASSERT_EQ(sink_->apply({web}).result, DRCON_OK);
  EXPECT_EQ(sink_->status().text.find("by hand"), std::string::npos) << sink_->status().text;
}

TEST_F(HaproxyWithARefusingBackend, RespectsAServerThatWasTakenOutByHandMeanwhile) {
  sink();
  const auto web = service_at("web", {&a_, &b_});
  const auto fixed = service_at("fixed", {&c_});
  expect_left_out(sink_->apply({fixed, web}));
  haproxy_.command("set server " + server_of(a_) + " state maint");
  expect_left_out(sink_->apply({fixed, web}));
  expect_left_out(sink_->reconcile());
  EXPECT_EQ(answers(), std::set<std::string>{"b"});
}

// Between drcon and HAProxy: passes a command on that takes a server out of service, waits until HAProxy has carried it
// out, and closes the connection instead of passing the answer back. Once, when the file "cut" is there. The commands
// of a batch are answered one by one, so that their answers come in any number of parts, each ended by the prompt.
constexpr auto cutting_relay = R"PY(
import os, socket, sys, threading
directory, server = sys.argv[1:3]
cut = directory + '/cut'
def serve(client):
    haproxy = socket.socket(socket.AF_UNIX)
    haproxy.connect(server)
    while command := client.recv(65536):
        haproxy.sendall(command)
        answer = b''
        while answer.count(b'\n> ') < command.count(b'\n'):
            if not (part := haproxy.recv(64)):
                raise SystemExit('HAProxy closed the connection after ' + repr(command) + ' and ' + repr(answer))
            answer += part
        if b' state maint' in command and os.path.exists(cut):
            os.remove(cut)
            break
        client.sendall(answer)
    client.close()
listener = socket.socket(socket.AF_UNIX)
listener.bind(directory + '/relay.sock')
listener.listen(8)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
)PY";

TEST_F(HaproxyDynamic, BringsBackAServerWhoseMaintenanceItOrderedBeforeTheConnectionWasLost) {
  const temp_dir directory;
  const process relay({"python3", "-c", cutting_relay, directory.path().string(), haproxy_.socket().string()},
                      directory / "log");
  ASSERT_TRUE(wait_until([&] { return std::filesystem::exists(directory / "relay.sock"); })) << relay.text();
  sink_ = std::make_unique<sink_harness>(
      "haproxy", "socket = \"" + (directory / "relay.sock").string() + "\"\nserver_options = \"\"\nwatch = \"1h\"\n");
  sink_->start();
  auto web = service_at("web", {&a_, &b_});
  ASSERT_TRUE(wait_until([&] { return sink_->apply({web}).result == DRCON_OK; })) << relay.text();
  write_file(directory / "cut", "");
  web.endpoints[0].health = health::critical;
  const auto cut_off = sink_->apply({web});
  EXPECT_EQ(cut_off.result, DRCON_RETRY);
  ASSERT_FALSE(std::filesystem::exists(directory / "cut")) << "it failed before: " << cut_off.why << relay.text();
  ASSERT_EQ(answers(), std::set<std::string>{"b"}) << "HAProxy carried it out: " << cut_off.why << relay.text();
  web.endpoints[0].health = health::passing;
  const auto again = sink_->apply({web});
  ASSERT_EQ(again.result, DRCON_OK) << again.why << relay.text();
  EXPECT_EQ(answers(), (std::set<std::string>{"a", "b"})) << sink_->status().text;
}

class HaproxySlots : public HaproxyBase {
protected:
  HaproxySlots() : HaproxyBase(true) {}
};

TEST_F(HaproxySlots, SayWhenTheyRunOutAndHowManyAreNeeded) {
  const backend d("d");
  const backend e("e");
  sink();
  ASSERT_EQ(apply({&a_, &b_, &c_, &d, &e}).result, DRCON_OK);
  EXPECT_NE(sink_->status().text.find("has 4 slots and needs 5"), std::string::npos) << sink_->status().text;
  EXPECT_EQ(sink_->refused().size(), 1U);
  EXPECT_EQ(in_service().size(), 4U);
  // One leaves, and the one that waited takes its place.
  ASSERT_EQ(apply({&b_, &c_, &d, &e}).result, DRCON_OK);
  EXPECT_TRUE(answered_by({"b", "c", "d", "e"}));
  EXPECT_TRUE(wait_until([this] { return sink_->status().text.find("slots") == std::string::npos; }));
}

// A slot that drains is free soon, and between two updates nothing could take back that an endpoint was left out.
TEST_F(HaproxySlots, LeaveOutNothingThatWaitsForASlotToDrain) {
  const backend d("d");
  const backend e("e");
  const backend f("f");
  sink();
  ASSERT_EQ(apply({&a_, &b_, &c_, &d}).result, DRCON_OK);
  ASSERT_EQ(apply({&c_, &d, &e, &f}).result, DRCON_OK);
  EXPECT_TRUE(sink_->refused().empty()) << sink_->refused()[0].why;
  EXPECT_TRUE(answered_by({"c", "d", "e", "f"}));
  EXPECT_TRUE(wait_until([this] { return sink_->status().state == DRCON_STATE_OK; })) << sink_->status().text;
}

// "drcon11" is number 11 of "drcon", and number 1 of "drcon1": only one sink may set it.
TEST_F(HaproxySlots, OfTwoPrefixesThatHaveSlotsInCommonAreSetByOneSinkAtATime) {
  const auto with_prefix = [](const std::string& prefix) {
    return "backend web\n  balance roundrobin\n  server-template " + prefix + " 1-11 127.0.0.1:1 disabled\n";
  };
  haproxy_.configure(with_prefix("drcon"));
  haproxy_.reload();
  const auto options = haproxy_.options() + "mode = \"slots\"\nprefix = ";
  const std::vector<std::pair<std::string, std::string>> pairs = {{"\"drcon\"\n", "\"drcon1\"\n"},
                                                                  {"\"drcon1\"\n", "\"drcon\"\n"}};
  for (const auto& [one, other] : pairs) {
    SCOPED_TRACE(one);
    auto first = std::make_unique<sink_harness>("haproxy", options + one);
    first->start();
    ASSERT_EQ(first->apply({service_at("web", {&a_})}).result, DRCON_OK);
    sink_harness second("haproxy", options + other);
    second.start();
    const auto how = second.apply({service_at("web", {&b_})});
    EXPECT_EQ(how.result, DRCON_RETRY);
    EXPECT_NE(how.why.find("is held by pid " + std::to_string(getpid()) + ", which sets some that are slots"),
              std::string::npos)
        << how.why;
    EXPECT_EQ(answers(), std::set<std::string>{"a"});
    ASSERT_EQ(first->apply({service_at("web", {&c_})}).result, DRCON_OK) << "the first one goes on";
    EXPECT_EQ(answers(), std::set<std::string>{"c"});
    first.reset();
    EXPECT_TRUE(wait_until([&] { return second.reconcile().result == DRCON_OK; }));
    haproxy_.reload();  // no slot in use is left for the next turn
  }
}

// The backends are in a file of drcon's, made from a named defaults section of the user's.
class HaproxyWithConfigFile : public ::testing::Test {
protected:
  HaproxyWithConfigFile() {
    haproxy_.read_also(file_);
    sink_ = start_sink();
  }
  std::unique_ptr<sink_harness> start_sink(const std::string& more = {}) const {
    auto made = std::make_unique<sink_harness>("haproxy", haproxy_.options() + "config_file = \"" + file_.string() +
                                                              "\"\nconfig_defaults = \"of-drcon\"\n" + more);
    made->start();
    return made;
  }
  outcome apply(const std::vector<const backend*>& places) { return sink_->apply({service_at("web", places)}); }

  haproxy_server haproxy_{
      "defaults of-drcon\n  mode http\n  balance leastconn\n  timeout connect 1s\n"
      "  timeout server 30s\n  retries 3\n  option redispatch\n",
      {},
      false};
  const std::filesystem::path file_ = haproxy_.directory() / "drcon.cfg";
  std::unique_ptr<sink_harness> sink_;
  backend a_{"a"};
  backend b_{"b"};
};

TEST_F(HaproxyWithConfigFile, StartsWithItThoughNothingWasThereBefore) {
  EXPECT_EQ(apply({&a_}).result, DRCON_RETRY) << "HAProxy does not run";
  haproxy_.start();
  EXPECT_EQ(haproxy_.get().body, "a\n") << read_file(file_);
  ASSERT_TRUE(wait_until([&] { return sink_->reconcile().result == DRCON_OK; }));
  ASSERT_EQ(apply({&a_, &b_}).result, DRCON_OK);
  EXPECT_EQ(answerers(haproxy_.port(), 12), (std::set<std::string>{"a", "b"}));
  ASSERT_EQ(apply({&b_}).result, DRCON_OK) << "a server of the file is removed as one of run time";
  EXPECT_TRUE(wait_until([this] { return haproxy_.servers().size() == 1; }));
}

TEST_F(HaproxyWithConfigFile, HoldsTodaysServersFromTheFirstMomentAfterAReload) {
  EXPECT_EQ(apply({&a_}).result, DRCON_RETRY);
  haproxy_.start();
  ASSERT_TRUE(wait_until([&] { return sink_->reconcile().result == DRCON_OK; }));
  ASSERT_EQ(apply({&b_}).result, DRCON_OK);
  sink_.reset();  // nobody is there to apply it again
  haproxy_.reload();
  EXPECT_EQ(answerers(haproxy_.port(), 6), std::set<std::string>{"b"}) << read_file(file_);
}

TEST_F(HaproxyWithConfigFile, FailsNoRequestWhileHaproxyIsReloaded) {
  EXPECT_EQ(apply({&a_, &b_}).result, DRCON_RETRY);
  haproxy_.start();
  ASSERT_TRUE(wait_until([&] { return sink_->reconcile().result == DRCON_OK; }));
  std::atomic<bool> over{false};
  auto load = std::async(std::launch::async, [&] {
    std::map<int, int> statuses;
    while (!over) ++statuses[haproxy_.get().status];
    return statuses;
  });
  for (int i = 0; i < 5; ++i) {
    haproxy_.reload();
    ASSERT_EQ(apply(i % 2 == 0 ? std::vector<const backend*>{&a_} : std::vector<const backend*>{&a_, &b_}).result,
              DRCON_OK);
  }
  over = true;
  const auto statuses = load.get();
  EXPECT_EQ(statuses.count(503), 0U);
  EXPECT_GT(statuses.at(200), 50);
}

TEST_F(HaproxyWithConfigFile, KeepsLastServersAndSectionsOfServicesThatAreGone) {
  EXPECT_EQ(apply({&a_}).result, DRCON_RETRY);
  ASSERT_NE(read_file(file_).find("backend web from of-drcon\n  server drcon-127.0.0.1:"), std::string::npos);
  const auto before = read_file(file_);
  EXPECT_EQ(sink_->apply({service_at("web", {})}).result, DRCON_RETRY);
  EXPECT_EQ(read_file(file_), before);
  EXPECT_EQ(sink_->apply({}).result, DRCON_RETRY);
  EXPECT_EQ(read_file(file_), before);
  sink_ = start_sink("empty = \"remove\"\n");
  EXPECT_EQ(sink_->apply({}).result, DRCON_RETRY);
  EXPECT_NE(read_file(file_).find("backend web from of-drcon\n"), std::string::npos) << "a frontend may name it";
  EXPECT_EQ(read_file(file_).find("server drcon-"), std::string::npos);
}

// Whoever registers a service could otherwise keep HAProxy from starting, by the name of a backend of the user's.
TEST_F(HaproxyWithConfigFile, HasNoBackendThatTheUsersOwnFileHas) {
  EXPECT_EQ(apply({&a_}).result, DRCON_RETRY);
  haproxy_.configure(
      "backend admin\n  balance roundrobin\n"
      "defaults of-drcon\n  mode http\n  balance roundrobin\n  timeout connect 1s\n  timeout server 30s\n");
  haproxy_.start();
  ASSERT_TRUE(wait_until([&] { return sink_->reconcile().result == DRCON_OK; }));
  ASSERT_EQ(sink_->apply({service_at("admin", {&b_}), service_at("web", {&a_})}).result, DRCON_OK);
  EXPECT_EQ(read_file(file_).find("backend admin"), std::string::npos) << read_file(file_);
  EXPECT_NE(sink_->status().text.find("backend admin is not in it"), std::string::npos) << sink_->status().text;
  haproxy_.reload();
  EXPECT_EQ(haproxy_.get().body, "a\n");
}

TEST_F(HaproxyWithConfigFile, IsWrittenByOneSink) {
  EXPECT_EQ(apply({&a_}).result, DRCON_RETRY);
  const auto before = read_file(file_);
  const auto other = start_sink();
  EXPECT_EQ(other->apply({service_at("web", {&b_})}).result, DRCON_RETRY);
  EXPECT_EQ(read_file(file_), before);
}

TEST_F(HaproxySlots, HoldTodaysServersFromTheFirstMomentAfterAReload) {
  const auto file = haproxy_.directory() / "servers.state";
  const haproxy_server other(
      "backend web\n  load-server-state-from-file global\n  server-template drcon 1-4 127.0.0.1:1 disabled\n",
      "  server-state-file " + file.string() + "\n");
  sink_ = std::make_unique<sink_harness>(
      "haproxy", other.options() + "mode = \"slots\"\nstate_file = \"" + file.string() + "\"\n");
  sink_->start();
  ASSERT_EQ(apply({&a_}).result, DRCON_OK);
  sink_.reset();  // nobody is there to apply it again
  other.reload();
  EXPECT_EQ(other.get().body, "a\n") << read_file(file);
}

TEST_F(HaproxySlots, WriteNoStateFileThatAnotherSinkWrites) {
  const auto file = (haproxy_.directory() / "servers.state").string();
  const auto state_file = "state_file = \"" + file + "\"\n";
  sink(state_file);
  ASSERT_EQ(apply({&a_}).result, DRCON_OK);
  const auto before = read_file(file);
  const haproxy_server second(slot_backends);
  sink_harness other("haproxy", second.options() + "mode = \"slots\"\n" + state_file);
  other.start();
  EXPECT_EQ(other.apply({service_at("web", {&b_, &c_})}).result, DRCON_OK);
  EXPECT_EQ(other.status().state, DRCON_STATE_DEGRADED);
  EXPECT_NE(other.status().text.find("is written by pid " + std::to_string(getpid())), std::string::npos)
      << other.status().text;
  EXPECT_EQ(read_file(file), before);
  sink_.reset();  // it has ended: the other one goes on by itself
  EXPECT_TRUE(wait_until([&] { return read_file(file) != before; })) << other.status().text;
  EXPECT_TRUE(wait_until([&] { return other.status().state == DRCON_STATE_OK; })) << other.status().text;
}

TEST_F(HaproxySlots, AreFreedForGoodOnlyWhenTheirLastRequestHasEnded) {
  haproxy_.configure("backend web\n  server-template drcon 1-1 127.0.0.1:1 disabled\n");
  haproxy_.reload();
  sink();
  ASSERT_EQ(apply({&a_}).result, DRCON_OK);
  auto slow = std::async(std::launch::async, [this] { return haproxy_.get("/slow/700"); });
  ASSERT_TRUE(wait_until([this] { return a_.requests() == 1; }));
  ASSERT_EQ(apply({&b_}).result, DRCON_OK);
  EXPECT_EQ(slow.get().body, "a\n");
  EXPECT_TRUE(answered_by({"b"}));
}

}  // namespace
}  // namespace drcon::test
