// Why a container is not published: the reasons in words, by the rules and the container.
#include "unit/plugins/docker/web_container.hpp"

#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drcon::docker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string why_none(const container& origin, const rules& by = usual, bool asked_to_stop = false) {
  return judge(origin, by, asked_to_stop).why_none;
}

TEST(DockerOmissions, APublishedContainerHasNoReason) {
  const auto what = judge(web(), usual, false);
  EXPECT_EQ(what.why_none, "");
  EXPECT_TRUE(what.is_missed);
  EXPECT_EQ(what.service, "web");
}

TEST(DockerOmissions, APortThatIsNotPublishedIsNamed) {
  auto one = web({{"name", "quiet"}});
  one.ports = {{.number = 80}, {.number = 53, .udp = true}};
  const auto what = judge(one, usual, false);
  EXPECT_EQ(what.why_none, "no port of this machine leads to it (docker run -p): port 80, 53/udp");
  EXPECT_EQ(what.service, "quiet");
  one.ports.clear();
  EXPECT_EQ(why_none(one), "it publishes no port (docker run -p)");
  auto inside = usual;
  inside.internal = true;
  EXPECT_EQ(why_none(one, inside), "it exposes no port: add EXPOSE or --expose");
}

TEST(DockerOmissions, APortOfAnotherProtocolIsNamed) {
  const auto one = read_container(parsed_json(
      R"({"Id": "a", "State": {"Running": true}, "Config": {"Image": "web", "ExposedPorts": {"3868/sctp": {}}}})"));
  ASSERT_TRUE(one);
  EXPECT_EQ(why_none(*one), "only ports of tcp and udp are published, and it has none but 3868/sctp");
}

TEST(DockerOmissions, TheSettingThatIgnoresIsNamed) {
  EXPECT_EQ(why_none(web({{"ignore", "no"}})), "SERVICE_IGNORE is set: port 80");
  EXPECT_EQ(why_none(web({{"80_ignore", "1"}})), "SERVICE_80_IGNORE is set: port 80");
  EXPECT_EQ(why_none(web({{"ignore", "1"}, {"80_ignore", ""}})), "") << "the setting of the port counts more";
}

TEST(DockerOmissions, EachPortHasItsOwnReason) {
  auto two = web({{"80_ignore", "1"}});
  two.ports.push_back({.number = 443});
  EXPECT_EQ(why_none(two),
            "SERVICE_80_IGNORE is set: port 80; no port of this machine leads to it (docker run -p): port 443");
}

TEST(DockerOmissions, ANetworkThatItIsNotInIsNamed) {
  auto inside = usual;
  inside.internal = true;
  inside.network = "front";
  EXPECT_EQ(why_none(web(), inside), "it is not in the network 'front': port 80");
  inside.network.clear();
  auto nowhere = web();
  nowhere.addresses.clear();
  EXPECT_EQ(why_none(nowhere, inside), "it has no address in any network: port 80");
}

TEST(DockerOmissions, WhatTheOptionsAskForIsNamed) {
  auto strict = usual;
  strict.explicit_only = true;
  EXPECT_EQ(why_none(web(), strict), "no SERVICE_NAME names its service, as explicit = true asks for: port 80");
  auto labelled = usual;
  labelled.labels = {"edge", "zone=1"};
  EXPECT_EQ(why_none(web(), labelled), "it does not have the label 'edge', which the option label asks for");
  auto half = web();
  half.labels = {{"edge", ""}, {"zone", "2"}};
  EXPECT_THAT(why_none(half, labelled), HasSubstr("'zone=1'"));
  half.labels["zone"] = "1";
  EXPECT_EQ(why_none(half, labelled), "");
  auto addressed = usual;
  addressed.address_label = "ip";
  auto empty = web();
  empty.labels = {{"ip", ""}};
  EXPECT_EQ(why_none(empty, addressed), "its label 'ip' gives no address: port 80");
}

TEST(DockerOmissions, OneThatDoesNotRunIsMissedByNobody) {
  auto ended = web();
  ended.running = false;
  ended.exit_code = 3;
  EXPECT_EQ(why_none(ended), "it does not run; its last exit code is 3");
  EXPECT_FALSE(judge(ended, usual, false).is_missed);
  EXPECT_EQ(why_none(web(), usual, true), "it was asked to stop");
  EXPECT_FALSE(judge(web(), usual, true).is_missed);
}

TEST(DockerOmissions, InHostModeTheReasonSaysWhatWouldHelp) {
  auto one = web({{"8080_name", "hosty"}});
  one.network_mode = "host";
  one.ports.clear();
  const auto what = judge(one, usual, false);
  EXPECT_THAT(what.why_none, HasSubstr("exposes no port: add EXPOSE or --expose, or set host_network = \"named\""));
  EXPECT_THAT(what.unusable, ElementsAre("SERVICE_8080_NAME: the container has no port 8080"));
  auto by = usual;
  by.host_network = host_ports::published;
  EXPECT_THAT(why_none(one, by), HasSubstr("no port is published (docker run -p)"));
  by.host_network = host_ports::named;
  EXPECT_EQ(why_none(one, by), "");
  one.settings.clear();
  EXPECT_THAT(why_none(one, by), HasSubstr("no SERVICE_<port>_NAME"));
}

}  // namespace
}  // namespace drcon::docker
