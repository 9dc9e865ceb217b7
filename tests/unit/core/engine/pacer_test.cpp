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
  pacer.released(start);
  EXPECT_EQ(pacer.changed(start + 20ms), start + 20ms);
}

TEST(Pacer, FoldsAChangeThatFollowsClosely) {
  pacer pacer(20ms, 500ms);
  pacer.changed(start);
  pacer.released(start);
  EXPECT_EQ(pacer.changed(start + 5ms), start + 25ms);
  EXPECT_EQ(pacer.changed(start + 10ms), start + 30ms);
}

TEST(Pacer, AppliesAStormAtLeastEveryMax) {
  pacer pacer(20ms, 100ms);
  pacer.changed(start);
  pacer.released(start);
  auto due = start;
  for (auto at = 5ms; at < 200ms; at += 5ms) due = pacer.changed(start + at);
  EXPECT_EQ(due, start + 105ms);
}

TEST(Pacer, WidensItsWindowInALongStormUpToMax) {
  pacer pacer(20ms, 500ms);
  int releases = 0;
  std::optional<pacer::clock::time_point> due;
  // A change every 24 ms for 12 s: each alone would count as quiet.
  for (auto at = 0ms; at < 12s; at += 1ms) {
    const auto now = start + at;
    if (at % 24ms == 0ms) due = pacer.changed(now);
    if (due && *due <= now) {
      pacer.released(now);
      due.reset();
      ++releases;
    }
  }
  EXPECT_LE(releases, 28);
  EXPECT_GE(releases, 22) << "at least one every 500 ms";
}

TEST(Pacer, LetsChangesGoAtOnceThatComeAtEase) {
  pacer pacer(20ms, 500ms);
  for (auto at = 0ms; at < 10s; at += 100ms) {
    EXPECT_EQ(pacer.changed(start + at), start + at);
    pacer.released(start + at);
  }
}

TEST(Pacer, ForgetsAStormAfterQuiet) {
  pacer pacer(20ms, 500ms);
  for (auto at = 0ms; at < 100ms; at += 20ms) {
    pacer.changed(start + at);
    pacer.released(start + at);
  }
  EXPECT_EQ(pacer.changed(start + 2s), start + 2s);
}

TEST(Pacer, FoldsNothingWithAMinOfZero) {
  pacer pacer(0ms, 0ms);
  pacer.changed(start);
  pacer.released(start);
  EXPECT_EQ(pacer.changed(start), start);
}

}  // namespace
}  // namespace drcon::engine
