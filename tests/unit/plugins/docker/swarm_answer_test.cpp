// From what a swarm's manager says of services, tasks and nodes to endpoints.
#include "docker/swarm_answer.hpp"

#include "docker/conventions.hpp"

#include <nlohmann/json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drcon::docker {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// An array, also of one: braces around one value are that value.
template <class... Each>
json list(const Each&... each) {
  return json::array({json(each)...});
}
json node_of(const std::string& id, const std::string& address, const std::string& state = "ready") {
  return {{"ID", id}, {"Description", {{"Hostname", "host-" + id}}}, {"Status", {{"State", state}, {"Addr", address}}}};
}
json port_of(int target, int published, const char* mode, const char* protocol = "tcp") {
  return {{"Protocol", protocol}, {"TargetPort", target}, {"PublishedPort", published}, {"PublishMode", mode}};
}
json service_of(const std::string& name, const json& ports, const json& labels = json::object()) {
  return {{"ID", "s-" + name}, {"Spec", {{"Name", name}, {"Labels", labels}}}, {"Endpoint", {{"Ports", ports}}}};
}
json task_of(const std::string& id, const std::string& service, const std::string& node,
             const json& more = json::object()) {
  json all = {{"ID", id},
              {"ServiceID", "s-" + service},
              {"NodeID", node},
              {"Slot", 1},
              {"DesiredState", "running"},
              {"Status", {{"State", "running"}}},
              {"Spec", {{"ContainerSpec", {{"Image", "team/image:1"}}}}}};
  all.merge_patch(more);
  return all;
}

const rules published{.host_name = "here", .host_address = "10.0.0.1", .network = {}, .address_label = {}, .tags = {}};

std::vector<std::string> endpoints(const swarm_tasks& tasks, const rules& by = published) {
  std::vector<std::string> all;
  for (const auto& task : tasks.all)
    for (const auto& each : offers_of(task, by, task.is_ending))
      all.push_back(each.service + " " + each.what.id + " " + each.what.address + ":" + std::to_string(each.what.port) +
                    " " + std::string(to_string(each.what.health)));
  return all;
}

TEST(DockerSwarm, ATaskInHostModeHasItsNodesAddress) {
  const auto tasks = read_tasks(
      list(service_of("web", list(port_of(80, 8080, "host")))),
      list(task_of("t1", "web", "n1", {{"Status", {{"PortStatus", {{"Ports", list(port_of(80, 8080, "host"))}}}}}}),
           task_of("t2", "web", "n2",
                   {{"Slot", 2}, {"Status", {{"PortStatus", {{"Ports", list(port_of(80, 8080, "host"))}}}}}})),
      list(node_of("n1", "10.0.0.11"), node_of("n2", "10.0.0.12")));
  EXPECT_THAT(endpoints(tasks), ElementsAre("web host-n1:web.1.t1:80 10.0.0.11:8080 passing",
                                            "web host-n2:web.2.t2:80 10.0.0.12:8080 passing"));
  EXPECT_EQ(offers_of(tasks.all[0], published, false).at(0).what.node, "host-n1");
}

TEST(DockerSwarm, OfTasksOnOneNodeOneStandsForAllThatIngressLeadsTo) {
  const auto tasks =
      read_tasks(list(service_of("web", list(port_of(80, 8080, "ingress")))),
                 list(task_of("t0", "web", "n1", {{"Status", {{"State", "shutdown"}}}, {"DesiredState", "shutdown"}}),
                      task_of("t1", "web", "n1"), task_of("t2", "web", "n1"), task_of("t3", "web", "n2")),
                 list(node_of("n1", "10.0.0.11"), node_of("n2", "10.0.0.12")));
  EXPECT_THAT(endpoints(tasks), ElementsAre("web host-n1:web.1.t1:80 10.0.0.11:8080 passing",
                                            "web host-n2:web.1.t3:80 10.0.0.12:8080 passing"));
  EXPECT_FALSE(judge(tasks.all[2], published, false).is_missed) << "it is reached, by another endpoint";
  EXPECT_THAT(judge(tasks.all[2], published, false).why_none, HasSubstr("the task t1 on the same node stands for it"));
}

TEST(DockerSwarm, SettingsComeFromTheServicesLabelsAndTheTasksEnvironment) {
  const auto tasks = read_tasks(
      list(service_of("web", list(port_of(80, 8080, "host"), port_of(53, 5353, "host", "udp")),
                      {{"SERVICE_80_NAME", "front"}, {"SERVICE_TEAM", "a"}})),
      list(task_of(
          "t1", "web", "n1",
          {{"Spec", {{"ContainerSpec", {{"Env", list("SERVICE_80_NAME=other", "SERVICE_REGION=north")}}}}},
           {"Status",
            {{"PortStatus", {{"Ports", list(port_of(80, 8080, "host"), port_of(53, 5353, "host", "udp"))}}}}}})),
      list(node_of("n1", "10.0.0.11")));
  const auto all = offers_of(tasks.all.at(0), published, false);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].service, "web-53");
  EXPECT_THAT(all[0].what.tags, ElementsAre("udp"));
  EXPECT_EQ(all[1].service, "front");
  EXPECT_THAT(all[1].what.meta, ElementsAre(std::pair("region", "north"), std::pair("team", "a")));
}

TEST(DockerSwarm, WithinANetworkATaskHasItsOwnAddressAndANameIsEnough) {
  const json attached = {
      {"NetworksAttachments",
       list(json{{"Network", {{"Spec", {{"Name", "ingress"}, {"Ingress", true}}}}},
                 {"Addresses", list("10.255.0.5/16")}},
            json{{"Network", {{"Spec", {{"Name", "front"}}}}}, {"Addresses", list("10.0.9.5/24")}})}};
  auto by = published;
  by.internal = true;
  const auto tasks =
      read_tasks(list(service_of("web", list(port_of(80, 8080, "ingress"))),
                      service_of("db", json(), {{"SERVICE_5432_NAME", "db"}}), service_of("mute", json())),
                 list(task_of("t1", "web", "n1", attached), task_of("t2", "db", "n1", attached),
                      task_of("t3", "mute", "n1", attached)),
                 list(node_of("n1", "10.0.0.11")));
  EXPECT_THAT(endpoints(tasks, by), ElementsAre("web host-n1:web.1.t1:80 10.0.9.5:80 passing",
                                                "db host-n1:db.1.t2:5432 10.0.9.5:5432 passing"));
  EXPECT_THAT(judge(tasks.all.at(2), by, false).why_none,
              HasSubstr("publishes no port and has no SERVICE_<port>_NAME"));
}

TEST(DockerSwarm, ATaskThatIsToEndLeavesAndOneOnALostNodeIsCritical) {
  const json here = {{"Status", {{"PortStatus", {{"Ports", list(port_of(80, 8080, "host"))}}}}}};
  auto ending = here;
  ending["DesiredState"] = "shutdown";
  const auto tasks = read_tasks(list(service_of("web", list(port_of(80, 8080, "host")))),
                                list(task_of("t1", "web", "n1", ending), task_of("t2", "web", "n2", here)),
                                list(node_of("n1", "10.0.0.11"), node_of("n2", "10.0.0.12", "down")));
  EXPECT_THAT(endpoints(tasks), ElementsAre("web host-n2:web.1.t2:80 10.0.0.12:8080 critical"));
}

// A manager that has just been started knows its nodes as "unknown" until they have reported.
TEST(DockerSwarm, ANodeThatHasNotReportedYetIsNotTakenForALostOne) {
  const auto of = [](const std::string& state) {
    return endpoints(read_tasks(list(service_of("web", list(port_of(80, 8080, "ingress")))),
                                list(task_of("t1", "web", "n1")), list(node_of("n1", "10.0.0.11", state))));
  };
  EXPECT_THAT(of("unknown"), ElementsAre("web host-n1:web.1.t1:80 10.0.0.11:8080 passing"));
  EXPECT_THAT(of("disconnected"), ElementsAre("web host-n1:web.1.t1:80 10.0.0.11:8080 critical"));
}

TEST(DockerSwarm, AManagerThatDoesNotKnowItsOwnAddressHasTheOneOfTheOthers) {
  auto manager = node_of("n1", "0.0.0.0");
  manager["ManagerStatus"] = {{"Addr", "[fd00::1]:2377"}};
  const auto tasks = read_tasks(list(service_of("web", list(port_of(80, 8080, "ingress")))),
                                list(task_of("t1", "web", "n1")), list(manager));
  EXPECT_THAT(endpoints(tasks), ElementsAre("web host-n1:web.1.t1:80 fd00::1:8080 passing"));
  const auto unknown = read_tasks(list(service_of("web", list(port_of(80, 8080, "ingress")))),
                                  list(task_of("t1", "web", "n1")), list(node_of("n1", "")));
  EXPECT_THAT(endpoints(unknown), IsEmpty());
  EXPECT_EQ(judge(unknown.all.at(0), published, false).why_none, "its node has no address: port 80");
}

TEST(DockerSwarm, WhatIsNoListIsAFaultAndWhatIsIncompleteIsPassedOver) {
  EXPECT_NE(read_tasks(json::object(), json::array(), json::array()).fault, "");
  EXPECT_NE(read_tasks(json::array(), json(), json::array()).fault, "");
  const auto odd = read_tasks(list(7, service_of("web", {7, {{"TargetPort", "80"}}, port_of(99999, 1, "host")})),
                              list(7, json::object(), task_of("t1", "web", "n1"), task_of("t2", "web", "unknown"),
                                   task_of("t3", "unknown", "n1")),
                              list("x", node_of("n1", "10.0.0.11")));
  EXPECT_EQ(odd.fault, "");
  ASSERT_EQ(odd.all.size(), 1U);
  EXPECT_THAT(odd.all[0].ports, IsEmpty());
}

}  // namespace
}  // namespace drcon::docker
