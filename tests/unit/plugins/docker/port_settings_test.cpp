// SERVICE_ settings of ports, ranges and protocols, and those that nothing can use.
#include "docker/port_settings.hpp"

#include "unit/plugins/docker/web_container.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drcon::docker {
namespace port_settings_test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using settings = std::map<std::string, std::string>;

container with_ports(settings with, const std::vector<std::pair<int, bool>>& ports) {
  container one;
  one.name = "c";
  one.image = "image";
  one.running = true;
  one.settings = std::move(with);
  for (const auto& [number, udp] : ports) {
    container_port port;
    port.number = static_cast<std::uint16_t>(number);
    port.udp = udp;
    port.host_address = "0.0.0.0";
    port.host_port = port.number;
    one.ports.push_back(port);
  }
  return one;
}

std::vector<std::string> services_of(const container& origin, const rules& by = usual) {
  std::vector<std::string> all;
  for (const auto& each : offers_of(origin, by, false)) all.push_back(each.service);
  return all;
}

std::vector<std::string> unusable(const container& origin) {
  std::vector<std::string> all;
  for (const auto& [setting, why] : unusable_settings(origin, origin.ports)) all.push_back(setting + ": " + why);
  return all;
}

// As of Elasticsearch, whose image exposes a range.
TEST(DockerPortSettings, ARangeHoldsForEachOfItsPorts) {
  const auto one = with_ports({{"9300-9302_ignore", "true"}, {"9200_name", "search"}, {"team", "a"}},
                              {{9200, false}, {9300, false}, {9301, false}, {9302, false}, {9303, false}});
  const auto all = offers_of(one, usual, false);
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0].service, "search");
  EXPECT_EQ(all[1].service, "image-9303");
  EXPECT_THAT(all[0].what.meta, ElementsAre(std::pair("team", "a"))) << "the setting of a range is no metadata";
  EXPECT_THAT(unusable(one), IsEmpty());
}

TEST(DockerPortSettings, ANameOfARangeIsOneServiceOfAllItsPorts) {
  const auto one = with_ports({{"9300-9301_name", "transport"}}, {{9300, false}, {9301, false}});
  EXPECT_THAT(services_of(one), ElementsAre("transport", "transport"));
  EXPECT_EQ(offers_of(one, usual, false)[1].what.id, "h:c:9301");
}

TEST(DockerPortSettings, AProtocolTellsTwoPortsOfOneNumberApart) {
  const auto one =
      with_ports({{"53_udp_name", "dns"}, {"53_tcp_ignore", "1"}, {"53_tags", "both"}}, {{53, false}, {53, true}});
  const auto all = offers_of(one, usual, false);
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].service, "dns");
  EXPECT_THAT(all[0].what.tags, ElementsAre("both", "udp"));
  EXPECT_THAT(all[0].what.meta, IsEmpty());
}

TEST(DockerPortSettings, TheOneForFewerPortsCountsAndThenTheOneWithTheProtocol) {
  const auto tags_of = [](settings with) {
    const auto all = offers_of(with_ports(std::move(with), {{9300, false}}), usual, false);
    return all.empty() || all[0].what.tags.empty() ? std::string() : all[0].what.tags[0];
  };
  EXPECT_EQ(tags_of({{"tags", "all"}, {"9000-9999_tags", "wide"}}), "wide");
  EXPECT_EQ(tags_of({{"9000-9999_tags", "wide"}, {"9300-9305_tags", "narrow"}}), "narrow");
  EXPECT_EQ(tags_of({{"9300-9305_tcp_tags", "range"}, {"9300_tags", "one"}}), "one");
  EXPECT_EQ(tags_of({{"9300_tags", "one"}, {"9300_tcp_tags", "protocol"}, {"9300_udp_tags", "other"}}), "protocol");
}

TEST(DockerPortSettings, WhatNothingCanUseIsReportedAndIsNoMetadata) {
  const auto one = with_ports({{"9999_name", "x"},
                               {"53_udp_name", "x"},
                               {"100-200_tags", "x"},
                               {"9305-9300_name", "x"},
                               {"0_name", "x"},
                               {"70000_name", "x"},
                               {"80-_name", "x"},
                               {"80", "x"},
                               {"80_", "x"},
                               {"2nd_name", "metadata"}},
                              {{80, false}, {53, false}});
  EXPECT_THAT(
      unusable(one),
      ::testing::UnorderedElementsAre(
          "SERVICE_9999_NAME: the container has no port 9999", "SERVICE_53_UDP_NAME: the container has no port 53/udp",
          "SERVICE_100-200_TAGS: the container has no port from 100 to 200",
          "SERVICE_9305-9300_NAME: expected a port or a range such as 9300-9305, of numbers from 1 to 65535",
          "SERVICE_0_NAME: expected a port or a range such as 9300-9305, of numbers from 1 to 65535",
          "SERVICE_70000_NAME: expected a port or a range such as 9300-9305, of numbers from 1 to 65535",
          "SERVICE_80-_NAME: expected a port or a range such as 9300-9305, of numbers from 1 to 65535",
          "SERVICE_80: expected what is set for the port, such as _NAME, after it",
          "SERVICE_80_: expected what is set for the port, such as _NAME, after it"));
  for (const auto& each : offers_of(one, usual, false))
    EXPECT_THAT(each.what.meta, ElementsAre(std::pair("2nd_name", "metadata"))) << each.what.id;
}

TEST(DockerPortSettings, AHostileRangeMakesNoMoreThanAThousandPorts) {
  EXPECT_THAT(named_ports(with_ports({{"1-65535_name", "x"}}, {})), IsEmpty());
  EXPECT_THAT(named_ports(with_ports({{"1-900_name", "x"}, {"1001-1900_name", "x"}}, {})), SizeIs(1000));
}

// ---- network mode host ----

container in_host_mode(settings with, const std::vector<std::pair<int, bool>>& exposed) {
  auto one = with_ports(std::move(with), exposed);
  one.network_mode = "host";
  for (auto& each : one.ports) {
    each.host_address.clear();
    each.host_port = 0;
  }
  return one;
}

std::vector<std::string> ids_of(const container& origin, host_ports which) {
  auto by = usual;
  by.host_network = which;
  std::vector<std::string> all;
  for (const auto& each : offers_of(origin, by, false))
    all.push_back(each.service + "=" + each.what.address + ":" + std::to_string(each.what.port));
  return all;
}

TEST(DockerHostNetwork, PublishesTheExposedThePublishedOrTheNamedPorts) {
  auto one = in_host_mode({{"4000_name", "four"}, {"6000_name", "six"}}, {{3000, false}, {4000, false}});
  one.ports.front().is_requested = true;
  EXPECT_THAT(ids_of(one, host_ports::exposed), ElementsAre("image-3000=10.0.0.1:3000", "four=10.0.0.1:4000"));
  EXPECT_THAT(ids_of(one, host_ports::published), ElementsAre("image=10.0.0.1:3000"));
  EXPECT_THAT(ids_of(one, host_ports::named), ElementsAre("four=10.0.0.1:4000", "six=10.0.0.1:6000"));
}

// Podman 4 reports no exposed ports in this mode.
TEST(DockerHostNetwork, ANameIsEnoughWhereNothingIsExposed) {
  const auto one = in_host_mode({{"8080_name", "hosty"}, {"53_udp_name", "dns"}, {"7000-7001_name", "range"}}, {});
  EXPECT_THAT(ids_of(one, host_ports::exposed), IsEmpty());
  EXPECT_THAT(ids_of(one, host_ports::named),
              ElementsAre("dns=10.0.0.1:53", "range=10.0.0.1:7000", "range=10.0.0.1:7001", "hosty=10.0.0.1:8080"));
}

}  // namespace port_settings_test
}  // namespace drcon::docker
