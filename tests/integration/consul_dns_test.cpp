// The consul-dns source against a real Consul agent.
#include "support/consul_agent.hpp"
#include "support/plugin_harness.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

namespace drcon::test {
namespace {

class ConsulDnsReal : public ::testing::Test {
protected:
  void watch(const std::string& service, const std::string& more = {}, const std::string& pause = "20ms",
             const std::string& retry_max = "100ms") {
    source_ = std::make_unique<source_harness>(
        "consul-dns", "server = [\"127.0.0.1:" + std::to_string(consul_.dns_port()) + "\"]\ninterval = { min = \"" +
                          pause + "\", max = \"50ms\" }\nabsent_after = \"300ms\"\nretry_max = \"" + retry_max +
                          "\"\n" + more + "service = [" + service + "]\n");
    source_->start();
  }
  void add(int count) {
    for (int i = 0; i < count; ++i)
      consul_.add("web", "web-" + std::to_string(i),
                  "127.1." + std::to_string(i / 250) + "." + std::to_string(1 + i % 250), 8000 + i);
  }
  bool sees(std::size_t endpoints, const std::string& service = "web") const {
    return source_->wait_for([&](const auto& now) {
      return !now.unknown.contains(service) && now.services.contains(service) &&
             now.services.at(service).endpoints.size() == endpoints;
    });
  }
  endpoint only(const std::string& service = "web") const {
    return source_->now().services.at(service).endpoints.at(0);
  }

  consul_agent consul_;
  std::unique_ptr<source_harness> source_;
};

TEST_F(ConsulDnsReal, SeesEveryInstanceOverTcp) {
  watch("{ name = \"web\" }");
  for (const int count : {3, 50, 500}) {
    add(count);
    EXPECT_TRUE(sees(static_cast<std::size_t>(count))) << count << ": " << source_->status().text;
  }
}

// Consul answers 3 of 50 over plain UDP and does not set TC.
TEST_F(ConsulDnsReal, SeesEveryInstanceOverUdpAsWell) {
  add(50);
  watch("{ name = \"web\" }", "protocol = \"udp\"\n");
  EXPECT_TRUE(sees(50)) << source_->status().text;
  add(200);
  EXPECT_TRUE(sees(200)) << source_->status().text;
  EXPECT_NE(source_->status().text.find("UDP"), std::string::npos) << "and warns";
}

TEST_F(ConsulDnsReal, ReadsPortWeightNodeAndIPv6) {
  consul_.add("web", "w", "10.0.0.1", 8080, {{"Weights", {{"Passing", 7}, {"Warning", 1}}}});
  watch("{ name = \"web\" }, { name = \"six\" }, { name = \"bare\" }");
  consul_.add("six", "s", "2001:db8::1", 81);
  consul_.put("/v1/agent/service/register", {{"Name", "bare"}, {"ID", "b"}, {"Port", 82}});
  ASSERT_TRUE(sees(1) && sees(1, "six") && sees(1, "bare")) << source_->status().text;
  EXPECT_EQ(only().address, "10.0.0.1");
  EXPECT_EQ(only().port, 8080U);
  EXPECT_EQ(only().weight, 7U);
  EXPECT_EQ(only("six").address, "2001:db8::1");
  EXPECT_EQ(only("bare").address, "127.0.0.1") << "the node's";
  EXPECT_EQ(only("bare").node, "n1");
}

TEST_F(ConsulDnsReal, AsksInEveryForm) {
  consul_.add("web", "a", "10.0.0.1", 80, {{"Tags", {"v1", "blue.green"}}});
  consul_.add("web", "b", "10.0.0.2", 80, {{"Tags", {"v2"}}});
  ASSERT_EQ(http("POST", consul_.port(), "/v1/query",
                 nlohmann::json{{"Name", "ready"}, {"Service", {{"Service", "web"}, {"Tags", {"v2"}}}}}.dump())
                .status,
            200);
  watch(
      "{ name = \"web\" }, { name = \"web\", tag = \"v1\", as = \"one\" }, "
      "{ name = \"web\", tag = \"blue.green\", as = \"dotted\" }, { name = \"web\", rfc2782 = true, as = \"rfc\" }, "
      "{ name = \"web\", datacenter = \"dc1\", as = \"here\" }, { query = \"ready\" }, "
      "{ srv = \"web.service.consul\", as = \"plain\" }");
  const std::map<std::string, std::size_t> expected{{"web", 2},  {"one", 1},   {"dotted", 1}, {"rfc", 2},
                                                    {"here", 2}, {"ready", 1}, {"plain", 2}};
  for (const auto& [service, count] : expected)
    EXPECT_TRUE(sees(count, service)) << service << ": " << source_->now().services[service].endpoints.size();
  EXPECT_EQ(only("one").address, "10.0.0.1");
  EXPECT_EQ(only("one").tags, std::vector<std::string>{"v1"});
  EXPECT_EQ(only("ready").address, "10.0.0.2");
}

// Consul takes any text for an address, and does not ask others for a name by default.
TEST_F(ConsulDnsReal, FollowsAServiceThoughOneInstanceHasAnAddressThatIsNone) {
  add(2);
  consul_.add("web", "nowhere", "nowhere.invalid", 1);
  consul_.add("api", "alone", "nowhere.invalid", 1);
  watch("{ name = \"web\" }, { name = \"api\" }");
  ASSERT_TRUE(source_->wait_ready()) << source_->status().text;
  EXPECT_TRUE(sees(2)) << source_->status().text;
  EXPECT_FALSE(source_->now().services.contains("api")) << "unknown is not empty";
  ASSERT_EQ(source_->omitted().size(), 1U);
  EXPECT_EQ(source_->omitted()[0].endpoint, "nowhere.invalid:1");
  add(5);
  EXPECT_TRUE(sees(5)) << source_->status().text;
}

TEST_F(ConsulDnsReal, FollowsTagsHealthAndDeregistration) {
  consul_.add("web", "a", "10.0.0.1", 80, {{"Tags", {"v1"}}});
  consul_.add("web", "b", "10.0.0.2", 80,
              {{"Tags", {"v1"}}, {"Check", {{"TTL", "60s"}, {"Status", "passing"}, {"CheckID", "b"}}}});
  watch("{ name = \"web\", tag = \"v1\" }");
  ASSERT_TRUE(sees(2));
  consul_.put("/v1/agent/check/fail/b");
  EXPECT_TRUE(sees(1));
  consul_.put("/v1/agent/check/warn/b");
  EXPECT_TRUE(sees(2)) << "with the default weights Consul's DNS lists warning as it lists passing";
  consul_.add("web", "a", "10.0.0.1", 80, {{"Tags", {"v2"}}});
  EXPECT_TRUE(sees(1));
  consul_.remove("b");
  EXPECT_TRUE(sees(0)) << "when it has held";
}

TEST_F(ConsulDnsReal, KnowsWarningByAWeightOfZero) {
  consul_.add("web", "a", "10.0.0.1", 80,
              {{"Check", {{"TTL", "60s"}, {"Status", "warning"}}}, {"Weights", {{"Passing", 5}, {"Warning", 0}}}});
  consul_.add("web", "b", "10.0.0.2", 80);
  watch("{ name = \"web\", health = \"warning\" }, { name = \"web\", as = \"passing\" }");
  ASSERT_TRUE(sees(2) && sees(1, "passing")) << source_->status().text;
  EXPECT_EQ(only().health, health::warning);
  EXPECT_EQ(only("passing").id, "10.0.0.2:80");
}

// Beyond 64 KiB Consul sends what fits, over TCP too, and says nothing: 997 of 1,100, other ones each time.
TEST_F(ConsulDnsReal, NeverTakesWhatFitsInto64KiBForTheWhole) {
  add(3);
  watch("{ name = \"web\" }");
  ASSERT_TRUE(sees(3));
  add(1100);
  ASSERT_TRUE(source_->wait_for([](const auto& now) { return now.unknown.contains("web"); }))
      << source_->now().services.at("web").endpoints.size();
  EXPECT_NE(source_->status().text.find("may be cut"), std::string::npos) << source_->status().text;
  // What stands is what was whole at some moment: the first so many.
  const auto kept = source_->now().services.at("web").endpoints;
  EXPECT_LT(kept.size(), 997U);
  for (const auto& each : kept) EXPECT_LT(each.port, 8000 + kept.size());
  for (int i = 100; i < 1100; ++i) consul_.remove("web-" + std::to_string(i));
  EXPECT_TRUE(sees(100)) << source_->status().text;
}

// Consul closes a connection after 128 questions.
TEST_F(ConsulDnsReal, AsksForHundredsOfServicesWithoutLosingAnAnswer) {
  consul_.add("web", "a", "10.0.0.1", 80);
  std::string services;
  for (int i = 0; i < 400; ++i) services += "{ name = \"web\", as = \"s" + std::to_string(i) + "\" }, ";
  watch(services, "timeout = \"20s\"\n");
  ASSERT_TRUE(source_->wait_ready()) << source_->status().text;
  consul_.add("web", "b", "10.0.0.2", 80);
  for (int i = 0; i < 400; ++i) EXPECT_TRUE(sees(2, "s" + std::to_string(i))) << i;
  EXPECT_EQ(source_->metrics().find("failures_total"), std::string::npos) << source_->metrics();
}

TEST_F(ConsulDnsReal, KeepsWhatItKnewWhileConsulIsSilent) {
  add(3);
  watch("{ name = \"web\" }", "timeout = \"200ms\"\n");
  ASSERT_TRUE(sees(3));
  consul_.pause();
  ASSERT_TRUE(source_->wait_for([](const auto& now) { return now.unknown.contains("web"); }));
  EXPECT_NE(source_->status().text.find("no answer in time"), std::string::npos) << source_->status().text;
  EXPECT_EQ(source_->now().services.at("web").endpoints.size(), 3U);
  consul_.resume();
  EXPECT_TRUE(sees(3)) << source_->status().text;
}

TEST_F(ConsulDnsReal, KeepsWhatItKnewWhileConsulHasNoLeader) {
  add(3);
  watch("{ name = \"web\" }", "timeout = \"200ms\"\n");
  ASSERT_TRUE(sees(3));
  consul_.start_without_leader();  // it has lost its data, too
  EXPECT_TRUE(wait_until([this] { return source_->status().text.find("no answer in time") != std::string::npos; }))
      << source_->status().text;
  EXPECT_TRUE(source_->now().unknown.contains("web"));
  EXPECT_EQ(source_->now().services.at("web").endpoints.size(), 3U);
}

// Consul answers from its log while it reads it again after a crash, whatever dns_config.allow_stale says.
TEST_F(ConsulDnsReal, UsesNothingOfTheHistoryThatARestartedConsulPlaysBack) {
  for (int i = 0; i < 250; ++i) {
    consul_.add("web", "gone", "127.1.0.9", 9);
    consul_.remove("gone");
  }
  add(2);
  watch("{ name = \"web\" }", {}, "10ms", "10ms");
  ASSERT_TRUE(sees(2));
  std::atomic<bool> over = false;
  std::set<std::size_t> seen;
  std::jthread onlooker([&] {
    source_->wait_for([&](const auto& now) {
      seen.insert(now.services.at("web").endpoints.size());
      return over.load();
    });
  });
  for (int round = 0; round < 5; ++round) {
    consul_.kill9();
    ASSERT_TRUE(source_->wait_for([](const auto& now) { return !now.all_unknown.empty(); }));
    consul_.start(true);
    ASSERT_TRUE(source_->wait_for([](const auto& now) { return now.all_unknown.empty(); })) << source_->status().text;
  }
  over = true;
  add(3);  // wakes the onlooker
  EXPECT_TRUE(sees(3)) << source_->status().text;
  onlooker.join();
  seen.erase(3);
  EXPECT_EQ(seen, std::set<std::size_t>{2});
}

TEST_F(ConsulDnsReal, KeepsWhatItKnewWhileConsulIsUnreachableAndFollowsWhenItIsBack) {
  add(3);
  watch("{ name = \"web\" }");
  ASSERT_TRUE(sees(3));
  consul_.kill9();
  ASSERT_TRUE(source_->wait_for([](const auto& now) { return now.unknown.contains("web"); })) << source_->status().text;
  EXPECT_EQ(source_->now().services.at("web").endpoints.size(), 3U);
  consul_.start(true);
  consul_.remove("web-0");
  EXPECT_TRUE(sees(2)) << source_->status().text;
}

}  // namespace
}  // namespace drcon::test
