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
