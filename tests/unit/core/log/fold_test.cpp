#include "log/fold.hpp"

#include <gtest/gtest.h>

namespace drcon::log {
namespace {

using namespace std::chrono_literals;
constexpr fold::clock::time_point start{};

TEST(Fold, WritesAFailureOnceAndTellsHowOftenItCameAgain) {
  fold lines;
  EXPECT_TRUE(lines.take(start, "sink a", "away").write);
  for (int i = 1; i <= 5; ++i) EXPECT_FALSE(lines.take(start + i * 1s, "sink a", "away").write);
  const auto later = lines.take(start + 61s, "sink a", "away");
  EXPECT_TRUE(later.write);
  ASSERT_EQ(later.overdue.size(), 1U);
  EXPECT_EQ(later.overdue[0].text, "away (5 more times in the last 61 s)");
}

TEST(Fold, AnotherLineOfTheSameComponentEndsIt) {
  fold lines;
  lines.take(start, "sink a", "away");
  lines.take(start + 1s, "sink a", "away");
  EXPECT_TRUE(lines.take(start + 2s, "sink b", "away").overdue.empty()) << "another component does not";
  const auto other = lines.take(start + 3s, "sink a", "rejected");
  EXPECT_TRUE(other.write);
  ASSERT_EQ(other.overdue.size(), 1U);
  EXPECT_EQ(other.overdue[0].component, "sink a");
  EXPECT_TRUE(lines.take(start + 4s, "sink a", "away").write) << "it is news again";
}

TEST(Fold, WhatComesAfterGoodNewsIsNewsAgain) {
  fold lines;
  lines.take(start, "sink a", "away");
  lines.take(start + 1s, "sink a", "away");
  lines.take(start + 1s, "sink b", "away");
  EXPECT_EQ(lines.interrupt(start + 2s, "sink a").size(), 1U);
  EXPECT_TRUE(lines.take(start + 3s, "sink a", "away").write);
  EXPECT_FALSE(lines.take(start + 3s, "sink b", "away").write);
}

TEST(Fold, ADifferentTextIsNotFolded) {
  fold lines;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(lines.take(start, "sink a", std::to_string(i)).write);
}

TEST(Fold, LosesNoCountAndNoLineWhenThereAreVeryMany) {
  fold lines;
  lines.take(start, "source s", "the first");
  lines.take(start, "source s", "the first");
  std::size_t told = 0;
  for (int i = 0; i < 5000; ++i) {
    const auto verdict = lines.take(start, "sink " + std::to_string(i), "away");
    EXPECT_TRUE(verdict.write);
    told += verdict.overdue.size();
  }
  EXPECT_EQ(told, 1U);
}

TEST(Fold, TellsWhatIsLeftAtTheEnd) {
  fold lines;
  lines.take(start, "sink a", "away");
  lines.take(start, "sink a", "away");
  EXPECT_EQ(lines.flush(start + 2s).at(0).text, "away (1 more times in the last 2 s)");
  EXPECT_TRUE(lines.flush(start + 2s).empty());
}

}  // namespace
}  // namespace drcon::log
