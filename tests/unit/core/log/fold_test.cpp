#include "log/fold.hpp"

#include <gtest/gtest.h>

namespace drcon::log {
namespace {

using namespace std::chrono_literals;
constexpr fold::clock::time_point start{};
const base::subject sink_a(base::subject_kind::sink, "a");
const base::subject sink_b(base::subject_kind::sink, "b");
const base::subject source_a(base::subject_kind::source, "a");

TEST(Fold, WritesAFailureOnceAndReportsHowOftenItCameAgain) {
  fold lines;
  EXPECT_TRUE(lines.take(start, sink_a, "away").write);
  for (int i = 1; i <= 5; ++i) EXPECT_FALSE(lines.take(start + i * 1s, sink_a, "away").write);
  const auto later = lines.take(start + 61s, sink_a, "away");
  EXPECT_TRUE(later.write);
  ASSERT_EQ(later.overdue.size(), 1U);
  EXPECT_EQ(later.overdue[0].text, "away (5 more times in the last 61 s)");
}

TEST(Fold, AnotherLineAboutTheSameSubjectEndsIt) {
  fold lines;
  lines.take(start, sink_a, "away");
  lines.take(start + 1s, sink_a, "away");
  EXPECT_TRUE(lines.take(start + 2s, sink_b, "away").overdue.empty()) << "another subject does not";
  const auto other = lines.take(start + 3s, sink_a, "rejected");
  EXPECT_TRUE(other.write);
  ASSERT_EQ(other.overdue.size(), 1U);
  EXPECT_EQ(other.overdue[0].about, sink_a);
  EXPECT_TRUE(lines.take(start + 4s, sink_a, "away").write) << "it is news again";
}

TEST(Fold, WhatComesAfterGoodNewsIsNewsAgain) {
  fold lines;
  lines.take(start, sink_a, "away");
  lines.take(start + 1s, sink_a, "away");
  lines.take(start + 1s, sink_b, "away");
  EXPECT_EQ(lines.interrupt(start + 2s, sink_a).size(), 1U);
  EXPECT_TRUE(lines.take(start + 3s, sink_a, "away").write);
  EXPECT_FALSE(lines.take(start + 3s, sink_b, "away").write);
}

TEST(Fold, KeepsASourceApartFromASinkOfTheSameName) {
  fold lines;
  lines.take(start, sink_a, "away");
  lines.take(start, sink_a, "away");
  EXPECT_TRUE(lines.take(start + 1s, source_a, "away").write);
  EXPECT_TRUE(lines.interrupt(start + 1s, source_a).empty());
  EXPECT_FALSE(lines.take(start + 2s, sink_a, "away").write) << "the source's recovery is not the sink's";
}

TEST(Fold, ADifferentTextIsNotFolded) {
  fold lines;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(lines.take(start, sink_a, std::to_string(i)).write);
}

TEST(Fold, LosesNoCountAndNoLineWhenThereAreVeryMany) {
  fold lines;
  lines.take(start, base::subject(base::subject_kind::source, "s"), "the first");
  lines.take(start, base::subject(base::subject_kind::source, "s"), "the first");
  std::size_t told = 0;
  for (int i = 0; i < 5000; ++i) {
    const auto verdict = lines.take(start, base::subject(base::subject_kind::sink, std::to_string(i)), "away");
    EXPECT_TRUE(verdict.write);
    told += verdict.overdue.size();
  }
  EXPECT_EQ(told, 1U);
}

TEST(Fold, ReportsWhatIsLeftAtTheEnd) {
  fold lines;
  lines.take(start, sink_a, "away");
  lines.take(start, sink_a, "away");
  EXPECT_EQ(lines.flush(start + 2s).at(0).text, "away (1 more times in the last 2 s)");
  EXPECT_TRUE(lines.flush(start + 2s).empty());
}

}  // namespace
}  // namespace drcon::log
