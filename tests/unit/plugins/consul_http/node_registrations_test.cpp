#include "consul_http/node_registrations.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drcon::consul {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using changes = std::set<service_change>;

node_content node(std::uint64_t index, std::vector<registration> instances) {
  return {.index = index, .instances = std::move(instances)};
}

TEST(Registrations, ReadANode) {
  const auto all = parse_node(R"({"Node":{"Node":"n1","ModifyIndex":12,"TaggedAddresses":{"lan":"x"}},"Services":{
    "web-2":{"ID":"web-2","Service":"web","Tags":["Service"],"Meta":{"Service":"no","ModifyIndex":"1"},
             "Weights":{"Passing":1},"CreateIndex":3,"ModifyIndex":20},
    "api":{"ID":"api","Service":"api","Tags":null,"ModifyIndex":9}}})");
  ASSERT_TRUE(all);
  EXPECT_EQ(*all, node(12, {{"api", "api", 9}, {"web-2", "web", 20}}));
}

TEST(Registrations, OfANodeThatIsGoneAreNone) {
  EXPECT_EQ(parse_node("null"), node(0, {}));
  EXPECT_EQ(parse_node(R"({"Node":null,"Services":null})"), node(0, {}));
}

TEST(Registrations, AreUnknownWhenTheAnswerCannotBeRead) {
  for (const auto* body : {"", "[]", "5", R"({"Node":{"ModifyIndex":1},"Services":{"a":{"Service":"a")", "<html>"})
    EXPECT_FALSE(parse_node(body)) << body;
  EXPECT_FALSE(parse_nodes("{}"));
  EXPECT_FALSE(parse_nodes("[7]"));
  EXPECT_THAT(*parse_nodes(R"([{"Node":"n2"},{"Node":"n1"}])"), ElementsAre("n1", "n2"));
}

TEST(Registrations, TellWhatIsNewChangedAndGone) {
  registrations all;
  all.take("n1", node(1, {{"a", "a", 2}, {"b", "b", 3}, {"c", "c", 4}}));
  EXPECT_THAT(all.take("n1", node(1, {{"a", "a", 2}, {"b", "b", 8}, {"d", "d", 9}})),
              ElementsAre(service_change{"b", 8}, service_change{"c", {}}, service_change{"d", 9}));
  EXPECT_THAT(all.take("n1", node(1, {{"a", "a", 2}, {"b", "b", 8}, {"d", "d", 9}})), IsEmpty());
}

TEST(Registrations, TellBothServicesOfAnInstanceThatHasAnotherNow) {
  registrations all;
  all.take("n1", node(1, {{"x", "old", 2}}));
  EXPECT_THAT(all.take("n1", node(1, {{"x", "new", 3}})),
              ElementsAre(service_change{"new", 3}, service_change{"old", {}}));
}

TEST(Registrations, AreAllChangedWhenTheNodeHas) {
  registrations all;
  all.take("n1", node(1, {{"a", "a", 2}, {"b", "b", 3}}));
  EXPECT_THAT(all.take("n1", node(7, {{"a", "a", 2}, {"b", "b", 3}})),
              ElementsAre(service_change{"a", 7}, service_change{"b", 7}));
}

// As after `consul snapshot restore`.
TEST(Registrations, HaveNoIndexWhenTheyAreOlderThanBefore) {
  registrations all;
  all.take("n1", node(1, {{"a", "a", 2}, {"b", "b", 30}}));
  EXPECT_THAT(all.take("n1", node(1, {{"a", "a", 2}, {"b", "b", 3}})), ElementsAre(service_change{"b", {}}));
  EXPECT_THAT(all.take("n1", node(1, {{"a", "a", 2}, {"b", "b", 9}})), ElementsAre(service_change{"b", 9}))
      << "indices are counted from the restored ones";
}

TEST(Registrations, HaveNoIndexWhenTheyComeBackFromARestore) {
  registrations all;
  all.take("n1", node(1, {{"a", "a", 2}, {"b", "b", 30}}));
  all.take("n1", node(1, {{"a", "a", 2}}));
  EXPECT_THAT(all.take("n1", node(1, {{"a", "a", 2}, {"b", "b", 30}})), ElementsAre(service_change{"b", {}}))
      << "the answer without it has a higher index";
}

TEST(Registrations, HaveNoIndexWhenTheNodeIsOlderThanBefore) {
  registrations all;
  all.take("n1", node(9, {{"a", "a", 2}}));
  EXPECT_THAT(all.take("n1", node(1, {{"a", "a", 2}})), ElementsAre(service_change{"a", {}}));
}

TEST(Registrations, GoWithTheirNode) {
  registrations all;
  all.take("n1", node(1, {{"a", "a", 2}}));
  all.take("n2", node(1, {{"b", "b", 2}}));
  EXPECT_THAT(all.services_of("n2"), ElementsAre("b"));
  EXPECT_THAT(all.keep_only({"n1"}), ElementsAre(service_change{"b", {}}));
  EXPECT_THAT(all.services_of("n2"), IsEmpty());
  EXPECT_THAT(all.take("n2", node(1, {{"b", "b", 2}})), ElementsAre(service_change{"b", 2})) << "it has come back";
}

}  // namespace
}  // namespace drcon::consul
