#include "common/backoff.hpp"

#include <gtest/gtest.h>

#include <set>

namespace drcon::common {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, DoublesWithEachFailureUpToItsLimit) {
  backoff pauses(1s, 10s, {.least = 1, .most = 1});
  for (const auto expected : {1s, 2s, 4s, 8s, 10s, 10s}) EXPECT_EQ(pauses.next(), expected);
  for (int i = 0; i < 100'000; ++i) pauses.next();
  EXPECT_EQ(pauses.next(), 10s);
  pauses.reset();
  EXPECT_EQ(pauses.next(), 1s);
}

TEST(Backoff, StaysWithinItsShareOfEachStep) {
  std::set<std::chrono::nanoseconds> seen;
  for (int i = 0; i < 1000; ++i) {
    backoff pauses(1s, 10s);
    const auto first = pauses.next();
    EXPECT_GE(first, 500ms);
    EXPECT_LE(first, 1s);
    EXPECT_GE(pauses.next(), 1s);
    seen.insert(first);
  }
  EXPECT_GT(seen.size(), 500U) << "hosts that failed together must not come back together";
}

TEST(Backoff, MayGoBeyondAStepWhereTheShareSaysSo) {
  backoff pauses(1s, 1s, {.least = 0.9, .most = 1.1});
  bool beyond = false;
  for (int i = 0; i < 1000; ++i) {
    const auto each = pauses.next();
    EXPECT_GE(each, 900ms);
    EXPECT_LE(each, 1100ms);
    beyond |= each > 1s;
  }
  EXPECT_TRUE(beyond);
}

}  // namespace
}  // namespace drcon::common
