// The addresses of a port: bindings of IPv4 and IPv6, and what stands for a container in ids and metadata.
#include "unit/plugins/docker/web_container.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace drcon::docker {
namespace places_test {

using nlohmann::json;
using ::testing::ElementsAre;

container bound(const json& bindings, const std::string& mode = "default") {
  const json all = {
      {"Id", "0123456789abcdef"},
      {"Name", "/web-1"},
      {"State", {{"Running", true}}},
      {"Config", {{"Image", "team/web:2"}, {"Hostname", "inside"}, {"ExposedPorts", {{"80/tcp", json::object()}}}}},
      {"HostConfig", {{"NetworkMode", mode}}},
      {"NetworkSettings",
       {{"Ports", {{"80/tcp", bindings}}},
        {"Networks", {{"n", {{"IPAddress", "10.9.0.2"}, {"GlobalIPv6Address", "fd00::2"}}}}}}}};
  return *read_container(all);
}
json binding(const char* address, const char* port) { return {{"HostIp", address}, {"HostPort", port}}; }

std::vector<std::string> places(const container& origin, const rules& by) {
  std::vector<std::string> all;
  for (const auto& each : offers_of(origin, by, false))
    all.push_back(each.what.id + " " + each.what.address + " " + std::to_string(each.what.port));
  return all;
}

rules all_bindings() {
  auto by = usual;
  by.all_bindings = true;
  by.host_address_ipv6 = "2001:db8::1";
  return by;
}

TEST(DockerPlaces, OfSeveralBindingsTheFirstOfIpv4CountsUnlessAllAreAskedFor) {
  const auto both = bound(json::array({binding("::", "8080"), binding("0.0.0.0", "8080")}));
  EXPECT_THAT(places(both, usual), ElementsAre("h:web-1:80 10.0.0.1 8080"));
  EXPECT_THAT(places(both, all_bindings()),
              ElementsAre("h:web-1:80 10.0.0.1 8080", "h:web-1:80@[2001:db8::1]:8080 2001:db8::1 8080"));
  auto no_ipv6 = all_bindings();
  no_ipv6.host_address_ipv6.clear();
  EXPECT_THAT(places(both, no_ipv6), ElementsAre("h:web-1:80 10.0.0.1 8080"));
}

TEST(DockerPlaces, AddressesThatAPortIsBoundToAreUsedAsTheyAre) {
  const auto one =
      bound(json::array({binding("192.0.2.1", "80"), binding("192.0.2.2", "81"), binding("2001:db8::7", "82")}));
  EXPECT_THAT(places(one, usual), ElementsAre("h:web-1:80 192.0.2.1 80"));
  EXPECT_THAT(places(one, all_bindings()),
              ElementsAre("h:web-1:80 192.0.2.1 80", "h:web-1:80@192.0.2.2:81 192.0.2.2 81",
                          "h:web-1:80@[2001:db8::7]:82 2001:db8::7 82"));
}

TEST(DockerPlaces, AContainerOfIpv6OnlyHasItsAddress) {
  const auto one = bound(json::array({binding("::", "8080")}));
  EXPECT_THAT(places(one, usual), ElementsAre("h:web-1:80 10.0.0.1 8080")) << "as it always was";
  EXPECT_THAT(places(one, all_bindings()), ElementsAre("h:web-1:80 2001:db8::1 8080"));
}

TEST(DockerPlaces, InsideANetworkAndInHostModeTheAddressOfIpv6IsBesideThatOfIpv4) {
  auto inside = all_bindings();
  inside.internal = true;
  EXPECT_THAT(places(bound(json::array()), inside),
              ElementsAre("h:web-1:80 10.9.0.2 80", "h:web-1:80@[fd00::2]:80 fd00::2 80"));
  inside.all_bindings = false;
  EXPECT_THAT(places(bound(json::array()), inside), ElementsAre("h:web-1:80 10.9.0.2 80"));
  EXPECT_THAT(places(bound(json::array(), "host"), all_bindings()),
              ElementsAre("h:web-1:80 10.0.0.1 80", "h:web-1:80@[2001:db8::1]:80 2001:db8::1 80"));
}

TEST(DockerPlaces, ALabelGivesOneAddressHoweverManyBindingsThereAre) {
  auto by = all_bindings();
  by.address_label = "ip";
  auto one = bound(json::array({binding("::", "8080"), binding("0.0.0.0", "8080")}));
  one.labels["ip"] = "192.0.2.9/24";
  EXPECT_THAT(places(one, by), ElementsAre("h:web-1:80 192.0.2.9 8080"));
}

TEST(DockerIdentity, NameHostnameOrIdStandsForTheContainer) {
  const auto id_by = [](identity which) {
    auto by = usual;
    by.identified_by = which;
    return offers_of(bound(json::array({binding("", "8080")})), by, false).at(0).what.id;
  };
  EXPECT_EQ(id_by(identity::name), "h:web-1:80");
  EXPECT_EQ(id_by(identity::hostname), "h:inside:80");
  EXPECT_EQ(id_by(identity::id), "h:0123456789ab:80");
}

TEST(DockerIdentity, MetadataOfTheContainerIsAddedAsAskedFor) {
  auto by = usual;
  by.metadata = {"name", "id", "hostname", "image"};
  auto one = bound(json::array({binding("", "8080")}));
  one.settings["container_name"] = "mine";
  EXPECT_THAT(offers_of(one, by, false).at(0).what.meta,
              ElementsAre(std::pair("container_hostname", "inside"), std::pair("container_id", "0123456789ab"),
                          std::pair("container_image", "team/web:2"), std::pair("container_name", "mine")));
  EXPECT_TRUE(offers_of(bound(json::array({binding("", "8080")})), usual, false).at(0).what.meta.empty());
}

}  // namespace places_test
}  // namespace drcon::docker
