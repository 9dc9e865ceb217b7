#include "nomad/answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drcon::nomad {
namespace nomad_answer_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// As Nomad's documentation has it for GET /v1/service/NAME.
std::string row(const std::string& id, const std::string& more = R"("Address":"10.0.0.1","Port":29702)") {
  return R"({"AllocID":"177160af","CreateIndex":14,"Datacenter":"dc1","ID":")" + id +
         R"(","JobID":"example","ModifyIndex":14,"Namespace":"default","NodeID":"7406e90b","ServiceName":"web",)" +
         R"("Tags":["db","cache"],)" + more + "}";
}

selection web() {
  selection result;
  result.name = "web";
  return result;
}

TEST(NomadAnswer, BecomesEndpointsInOrderOfTheirIds) {
  std::string why;
  const auto found = read_instances("[" + row("b") + "," + row("a") + "]", web(), why);
  ASSERT_TRUE(found) << why;
  ASSERT_EQ(found->endpoints.size(), 2U);
  const auto& first = found->endpoints[0];
  EXPECT_EQ(first.id, "a");
  EXPECT_EQ(first.node, "7406e90b");
  EXPECT_EQ(first.address, "10.0.0.1");
  EXPECT_EQ(first.port, 29702U);
  EXPECT_THAT(first.tags, ElementsAre("db", "cache"));
  EXPECT_EQ(first.meta, (std::map<std::string, std::string>{
                            {"job", "example"}, {"allocation", "177160af"}, {"datacenter", "dc1"}}));
}

TEST(NomadAnswer, OnlyInstancesThatCarryAllTagsAreTaken) {
  auto asked = web();
  std::string why;
  asked.tags = {"cache", "db"};
  EXPECT_EQ(read_instances("[" + row("a") + "]", asked, why)->endpoints.size(), 1U);
  asked.tags = {"cache", "other"};
  EXPECT_TRUE(read_instances("[" + row("a") + "]", asked, why)->endpoints.empty());
}

TEST(NomadAnswer, AnInstanceThatCannotBeReachedIsLeftOutAndTheOthersStay) {
  std::string why;
  const auto found = read_instances("[" + row("a") + "," + row("b", R"("Address":"10.0.0.2","Port":0)") + "," +
                                        row("c", R"("Address":"","Port":80)") + "," +
                                        row("d", R"("Address":"10.0.0.2","Port":70000)") + "]",
                                    web(), why);
  ASSERT_TRUE(found) << why;
  EXPECT_EQ(found->endpoints.size(), 1U);
  EXPECT_EQ(found->left_out.size(), 3U);
  EXPECT_THAT(found->left_out.at("b"), HasSubstr("no port"));
  EXPECT_THAT(found->left_out.at("c"), HasSubstr("no address"));
}

TEST(NomadAnswer, WhatIsNoListOfTheServicesInstancesIsAFault) {
  for (const auto& body : {std::string("{}"), std::string("null"), std::string(), "[" + row("a"), "[" + row("") + "]",
                           "[" + row("a") + "," + row("a") + "]", std::string("[7]"),
                           std::string(R"([{"ID":"a","ServiceName":"other","Address":"x","Port":1}])"),
                           std::string(R"([{"ID":"a","ServiceName":"web","Address":"x","Port":1,"Tags":"db"}])")}) {
    std::string why;
    EXPECT_FALSE(read_instances(body, web(), why)) << body;
    EXPECT_NE(why, "");
  }
  std::string why;
  EXPECT_TRUE(read_instances("[]", web(), why)->endpoints.empty());
}

common::http_answer with_status(unsigned status, std::string body = {}) {
  common::http_answer answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

TEST(NomadAnswer, SaysWhatIsWrongAndWhetherToWait) {
  EXPECT_EQ(fault_of(with_status(200)), std::nullopt);
  EXPECT_THAT(*fault_of(with_status(403, "Permission denied")), HasSubstr("read-job"));
  EXPECT_THAT(*fault_of(with_status(404)), HasSubstr("from version 1.3 on"));
  auto leaderless = with_status(200);
  leaderless.headers["x-nomad-knownleader"] = "false";
  EXPECT_THAT(*fault_of(leaderless), HasSubstr("no leader"));
  EXPECT_EQ(kind_of(with_status(403)), common::failure::refusal);
  EXPECT_EQ(kind_of(with_status(500, "No path to region")), common::failure::refusal);
  EXPECT_EQ(kind_of(with_status(500, "rpc error")), common::failure::error);
  EXPECT_EQ(kind_of(with_status(429)), common::failure::error);
  EXPECT_EQ(kind_of(common::lost_answer("gone")), common::failure::unanswered);
}

}  // namespace nomad_answer_test
}  // namespace drcon::nomad
