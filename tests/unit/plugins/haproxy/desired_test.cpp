// What a snapshot becomes for HAProxy, and what never reaches it.
#include "haproxy/desired.hpp"

#include "model/snapshot.hpp"
#include "plugins/update_package.hpp"
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
class HaproxyDesired : public ::testing::Test {
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

// ---- from update to update ----

// What a host hands over, one update after the other.
class HaproxyFollower : public ::testing::Test {
protected:
  std::optional<backend_names> follow(const std::vector<service>& services, bool is_applied = true) {
    std::vector<model::service_ptr> shared;
    for (const auto& each : services) shared.push_back(std::make_shared<const model::shared_service>(each));
    auto wanted = std::make_shared<const model::snapshot>(++revision_, std::move(shared));
    const plugins::update_package update(revision_, false, wanted, applied_);
    refused_.clear();
    const update_view view(&update.view);
    const auto changed = follower_.follow(view);
    follower_.note_outcome(is_applied, view);
    if (is_applied) applied_ = wanted;
    // The same as from scratch, each time.
    const auto whole = desired_from(view.wanted(), rules_, context(&silent_, nullptr));
    EXPECT_EQ(texts(follower_.backends()), texts(whole));
    return changed;
  }
  static std::vector<std::string> texts(const desired_backends& all) {
    std::vector<std::string> lines;
    for (const auto& [name, each] : all) {
      lines.push_back(name + " refuses " + std::to_string(each.refused));
      for (const auto& service : each.services) lines.push_back(name + " of " + service);
      for (const auto& [key, server] : each.servers)
        lines.push_back(name + " " + key + " " + std::to_string(server.weight) + " " + server.endpoint);
    }
    return lines;
  }
  static service of(const std::string& name, std::vector<endpoint> endpoints) {
    return {.name = name, .revision = 1, .endpoints = std::move(endpoints), .values = {}};
  }
  HaproxyFollower() {
    host_.size = silent_.size = sizeof host_;
    silent_.refused = [](drcon_instance*, drcon_string, drcon_string, drcon_string) {};
    host_.refused = [](drcon_instance* self, drcon_string service, drcon_string endpoint, drcon_string) {
      reinterpret_cast<HaproxyFollower*>(self)->refused_.push_back(std::string(view(service)) + "/" +
                                                                   std::string(view(endpoint)));
    };
  }

  drcon_host host_{};
  drcon_host silent_{};
  const desired_rules rules_{.backends = {{"b", "shared"}, {"c", "shared"}}};
  desired_follower follower_{rules_, context(&host_, reinterpret_cast<drcon_instance*>(this))};
  std::uint64_t revision_ = 0;
  model::snapshot_ptr applied_;
  std::vector<std::string> refused_;
};

TEST_F(HaproxyFollower, NamesTheBackendsOfTheServicesThatChanged) {
  const auto a = of("a", {at("10.0.0.1", 80)});
  const auto b = of("b", {at("10.0.0.2", 80)});
  const auto c = of("c", {at("10.0.0.3", 80)});
  EXPECT_FALSE(follow({a, b, c})) << "at first all may differ";
  EXPECT_EQ(follow({of("a", {at("10.0.0.1", 80, 7)}), b, c}), backend_names{"a"});
  EXPECT_EQ(follow({of("a", {at("10.0.0.1", 80, 7)}), b}), backend_names{"shared"}) << "the other one stays there";
  EXPECT_EQ(follow({b}), backend_names{"a"});
  EXPECT_EQ(follow({}), backend_names{"shared"});
  EXPECT_EQ(follow({c}), backend_names{"shared"});
}

TEST_F(HaproxyFollower, BeginsAgainAfterAnUpdateThatWasNotApplied) {
  EXPECT_FALSE(follow({of("a", {at("10.0.0.1", 80)})}));
  EXPECT_TRUE(follow({of("a", {at("10.0.0.2", 80)})}, false));
  EXPECT_FALSE(follow({of("a", {at("10.0.0.3", 80)})})) << "the host counts from what was applied";
}

TEST_F(HaproxyFollower, ReportsAllThatIsLeftOutEachTime) {
  const auto bad = of("a", {at("name.example", 80)});
  const auto nameless = of("no backend's name", {at("10.0.0.9", 80)});
  follow({bad, of("b", {at("10.0.0.1", 80)}), nameless});
  const std::vector<std::string> both{"a/name.example-80", "no backend's name/"};
  EXPECT_EQ(refused_, both);
  EXPECT_EQ(follow({bad, of("b", {at("10.0.0.2", 80)}), nameless}), backend_names{"shared"});
  EXPECT_EQ(refused_, both);
  follow({bad, of("b", {at("10.0.0.2", 80)})});
  EXPECT_EQ(refused_, std::vector<std::string>{"a/name.example-80"});
}

}  // namespace
}  // namespace drcon::haproxy
