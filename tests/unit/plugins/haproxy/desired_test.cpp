// What a snapshot becomes for HAProxy, and what never reaches it.
#include "haproxy/desired.hpp"

#include "support/plugin_harness.hpp"

#include <gtest/gtest.h>

namespace drcon::haproxy {
namespace {

endpoint at(const std::string& address, std::uint32_t port, std::uint32_t weight = 1) {
  return {.id = address + "-" + std::to_string(port),
          .node = "",
          .address = address,
          .port = port,
          .weight = weight,
          .tags = {},
          .meta = {}};
}

// A context whose host only remembers what was refused.
class HaproxyDesired : public testing::Test {
protected:
  std::map<std::string, desired_backend> of(const std::vector<service>& services) {
    std::vector<std::unique_ptr<c_service>> owned;
    std::vector<const drcon_service*> raw;
    for (const auto& each : services) raw.push_back(owned.emplace_back(std::make_unique<c_service>(each))->get());
    const drcon_snapshot snapshot{.size = sizeof(drcon_snapshot),
                                  .reserved = 0,
                                  .revision = 1,
                                  .services = raw.data(),
                                  .service_count = raw.size()};
    drcon_host host{};
    host.size = sizeof host;
    host.refused = [](drcon_instance* self, drcon_string, drcon_string endpoint, drcon_string why) {
      reinterpret_cast<HaproxyDesired*>(self)->refused_.push_back(std::string(view(endpoint)) + ": " +
                                                                  std::string(view(why)));
    };
    return desired_from(snapshot_view(&snapshot), rules_, context(&host, reinterpret_cast<drcon_instance*>(this)));
  }
  desired_backend web(const std::vector<endpoint>& endpoints) {
    return of({{.name = "web", .revision = 1, .endpoints = endpoints}})["web"];
  }
  std::vector<std::string> refused_;
  desired_rules rules_;
};

TEST_F(HaproxyDesired, NamesServersByTheirCanonicalAddress) {
  const auto all = web({at("10.0.0.1", 80), at("2001:DB8:0::1", 81)}).servers;
  ASSERT_EQ(all.size(), 2U);
  EXPECT_TRUE(all.contains("10.0.0.1:80"));
  EXPECT_TRUE(all.contains("[2001:db8::1]:81"));
}

TEST_F(HaproxyDesired, LetsNothingButAnAddressAndAPortThrough) {
  for (const auto* address : {"10.0.0.1;show info", "10.0.0.1\nshut", "host.name", "", "10.0.0.1 weight 0",
                              "fe80::1%eth0", "unix@/tmp/x", "10.0.0.300"})
    EXPECT_TRUE(web({at(address, 80)}).servers.empty()) << address;
  EXPECT_TRUE(web({at("10.0.0.1", 0)}).servers.empty());
  EXPECT_TRUE(web({at("10.0.0.1", 99999)}).servers.empty()) << "HAProxy would take it for port 34463";
  EXPECT_EQ(refused_.size(), 10U);
  EXPECT_TRUE(of({{.name = "a;b", .revision = 1, .endpoints = {at("10.0.0.1", 80)}}}).empty());
}

TEST_F(HaproxyDesired, KeepsTheProportionOfWeightsWithinHaproxysRange) {
  auto servers = web({at("10.0.0.1", 80, 10), at("10.0.0.2", 80, 20)}).servers;
  EXPECT_EQ(servers["10.0.0.2:80"].weight, 2 * servers["10.0.0.1:80"].weight);
  servers = web({at("10.0.0.1", 80, 1), at("10.0.0.2", 80, 60000), at("10.0.0.3", 80, 0)}).servers;
  EXPECT_EQ(servers["10.0.0.1:80"].weight, 1U);
  EXPECT_EQ(servers["10.0.0.2:80"].weight, 256U);
  EXPECT_EQ(servers["10.0.0.3:80"].weight, 0U);
  EXPECT_EQ(servers["10.0.0.3:80"].state, server_state::drain);
}

TEST_F(HaproxyDesired, GivesAnEndpointInWarningLess) {
  auto weak = at("10.0.0.2", 80);
  weak.health = health::warning;
  auto servers = web({at("10.0.0.1", 80), weak}).servers;
  EXPECT_EQ(servers["10.0.0.1:80"].weight, 2U);
  EXPECT_EQ(servers["10.0.0.2:80"].weight, 1U);
  rules_.warning = warning_policy::keep;
  servers = web({at("10.0.0.1", 80), weak}).servers;
  EXPECT_EQ(servers["10.0.0.1:80"].weight, servers["10.0.0.2:80"].weight);
  rules_.warning = warning_policy::drain;
  EXPECT_EQ(web({weak}).servers["10.0.0.2:80"].state, server_state::drain);
}

TEST_F(HaproxyDesired, TakesCriticalAndMaintenanceOutOfServiceAndPrioritiesForBackups) {
  auto bad = at("10.0.0.1", 80);
  bad.health = health::critical;
  auto later = at("10.0.0.2", 80);
  later.priority = 2;
  auto first = at("10.0.0.3", 80);
  first.priority = 1;
  auto servers = web({bad, later, first}).servers;
  EXPECT_EQ(servers["10.0.0.1:80"].state, server_state::maint);
  EXPECT_TRUE(servers["10.0.0.2:80"].backup);
}

TEST_F(HaproxyDesired, LetsServicesShareABackend) {
  rules_.backend_pattern = "be-{service}";
  rules_.backends["canary"] = "be-web";
  auto all = of({{.name = "canary", .revision = 1, .endpoints = {at("10.0.0.1", 80)}},
                 {.name = "web", .revision = 1, .endpoints = {at("10.0.0.2", 80), at("10.0.0.1", 80)}}});
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all["be-web"].servers.size(), 2U);
  EXPECT_EQ(refused_.size(), 1U) << "the same address and port twice in one backend";
}

}  // namespace
}  // namespace drcon::haproxy
