#include "consul_http/agent_limit.hpp"

#include <gtest/gtest.h>

namespace drcon::consul {
namespace {

constexpr std::size_t many = 1U << 20;

TEST(AgentLimit, IsReadFromWhatTheAgentSaysOfItself) {
  EXPECT_EQ(parse_agent_limit(R"({"Config": {}, "DebugConfig": {"HTTPMaxConnsPerClient": 200}})"), 200U);
  EXPECT_EQ(parse_agent_limit(R"({"DebugConfig": {"HTTPMaxConnsPerClient": 0}})"), 0U);
}

TEST(AgentLimit, IsNotKnownFromAnythingElse) {
  for (const auto* body :
       {"", "[]", "null", "{}", R"({"DebugConfig": []})", R"({"DebugConfig": {}})",
        R"({"DebugConfig": {"HTTPMaxConnsPerClient": "200"}})", R"({"DebugConfig": {"HTTPMaxConnsPerClient": -1}})"})
    EXPECT_FALSE(parse_agent_limit(body)) << body;
}

TEST(AgentLimit, StaysAsKnownAfterAnAnswerThatDoesNotStateIt) {
  common::http_answer answer;
  answer.status = 200;
  answer.body = R"({"DebugConfig": {"HTTPMaxConnsPerClient": 1000}})";
  EXPECT_EQ(agent_limit_after(std::nullopt, answer), 1000U);
  EXPECT_EQ(agent_limit_after(200U, answer), 1000U);
  for (const unsigned status : {403U, 404U, 429U, 500U, 503U}) {
    answer.status = status;
    EXPECT_EQ(agent_limit_after(5000U, answer), 5000U) << status;
    EXPECT_FALSE(agent_limit_after(std::nullopt, answer)) << status;
  }
  answer.status = 200;
  answer.body = "<html>proxy error</html>";
  EXPECT_EQ(agent_limit_after(5000U, answer), 5000U);
  EXPECT_EQ(agent_limit_after(5000U, common::lost_answer("reset")), 5000U);
}

TEST(AgentLimit, IsWorthAskingForAgainSoonWhenTheAgentCannotAnswerNow) {
  common::http_answer answer;
  for (const unsigned status : {429U, 500U, 503U}) {
    answer.status = status;
    EXPECT_TRUE(may_state_limit_later(answer)) << status;
  }
  for (const unsigned status : {200U, 400U, 403U, 404U}) {
    answer.status = status;
    EXPECT_FALSE(may_state_limit_later(answer)) << status;
  }
  EXPECT_TRUE(may_state_limit_later(common::lost_answer("reset")));
}

TEST(AgentLimit, LeavesAQuarterToOthers) {
  EXPECT_EQ(share_of(200, many), usual_connections);
  EXPECT_EQ(share_of(1000, many), 750U);
  EXPECT_EQ(share_of(8, many), 8U) << "the fewest that it takes";
}

TEST(AgentLimit, IsBoundedWhereTheAgentHasNone) {
  EXPECT_EQ(share_of(0, many), 10000U);
  EXPECT_EQ(share_of(1000000, many), 10000U);
  EXPECT_EQ(share_of(0, 1024), 512U) << "and by the files that this process may have open";
}

}  // namespace
}  // namespace drcon::consul
