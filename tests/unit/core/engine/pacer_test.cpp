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

// A rolling deployment, with the values of people who come from other tools: an instance that has left must not stay in
// rotation for longer than `min`.
TEST(Pacer, AChangeThatComesAloneWaitsForMinAtMost) {
  for (const auto apart : {1s, 2s, 3s, 5s}) {
    pacer pacer(2s, 10s);
    std::optional<pacer::clock::time_point> due;
    auto came = start;
    for (auto now = start; now < start + 60s; now += 10ms) {
      if ((now - start) % apart == 0s) {
        if (!due) came = now;
        due = pacer.changed(now);
      }
      if (!due || *due > now) continue;
      if (apart >= 2s) {
        EXPECT_LE(now - came, 0s) << "quiet has lasted: " << apart.count() << " s apart";
      }
      EXPECT_LE(now - came, 10s) << apart.count() << " s apart";
      pacer.released();
      due.reset();
    }
  }
}

TEST(Pacer, TheSecondOfTwoChangesWaitsForMinAndNotForMaxHoweverOftenThatHappens) {
  pacer pacer(2s, 10s);
  for (auto now = start; now < start + 60s; now += 5s) {
    EXPECT_EQ(pacer.changed(now), now);
    pacer.released();
    EXPECT_EQ(pacer.changed(now + 50ms), now + 2050ms);
    pacer.released();
  }
}

TEST(Pacer, FoldsALongStormIntoOneUpdateEveryMax) {
  pacer pacer(20ms, 500ms);
  int releases = 0;
  std::optional<pacer::clock::time_point> due;
  for (auto at = 0ms; at < 12s; at += 1ms) {
    const auto now = start + at;
    if (at % 15ms == 0ms) due = pacer.changed(now);
    if (due && *due <= now) {
      pacer.released();
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
    pacer.released();
  }
}

TEST(Pacer, ForgetsAStormAfterQuiet) {
  pacer pacer(20ms, 500ms);
  for (auto at = 0ms; at < 100ms; at += 20ms) {
    pacer.changed(start + at);
    pacer.released();
  }
  EXPECT_EQ(pacer.changed(start + 2s), start + 2s);
}

TEST(Pacer, FoldsNothingWithAMinOfZero) {
  pacer pacer(0ms, 0ms);
  pacer.changed(start);
  pacer.released();
  EXPECT_EQ(pacer.changed(start), start);
}

}  // namespace
}  // namespace drcon::engine
