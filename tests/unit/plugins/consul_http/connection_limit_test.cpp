#include "consul_http/connection_limit.hpp"

#include <gtest/gtest.h>

namespace drcon::consul {
namespace {

using clock = connection_limit::clock;
using namespace std::chrono_literals;

common::http_answer refused_at_once() {
  common::http_answer answer;
  answer.fault = common::http_fault::closed_early;
  return answer;
}

TEST(ConnectionLimit, AllowsWhatTheOptionSaysUntilTheAgentRefuses) {
  connection_limit limit(150);
  EXPECT_EQ(limit.allowed(), 150U);
  EXPECT_FALSE(limit.is_lowered());
  EXPECT_FALSE(limit.raise(clock::time_point(1h)));
}

TEST(ConnectionLimit, IsMetByAConnectionClosedAtOnceOnlyWhileOthersWork) {
  EXPECT_TRUE(connection_limit::is_met_by(refused_at_once(), 1));
  EXPECT_FALSE(connection_limit::is_met_by(refused_at_once(), 0));
  auto lost = refused_at_once();
  lost.fault = common::http_fault::lost;
  EXPECT_FALSE(connection_limit::is_met_by(lost, 9));
}

TEST(ConnectionLimit, IsMetByTheAgentsOwnWords) {
  common::http_answer answer;
  answer.status = 429;
  answer.body = "Your IP is issuing too many concurrent connections, please rate limit your calls";
  EXPECT_TRUE(connection_limit::is_met_by(answer, 0));
  answer.body = "rate limit exceeded";
  EXPECT_FALSE(connection_limit::is_met_by(answer, 9));
}

TEST(ConnectionLimit, FallsToWhatWorksAndNeverRisesByBeingMetAgain) {
  connection_limit limit(150);
  limit.lower(40, clock::time_point(1s));
  EXPECT_EQ(limit.allowed(), 40U);
  EXPECT_TRUE(limit.is_lowered());
  limit.lower(60, clock::time_point(2s));
  EXPECT_EQ(limit.allowed(), 40U);
}

TEST(ConnectionLimit, RisesByHalfEveryHalfMinuteUpToTheOption) {
  connection_limit limit(90);
  auto now = clock::time_point(1s);
  limit.lower(40, now);
  EXPECT_FALSE(limit.raise(now + 29s));
  EXPECT_TRUE(limit.raise(now += 30s));
  EXPECT_EQ(limit.allowed(), 60U);
  EXPECT_FALSE(limit.raise(now + 29s)) << "each step waits as long as the first";
  EXPECT_TRUE(limit.raise(now += 30s));
  EXPECT_EQ(limit.allowed(), 90U);
  EXPECT_FALSE(limit.is_lowered());
}

TEST(ConnectionLimit, AllowsWhatTheOptionSaysAgainWhenTheDiagnosisIsWithdrawn) {
  connection_limit limit(90);
  limit.lower(40, clock::time_point(1s));
  limit.withdraw();
  EXPECT_EQ(limit.allowed(), 90U);
  EXPECT_FALSE(limit.is_lowered());
}

TEST(ConnectionLimit, FollowsWhatTheAgentSaysAndStaysLoweredWhileItIs) {
  connection_limit limit(150);
  limit.set_most(300);
  EXPECT_EQ(limit.allowed(), 300U);
  EXPECT_FALSE(limit.is_lowered());
  limit.lower(40, clock::time_point(1s));
  limit.set_most(450);
  EXPECT_EQ(limit.allowed(), 40U);
  limit.set_most(30);
  EXPECT_EQ(limit.allowed(), 30U);
  EXPECT_FALSE(limit.is_lowered());
}

TEST(ConnectionLimit, RisesByFourAtLeast) {
  connection_limit limit(90);
  limit.lower(4, clock::time_point(1s));
  EXPECT_TRUE(limit.raise(clock::time_point(31s)));
  EXPECT_EQ(limit.allowed(), 8U);
}

}  // namespace
}  // namespace drcon::consul
