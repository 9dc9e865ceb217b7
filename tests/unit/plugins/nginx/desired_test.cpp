#include "nginx/desired.hpp"

#include "model/snapshot.hpp"
#include "plugins/instance.hpp"

#include <gtest/gtest.h>

#include <map>

namespace drcon::nginx {
namespace {

// What the sink said it left out: service/endpoint -> why.
std::map<std::string, std::string> said;

void take_refusal(drcon_instance* /*instance*/, drcon_string service, drcon_string endpoint, drcon_string why) {
  said[std::string(view(service)) + "/" + std::string(view(endpoint))] = view(why);
}

std::vector<upstream> admitted(std::vector<service> services, const desired_rules& rules = {}) {
  std::vector<model::service_ptr> shared;
  for (auto& each : services) shared.push_back(std::make_shared<const model::shared_service>(std::move(each)));
  const plugins::update_package update(1, false, std::make_shared<const model::snapshot>(1, std::move(shared)),
                                       nullptr);
  drcon_host host{};
  host.refused = &take_refusal;
  said.clear();
  return desired_from(update_view{&update.view}.wanted(), rules, context(&host, nullptr));
}

endpoint at(const std::string& id, const std::string& address = "10.0.0.1", std::uint32_t port = 80) {
  return {.id = id, .node = "n", .address = address, .port = port, .tags = {}, .meta = {}};
}

std::vector<std::string> addresses(const std::vector<upstream>& all) {
  std::vector<std::string> found;
  for (const auto& each : all)
    for (const auto& one : each.servers) found.push_back(one.address);
  return found;
}

TEST(NginxDesired, WritesBothFamiliesAsNginxDoes) {
  EXPECT_EQ(addresses(admitted({{"web", 1, {at("a"), at("b", "2001:db8::1", 443)}}})),
            (std::vector<std::string>{"10.0.0.1:80", "[2001:db8::1]:443"}));
}

TEST(NginxDesired, NeverRendersAnAddressThatIsNone) {
  for (const auto policy : {name_policy::drop, name_policy::pass})
    for (const auto& address :
         {std::string(), std::string("10.0.0.1 down"), std::string("10.0.0.1; }"), std::string("unix:/run/x.sock"),
          std::string("fe80::1%lo"), std::string("10.0.0.1\0 x", 11), std::string("a/b"), std::string("$host"),
          std::string("h\xc3\xbc"), std::string(300, 'a')}) {
      EXPECT_EQ(addresses(admitted({{"web", 1, {at("bad", address), at("good")}}}, {.host_names = policy})),
                std::vector<std::string>{"10.0.0.1:80"})
          << address;
      EXPECT_TRUE(said.contains("web/bad")) << address;
    }
}

TEST(NginxDesired, NeverRendersAPortThatIsNone) {
  EXPECT_EQ(addresses(admitted({{"web", 1, {at("a", "10.0.0.1", 0), at("b", "10.0.0.1", 65536), at("c")}}})),
            std::vector<std::string>{"10.0.0.1:80"});
  EXPECT_EQ(said.size(), 2U);
}

TEST(NginxDesired, TakesHostNamesOnlyWhenConfigured) {
  EXPECT_TRUE(addresses(admitted({{"web", 1, {at("a", "web.example")}}})).empty());
  EXPECT_NE(said["web/a"].find("host_names"), std::string::npos) << "names the option that changes it";
  EXPECT_EQ(addresses(admitted({{"web", 1, {at("a", "web.example")}}}, {.host_names = name_policy::pass})),
            std::vector<std::string>{"web.example:80"});
}

constexpr written_labels all_labels{.id = true, .node = true, .tags = true, .meta = true};

TEST(NginxDesired, LeavesOutAnEndpointForEachKindOfHostileLabel) {
  const std::string hostile = "x; } server {";
  std::vector<endpoint> all;
  for (const auto* id : {"tag", "key", "value", "node"}) all.push_back(at(id));
  all[0].tags = {"fine", hostile};
  all[1].meta[hostile] = "v";
  all[2].meta["k"] = hostile;
  all[3].node = hostile;
  all.push_back(at(hostile));
  all.push_back(at("good", "10.0.0.9"));
  EXPECT_EQ(addresses(admitted({{"web", 1, all}}, {.written = all_labels})), std::vector<std::string>{"10.0.0.9:80"});
  EXPECT_EQ(said.size(), 5U);
}

TEST(NginxDesired, LeavesOutNoEndpointForALabelThatIsNotWritten) {
  auto each = at("id;");
  each.tags = {"v2#rc1"};
  each.meta = {{"k", "{"}, {"}", "v"}};
  each.node = "$n";
  const auto builtin_form = admitted({{"web", 1, {each}}});
  EXPECT_EQ(addresses(builtin_form), std::vector<std::string>{"10.0.0.1:80"});
  EXPECT_TRUE(said.empty());
  EXPECT_TRUE(builtin_form[0].servers[0].origin.tags.empty()) << "nothing of it can get into the file";
  EXPECT_TRUE(builtin_form[0].servers[0].origin.meta.empty());
  for (const auto& [written, name] :
       {std::pair(written_labels{.id = true}, "id"), std::pair(written_labels{.node = true}, "node"),
        std::pair(written_labels{.tags = true}, "tag"), std::pair(written_labels{.meta = true}, "meta")}) {
    EXPECT_TRUE(addresses(admitted({{"web", 1, {each}}}, {.written = written})).empty()) << name;
    EXPECT_NE(said["web/id;"].find(std::string("its ") + name), std::string::npos) << said["web/id;"];
  }
}

TEST(NginxDesired, KnowsOfEachEndpointThatIsLeftOutWhetherItIsInService) {
  std::vector<endpoint> all{at("a", "web.example"), at("b"), at("c", "10.0.0.3")};
  all[0].health = health::critical;
  all[1].tags = {"v2#rc1"};
  const auto found = admitted({{"web", 1, all}}, {.written = all_labels});
  ASSERT_EQ(found[0].refused.size(), 2U);
  EXPECT_TRUE(found[0].refused[0].down);
  EXPECT_FALSE(found[0].refused[1].down);
  EXPECT_EQ(found[0].refused[1].address, "10.0.0.1:80");
}

TEST(NginxDesired, TakesOffOnlyTheHostileLabelWhenConfigured) {
  auto each = at("id;");
  each.tags = {"fine", "x;"};
  each.meta = {{"k", "v"}, {"k2", "{"}, {"}", "v"}};
  each.node = "$n";
  const auto found = admitted({{"web", 1, {each}}}, {.hostile = hostile_policy::drop_value, .written = all_labels});
  ASSERT_EQ(found[0].servers.size(), 1U);
  const auto& left = found[0].servers[0].origin;
  EXPECT_EQ(left.tags, std::vector<std::string>{"fine"});
  EXPECT_EQ(left.meta, (std::map<std::string, std::string>{{"k", "v"}}));
  EXPECT_EQ(left.id, "");
  EXPECT_EQ(left.node, "");
}

TEST(NginxDesired, LeavesOutServicesThatNginxCannotName) {
  const auto found =
      admitted({{"a;b", 1, {at("x")}}, {"has space", 1, {at("x")}}, {"ok", 1, {}}, {std::string(300, 'a'), 1, {}}});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].name, "ok");
  EXPECT_EQ(said.size(), 3U);
}

TEST(NginxDesired, FoldsDoubleAddresses) {
  EXPECT_EQ(addresses(admitted({{"web", 1, {at("a"), at("b"), at("c", "10.0.0.1", 81)}}})),
            (std::vector<std::string>{"10.0.0.1:80", "10.0.0.1:81"}));
}

TEST(NginxDesired, TurnsWeightPriorityAndHealthIntoNginxsWords) {
  std::vector<endpoint> all{at("a", "10.0.0.1"), at("b", "10.0.0.2"), at("c", "10.0.0.3"), at("d", "10.0.0.4"),
                            at("e", "10.0.0.5")};
  all[0].weight = 0;
  all[1].weight = 1000000;
  all[2].health = health::critical;
  all[3].health = health::warning;
  all[4].priority = all[0].priority + 1;
  const auto servers = admitted({{"web", 1, all}})[0].servers;
  EXPECT_TRUE(servers[0].down);
  EXPECT_EQ(servers[0].weight, 1U) << "nginx refuses weight=0";
  EXPECT_EQ(servers[1].weight, 65535U);
  EXPECT_TRUE(servers[2].down);
  EXPECT_FALSE(servers[3].down);
  EXPECT_TRUE(servers[4].backup);
  EXPECT_FALSE(servers[0].backup);
}

TEST(NginxDesired, MakesNobodyABackupOfAnEndpointThatWasLeftOut) {
  std::vector<endpoint> all{at("a", "not an address"), at("b")};
  all[0].priority = 0;
  all[1].priority = 5;
  EXPECT_FALSE(admitted({{"web", 1, all}})[0].servers[0].backup) << "nginx refuses an upstream of backups only";
}

}  // namespace
}  // namespace drcon::nginx
