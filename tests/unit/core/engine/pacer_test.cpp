#include "engine/pacer.hpp"

#include <gtest/gtest.h>

namespace drcon::engine {
namespace {

using namespace std::chrono_literals;

const pacer::clock::time_point start{1h};

TEST(Pacer, LetsTheFirstChangeGoAtOnce) { EXPECT_EQ(pacer(20ms, 500ms).changed(start), start); }

TEST(Pacer, LetsAChangeAfterQuietGoAtOnce) {
  pacer pacer(20ms, 500ms);
  pacer.changed(start);
  pacer.released();
  EXPECT_EQ(pacer.changed(start + 20ms), start + 20ms);
}

TEST(Pacer, FoldsAChangeThatFollowsClosely) {
  pacer pacer(20ms, 500ms);
  pacer.changed(start);
  pacer.released();
  EXPECT_EQ(pacer.changed(start + 5ms), start + 25ms);
  EXPECT_EQ(pacer.changed(start + 10ms), start + 30ms);
}

TEST(Pacer, AppliesAStormAtLeastEveryMax) {
  pacer pacer(20ms, 100ms);
  pacer.changed(start);
  pacer.released();
  auto due = start;
  for (auto at = 5ms; at < 200ms; at += 5ms) due = pacer.changed(start + at);
  EXPECT_EQ(due, start + 105ms);
}

TEST(Pacer, GoesOnFoldingAfterAReleaseWithinAStorm) {
  pacer pacer(20ms, 100ms);
  pacer.changed(start);
  pacer.released();
  pacer.changed(start + 5ms);
  pacer.released();
  EXPECT_EQ(pacer.changed(start + 10ms), start + 30ms);
}

TEST(Pacer, FoldsNothingWithAMinOfZero) {
  pacer pacer(0ms, 0ms);
  pacer.changed(start);
  pacer.released();
  EXPECT_EQ(pacer.changed(start), start);
}

}  // namespace
}  // namespace drcon::engine
