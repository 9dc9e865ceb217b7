#include "engine/target_loss.hpp"

#include "engine/address_groups.hpp"
#include "model/snapshot.hpp"
#include "support/fake_plugins.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>

namespace drcon::engine {
namespace {

using test::service_of;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;
using ::testing::StartsWith;

using counts = std::map<std::string, int>;  // services, and how many endpoints each has

// Addresses differ by service: 10.SERVICE.0.N.
service numbered(const std::string& name, int endpoints) {
  auto made = service_of(name, endpoints);
  for (auto& each : made.endpoints) each.address.replace(0, 4, "10." + std::to_string(static_cast<int>(name.back())));
  return made;
}

model::snapshot snapshot_of(const counts& all) {
  std::vector<model::service_ptr> services;
  for (const auto& [name, endpoints] : all)
    services.push_back(std::make_shared<const model::shared_service>(numbered(name, endpoints)));
  return {1, std::move(services)};
}

std::string nginx_file(const counts& all) {
  std::string text = "# Written by drcon.\n";
  for (const auto& [name, endpoints] : all) {
    text += "\nupstream " + name + " {\n";
    for (const auto& each : numbered(name, endpoints).endpoints) text += "    server " + each.address + ":80;\n";
    text += "}\n";
  }
  return text;
}

std::string lines(const counts& all) {
  std::string text;
  for (const auto& [name, endpoints] : all)
    for (const auto& each : numbered(name, endpoints).endpoints) text += name + " " + each.address + ":80 weight 10\n";
  return text;
}

std::string json_list(const counts& all) {
  std::string text = "{";
  for (const auto& [name, endpoints] : all) {
    text += text.size() > 1 ? ",\"" + name + "\":[" : "\"" + name + "\":[";
    for (const auto& each : numbered(name, endpoints).endpoints)
      text += std::string(text.ends_with('[') ? "" : ",") + R"({"address":")" + each.address + R"(","port":80})";
    text += "]";
  }
  return text + "}";
}

using language = std::string (*)(const counts&);

class TargetLoss : public ::testing::TestWithParam<language> {
protected:
  static std::vector<std::string> losses(const counts& live, const counts& wanted) {
    std::vector<std::string> all;
    const auto found = losses_of_target(GetParam()(live), GetParam()(wanted), snapshot_of(wanted));
    if (!found) return {"unknown"};
    for (const auto& each : found->losing)
      all.push_back(each.service + " " + std::to_string(each.had) + "->" + std::to_string(each.next));
    return all;
  }
};

INSTANTIATE_TEST_SUITE_P(Languages, TargetLoss, ::testing::Values(nginx_file, lines, json_list));

TEST_P(TargetLoss, IsCountedForTheServiceThatLosesSomething) {
  EXPECT_THAT(losses({{"api", 4}, {"web", 10}}, {{"api", 4}, {"web", 1}}), ElementsAre("web 10->1"));
}

TEST_P(TargetLoss, IsNoneWhenNothingGoes) {
  EXPECT_THAT(losses({{"api", 4}, {"web", 10}}, {{"api", 5}, {"new", 2}, {"web", 10}}), IsEmpty());
}

TEST_P(TargetLoss, CountsAServiceOfWhichTheSourcesHaveNothing) {
  EXPECT_THAT(losses({{"api", 4}, {"web", 3}}, {{"api", 4}}),
              ElementsAre(::testing::AllOf(StartsWith("of 10.98.0.1"), EndsWith(" 3->0"))));
}

TEST_P(TargetLoss, OfTheWholeTargetIsMeasuredFromAllThatItHas) {
  const counts live{{"api", 4}, {"web", 6}};
  const counts wanted{{"api", 9}, {"web", 3}};
  const auto found = losses_of_target(GetParam()(live), GetParam()(wanted), snapshot_of(wanted));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->had, 10U);
  EXPECT_EQ(found->next, 7U) << "what comes to api does not make up for what goes from web";
}

TEST_P(TargetLoss, CountsServicesOfOneEndpointForThemselves) {
  EXPECT_THAT(losses({{"a", 1}, {"bb", 1}, {"ccc", 3}}, {{"a", 1}, {"ccc", 3}}).size(), 1U);
  EXPECT_THAT(losses({{"x1", 1}, {"x2", 1}, {"x3", 1}}, {{"x1", 1}, {"x3", 1}}).size(), 1U);
}

TEST_P(TargetLoss, CountsServicesOfTwoForThemselves) {
  EXPECT_THAT(losses({{"api", 2}, {"log", 2}, {"web", 2}}, {{"api", 1}, {"log", 1}, {"web", 1}}),
              ElementsAre("api 2->1", "log 2->1", "web 2->1"));
}

TEST_P(TargetLoss, IsAllWhenNothingIsLeft) { EXPECT_EQ(losses({{"web", 10}}, {}).size(), 1U); }

TEST(TargetLoss, OfASetThatIsReplacedByAsManyIsNone) {
  const std::string blue = "upstream web {\n  server 10.0.0.1:80;\n  server 10.0.0.2:80;\n}\n";
  const std::string green = "upstream web {\n  server 10.0.1.1:80;\n  server 10.0.1.2:80;\n}\n";
  EXPECT_THAT(losses_of_target(blue, green, snapshot_of({}))->losing, IsEmpty());
}

TEST(TargetLoss, OfTwoBesideAnAddressOfTheSinksOwnIsCountedTogether) {
  const std::string own = "}\n\n# Tells which generation serves.\nserver {\n    listen 127.0.0.1:9999;\n}\n";
  const std::string two = "upstream web {\n    server 10.0.0.1:80 weight=5;\n    server 10.0.0.2:80;\n" + own;
  const std::string one = "upstream web {\n    server 10.0.0.1:80;\n" + own;
  const auto found = losses_of_target(two, one, snapshot_of({}));
  ASSERT_EQ(found->losing.size(), 1U);
  EXPECT_EQ(found->losing.front().had, 2U);
  EXPECT_EQ(found->losing.front().next, 1U);
}

// Each line with a name of its endpoint's own in front of the address.
struct named_line {
  std::string service;
  std::string name;
  int number;
};

std::string named_block(const std::vector<named_line>& all) {
  std::string text;
  std::string last;
  for (const auto& each : all) {
    if (each.service != last) text += (last.empty() ? "" : "}\n") + ("backend " + each.service) + " {\n";
    last = each.service;
    text += "    server " + each.name + " 10." + std::to_string(static_cast<int>(each.service.back())) + ".0." +
            std::to_string(each.number) + ":80;\n";
  }
  return text + "}\n";
}

std::string named_lines(const std::vector<named_line>& all) {
  std::string text;
  for (const auto& each : all)
    text += each.service + " " + each.name + " 10." + std::to_string(static_cast<int>(each.service.back())) + ".0." +
            std::to_string(each.number) + ":80 weight 10\n";
  return text;
}

std::string only_named_lines(std::vector<named_line> all) {
  std::string text = named_lines(all);
  for (const auto& each : all)
    for (auto at = text.find(each.service + " "); at != std::string::npos; at = text.find(each.service + " "))
      text.erase(at, each.service.size() + 1);
  return text;
}

std::vector<std::string> losses_of_named(const std::string& live, const std::string& wanted, const counts& candidate) {
  std::vector<std::string> all;
  const auto found = losses_of_target(live, wanted, snapshot_of(candidate));
  if (!found) return {"unknown"};
  for (const auto& each : found->losing)
    all.push_back(each.service + " " + std::to_string(each.had) + "->" + std::to_string(each.next));
  return all;
}

using named_language = std::string (*)(const std::vector<named_line>&);
class TargetLossOfNamed : public ::testing::TestWithParam<named_language> {};
INSTANTIATE_TEST_SUITE_P(Languages, TargetLossOfNamed, ::testing::Values(named_block, named_lines));

const std::vector<named_line> four{{"api", "ash", 1}, {"api", "oak", 2}, {"web", "elm", 1},
                                   {"web", "fir", 2}, {"web", "yew", 3}, {"web", "box", 4}};

TEST_P(TargetLossOfNamed, IsCountedForTheServiceAndNotForEachName) {
  auto live = four;
  live.push_back({"web", "ivy", 5});
  EXPECT_THAT(losses_of_named(GetParam()(live), GetParam()(four), {{"api", 2}, {"web", 4}}), ElementsAre("web 5->4"));
}

TEST_P(TargetLossOfNamed, IsNoneWhenEachIsReplacedByOneOfAnotherName) {
  auto live = four;
  for (auto i = 2U; i < live.size(); ++i) {
    live[i].name += "-old";
    live[i].number += 10;
  }
  EXPECT_THAT(losses_of_named(GetParam()(live), GetParam()(four), {{"api", 2}, {"web", 4}}), IsEmpty());
}

TEST_P(TargetLossOfNamed, OfAWholeServiceIsNotMadeUpForByAnother) {
  auto live = four;
  live.insert(live.begin() + 2, {{"log", "nut", 1}, {"log", "fig", 2}});
  EXPECT_THAT(losses_of_named(GetParam()(live), GetParam()(four), {{"api", 2}, {"web", 4}}),
              ElementsAre(EndsWith(" 2->0")));
}

// Nothing in such a text says where a service begins: none may hide in another.
TEST(TargetLossOfNamed, IsCountedForEachWhereNoLineSaysOfWhichServiceItIs) {
  const auto live = only_named_lines(four);
  const auto wanted = only_named_lines({four[2], four[3], four[4], four[5]});
  EXPECT_THAT(losses_of_named(live, wanted, {{"web", 4}}), ElementsAre(EndsWith(" 1->0"), EndsWith(" 1->0")));
}

TEST(TargetLoss, OfATextWithoutAddressesIsNotKnown) {
  EXPECT_FALSE(losses_of_target("server app.example.com:80;\n", "", snapshot_of({})).has_value());
}

TEST(AddressesIn, AreThoseOfBothFamiliesAndNoOtherNumbers) {
  std::vector<std::string_view> found;
  for (const auto& each : addresses_in("1.2.3.4 [fd00::1]:80 v1.2.3.4 1.2.3 [::] 1.2.3.4.5 at 9.8.7.6:543; [abc]"))
    found.push_back(each.address);
  EXPECT_THAT(found, ElementsAre("1.2.3.4", "[fd00::1]:80", "[::]", "9.8.7.6:543"));
}

}  // namespace
}  // namespace drcon::engine
