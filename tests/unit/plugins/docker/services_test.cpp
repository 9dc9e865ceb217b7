// Events and inspections, in the orders in which they may come.
#include "docker/services.hpp"

#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

#include <gtest/gtest.h>

namespace drcon::docker {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

json inspected(const std::string& id, json more = json::object()) {
  json all = {{"Id", id},
              {"Name", "/" + id},
              {"State", {{"Running", true}, {"Paused", false}, {"ExitCode", 0}}},
              {"Config", {{"Image", "web:1"}, {"Env", {"SERVICE_NAME=web"}}, {"Labels", nullptr}}},
              {"HostConfig",
               {{"NetworkMode", "default"}, {"PortBindings", {{"80/tcp", {{{"HostIp", ""}, {"HostPort", ""}}}}}}}},
              {"NetworkSettings", {{"Ports", {{"80/tcp", {{{"HostIp", "0.0.0.0"}, {"HostPort", "32768"}}}}}}}}};
  all.merge_patch(more);
  return all;
}

json ended(const std::string& id, int code) {
  return inspected(id,
                   {{"State", {{"Running", false}, {"ExitCode", code}}}, {"NetworkSettings", {{"Ports", nullptr}}}});
}

class DockerInventory : public ::testing::Test {
protected:
  void look(const json& at) { all_.take(*read_container(at)); }
  bool hear(const std::string& id, const std::string& action, int number = 0) {
    return all_.take({.container = id, .action = action, .signal = number, .exit_code = number}, now_);
  }
  std::size_t count() const { return all_.endpoints("web").size(); }

  inventory::clock::time_point now_ = inventory::clock::now();
  inventory all_{{.host_name = "h",
                  .host_address = "10.0.0.1",
                  .network = {},
                  .address_label = {},
                  .crashed_is_critical = true,
                  .tags = {}},
                 1min};
};

TEST_F(DockerInventory, ChangesNothingForAnEqualLook) {
  look(inspected("a"));
  EXPECT_EQ(all_.changed(), std::set<std::string>{"web"});
  look(inspected("a"));
  EXPECT_TRUE(all_.changed().empty());
}

TEST_F(DockerInventory, LetsGoOnKillAtOnceAndStaysSoWhenALookFindsItRunning) {
  look(inspected("a"));
  EXPECT_FALSE(hear("a", "kill", 15)) << "there is nothing to look at";
  EXPECT_EQ(count(), 0U);
  look(inspected("a"));
  EXPECT_EQ(count(), 0U);
  hear("a", "die", 137);
  look(ended("a", 137));
  EXPECT_EQ(count(), 0U);
  hear("a", "start");
  look(inspected("a"));
  EXPECT_EQ(count(), 1U);
}

TEST_F(DockerInventory, KnowsFromThePastWhoWasAskedToStop) {
  all_.recall({.container = "a", .action = "kill", .signal = 15}, now_);
  all_.recall({.container = "b", .action = "kill", .signal = 15}, now_);
  all_.recall({.container = "b", .action = "start"}, now_);
  look(inspected("a"));
  look(inspected("b"));
  ASSERT_EQ(count(), 1U);
  EXPECT_EQ(all_.endpoints("web").front().id, "h:b:80");
}

TEST_F(DockerInventory, TakesBackWhatRunsOnForTooLong) {
  look(inspected("a"));
  hear("a", "kill", 15);
  ASSERT_TRUE(all_.next_return());
  EXPECT_EQ(*all_.next_return(), now_ + 1min);
  all_.take_back(now_ + 59s);
  EXPECT_EQ(count(), 0U);
  all_.take_back(now_ + 1min);
  EXPECT_EQ(count(), 1U);
  EXPECT_FALSE(all_.next_return());
}

TEST_F(DockerInventory, KnowsTheStopSignalOfAContainer) {
  look(inspected("a", {{"Config", {{"StopSignal", "SIGQUIT"}}}}));
  hear("a", "kill", 1);
  EXPECT_EQ(count(), 1U);
  hear("a", "kill", 3);
  EXPECT_EQ(count(), 0U);
}

TEST_F(DockerInventory, RemembersWhereACrashedContainerWas) {
  look(inspected("a"));
  hear("a", "die", 1);
  ASSERT_EQ(count(), 1U);
  EXPECT_EQ(all_.endpoints("web").front().health, health::critical);
  look(ended("a", 1));
  ASSERT_EQ(count(), 1U);
  EXPECT_EQ(all_.endpoints("web").front().port, 32768U);
}

TEST_F(DockerInventory, KnowsOfACrashedOneThatItNeverSawRunningOnlyAPortThatWasAskedFor) {
  look(ended("a", 1));
  EXPECT_EQ(count(), 0U);
  auto fixed = ended("b", 1);
  fixed["HostConfig"]["PortBindings"]["80/tcp"][0]["HostPort"] = "8080";
  look(fixed);
  ASSERT_EQ(count(), 1U);
  EXPECT_EQ(all_.endpoints("web").front().port, 8080U);
}

TEST_F(DockerInventory, HasFindingsOfContainersThatHaveChangedOnly) {
  look(inspected("a"));
  EXPECT_EQ(all_.changed_findings().at("a")->what.why_none, "");
  look(inspected("a"));
  EXPECT_TRUE(all_.changed_findings().empty());
  look(inspected("a", {{"Config", {{"Env", {"SERVICE_IGNORE=1", "SERVICE_NAME=web"}}}}}));
  EXPECT_EQ(all_.changed_findings().at("a")->what.why_none, "SERVICE_IGNORE is set: port 80");
  look(inspected("a", {{"Name", "/new"}, {"Config", {{"Env", {"SERVICE_IGNORE=1", "SERVICE_NAME=web"}}}}}));
  EXPECT_EQ(all_.changed_findings().at("a")->container, "new");
  hear("a", "destroy");
  EXPECT_FALSE(all_.changed_findings().at("a"));
}

TEST_F(DockerInventory, GrowsOlderWithEachEvent) {
  EXPECT_EQ(all_.age("a"), 0U);
  hear("a", "start");
  const auto age = all_.age("a");
  hear("a", "die");
  EXPECT_GT(all_.age("a"), age);
}

TEST_F(DockerInventory, MovesAnEndpointToAnotherService) {
  look(inspected("a"));
  all_.changed();
  look(inspected("a", {{"Config", {{"Env", {"SERVICE_NAME=api"}}}}}));
  EXPECT_EQ(all_.changed(), (std::set<std::string>{"api", "web"}));
  EXPECT_EQ(count(), 0U);
  EXPECT_EQ(all_.services(), std::set<std::string>{"api"});
}

TEST_F(DockerInventory, ForgetsWhatIsDestroyed) {
  look(inspected("a"));
  EXPECT_FALSE(hear("a", "destroy"));
  EXPECT_EQ(count(), 0U);
  EXPECT_TRUE(all_.known().empty());
}

TEST(DockerEvent, IsReadAndTheRestIsPassedOver) {
  const auto of = [](const json& line) { return read_event(line.dump()); };
  const auto kill =
      of({{"Type", "container"}, {"Action", "kill"}, {"Actor", {{"ID", "a"}, {"Attributes", {{"signal", "15"}}}}}});
  ASSERT_TRUE(kill);
  EXPECT_EQ(kill->signal, 15);
  const auto left = of(
      {{"Type", "network"}, {"Action", "disconnect"}, {"Actor", {{"ID", "n"}, {"Attributes", {{"container", "a"}}}}}});
  ASSERT_TRUE(left);
  EXPECT_EQ(left->container, "a");
  EXPECT_FALSE(of({{"Type", "container"}, {"Action", "exec_create: sh"}, {"Actor", {{"ID", "a"}}}}));
  EXPECT_FALSE(of({{"Type", "network"}, {"Action", "create"}, {"Actor", {{"ID", "n"}}}}));
  for (const auto* text : {"", "{", "[]", "7", R"({"Type":7,"Action":null,"Actor":[]})",
                           R"({"Type":"container","Action":"die","Actor":{"ID":7,"Attributes":"x"}})"})
    EXPECT_FALSE(read_event(text)) << text;
}

TEST(DockerContainer, IsReadAsFarAsItMakesSense) {
  for (const auto* text : {"null", "{}", "[]", R"({"Id": 7, "State": {}})", R"({"Id": "a"})"})
    EXPECT_FALSE(read_container(parsed_json(text))) << text;
  const auto odd = read_container(parsed_json(
      R"({"Id": "a", "Name": null, "State": 7, "Config": {"Env": [7, "x", "=y"], "Labels": {"SERVICE_NAME": 7},
          "ExposedPorts": {"x/tcp": {}, "99999/tcp": {}, "80/sctp": {}, "81": {}}},
          "NetworkSettings": {"Ports": {"82/tcp": null, "83/tcp": [{"HostPort": "99999"}, {"HostIp": "::", "HostPort": "1"},
          {"HostIp": "0.0.0.0", "HostPort": "2"}]}, "Networks": {"n": null}}})"));
  ASSERT_TRUE(odd);
  EXPECT_FALSE(odd->running);
  EXPECT_TRUE(odd->settings.empty());
  ASSERT_EQ(odd->ports.size(), 3U);
  EXPECT_EQ(odd->ports[0].number, 81);
  EXPECT_EQ(odd->ports[2].host_port, 2) << "IPv4 before IPv6";
}

}  // namespace
}  // namespace drcon::docker
