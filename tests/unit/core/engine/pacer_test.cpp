#include "engine/pacer.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <vector>

namespace drcon::engine {
namespace {

using namespace std::chrono_literals;

const pacer::clock::time_point first_moment{1h};

// What a pipeline does with a pacer: its timer, on a clock of its own.
struct play {
  using times = std::vector<pacer::clock::duration>;

  play(pacer paced, const times& changes) {
    std::optional<pacer::clock::time_point> due;
    pacer::clock::time_point last{};
    const auto release = [&](pacer::clock::time_point when) {
      paced.released();
      due.reset();
      released.push_back(when - first_moment);
      waits.push_back(when - last);
    };
    for (const auto each : changes) {
      const auto now = first_moment + each;
      if (due && *due <= now) release(*due);
      last = now;
      due = paced.changed(now);
      if (*due <= now) release(now);
    }
    if (due) release(*due);
  }

  times released;
  times waits;  // of each release: since the last change that it has
};

play::times evenly(int count, pacer::clock::duration apart, pacer::clock::duration begin = 0ms) {
  play::times times;
  for (int i = 0; i < count; ++i) times.push_back(begin + i * apart);
  return times;
}

// A handful at the beginning, and one every half second.
int allowed(const play::times& burst) { return static_cast<int>(5 + (burst.back() - burst.front()) / 500ms); }

TEST(Pacer, LetsTheFirstChangeGoAtOnce) { EXPECT_EQ(pacer(20ms, 500ms).changed(first_moment), first_moment); }

TEST(Pacer, LetsAChangeAfterQuietGoAtOnce) {
  pacer pacer(20ms, 500ms);
  pacer.changed(first_moment);
  pacer.released();
  EXPECT_EQ(pacer.changed(first_moment + 20ms), first_moment + 20ms);
}

TEST(Pacer, FoldsAChangeThatFollowsClosely) {
  pacer pacer(20ms, 500ms);
  pacer.changed(first_moment);
  pacer.released();
  EXPECT_EQ(pacer.changed(first_moment + 5ms), first_moment + 25ms);
  EXPECT_EQ(pacer.changed(first_moment + 10ms), first_moment + 30ms);
}

TEST(Pacer, AppliesAStormAtLeastEveryMax) {
  pacer pacer(20ms, 100ms);
  pacer.changed(first_moment);
  pacer.released();
  auto due = first_moment;
  for (auto at = 5ms; at < 200ms; at += 5ms) due = pacer.changed(first_moment + at);
  EXPECT_EQ(due, first_moment + 105ms);
}

TEST(Pacer, WidensItsWindowInALongStormUpToMax) {
  pacer pacer(20ms, 500ms);
  int releases = 0;
  std::optional<pacer::clock::time_point> due;
  // A change every 24 ms for 12 s: each alone would count as quiet.
  for (auto at = 0ms; at < 12s; at += 1ms) {
    const auto now = first_moment + at;
    if (at % 24ms == 0ms) due = pacer.changed(now);
    if (due && *due <= now) {
      pacer.released();
      due.reset();
      ++releases;
    }
  }
  EXPECT_LE(releases, 28);
  EXPECT_GE(releases, 22) << "at least one every 500 ms";
}

TEST(Pacer, LetsTheSecondOfTwoChangesWaitForMinAtMost) {
  for (const auto apart : {1ms, 5ms, 19ms, 20ms, 50ms, 100ms, 300ms}) {
    const play played(pacer(20ms, 500ms), {0ms, apart});
    ASSERT_EQ(played.released.size(), 2U) << apart.count();
    EXPECT_LE(played.waits.back(), 20ms) << apart.count();
  }
}

TEST(Pacer, LetsEachChangeOfASlowDripGoAtOnce) {
  for (const auto apart : {100ms, 150ms, 300ms, 499ms, 600ms}) {
    const play played(pacer(20ms, 500ms), evenly(100, apart));
    EXPECT_EQ(played.released, evenly(100, apart)) << apart.count();
  }
}

TEST(Pacer, FoldsABurstOfRegistrations) {
  for (const auto apart : {1ms, 5ms, 10ms, 15ms, 24ms, 25ms, 40ms}) {
    const auto burst = evenly(500, apart);
    const play played(pacer(20ms, 500ms), burst);
    EXPECT_LE(played.released.size(), allowed(burst)) << apart.count();
    EXPECT_LE(played.waits.back(), 100ms) << apart.count() << ": the last one waits for a few gaps, and not for max";
  }
}

TEST(Pacer, FoldsABurstWithGapsOfManyLengths) {
  std::minstd_rand random(1);
  play::times burst{0ms};
  for (int i = 0; i < 500; ++i)
    burst.push_back(burst.back() + std::chrono::milliseconds(std::uniform_int_distribution(10, 25)(random)));
  const play played(pacer(20ms, 500ms), burst);
  EXPECT_LE(played.released.size(), allowed(burst));
  EXPECT_LE(played.waits.back(), 100ms);
}

// What reaches a pipeline while 500 services are registered in Consul: clumps, with pauses of 80 to 120 ms.
TEST(Pacer, FoldsABurstThatComesInClumps) {
  std::minstd_rand random(1);
  const auto between = [&](int low, int high) { return std::uniform_int_distribution(low, high)(random); };
  play::times burst{0ms};
  for (int clump = 0; clump < 60; ++clump) {
    for (int i = between(1, 6); i > 0; --i) burst.push_back(burst.back() + std::chrono::milliseconds(between(0, 3)));
    burst.push_back(burst.back() + std::chrono::milliseconds(between(80, 120)));
  }
  const play played(pacer(20ms, 500ms), burst);
  EXPECT_LE(played.released.size(), allowed(burst));
  EXPECT_LE(played.waits.back(), 200ms) << "of pauses as long as those";
}

TEST(Pacer, LetsAChangeRightAfterAStormGoAtOnce) {
  for (const auto apart : {5ms, 10ms, 25ms}) {
    auto times = evenly(500, apart);
    times.push_back(times.back() + 300ms);
    const play played(pacer(20ms, 500ms), times);
    EXPECT_EQ(played.waits.back(), 0ms) << apart.count();
  }
}

// A rolling deployment, with the values of people who come from other tools: an instance that has left must not stay in
// rotation for longer than `min`.
TEST(Pacer, LetsNoChangeThatComesAloneWaitLongerThanALongMin) {
  for (const auto apart : {2s, 3s, 5s, 15s}) {
    const play played(pacer(2s, 10s), evenly(30, apart));
    EXPECT_EQ(played.released, evenly(30, apart)) << apart.count();
  }
  play::times pairs;
  for (auto at = 0s; at < 60s; at += 5s) pairs.insert(pairs.end(), {at, at + 50ms});
  const play played(pacer(2s, 10s), pairs);
  ASSERT_EQ(played.released.size(), pairs.size());
  for (const auto wait : played.waits) EXPECT_LE(wait, 2s);
}

TEST(Pacer, EndsABurstWithALongMinAfterThatTime) {
  const play played(pacer(2s, 10s), evenly(60, 1s));
  EXPECT_EQ(played.waits.back(), 2s);
  EXPECT_LE(played.released.size(), 8U) << "at once, every 10 s, and the last";
}

TEST(Pacer, LetsChangesGoAtOnceThatComeAtEase) {
  pacer pacer(20ms, 500ms);
  for (auto at = 0ms; at < 10s; at += 100ms) {
    EXPECT_EQ(pacer.changed(first_moment + at), first_moment + at);
    pacer.released();
  }
}

TEST(Pacer, ForgetsAStormAfterQuiet) {
  pacer pacer(20ms, 500ms);
  for (auto at = 0ms; at < 100ms; at += 20ms) {
    pacer.changed(first_moment + at);
    pacer.released();
  }
  EXPECT_EQ(pacer.changed(first_moment + 2s), first_moment + 2s);
}

TEST(Pacer, FoldsNothingWithAMinOfZero) {
  pacer pacer(0ms, 0ms);
  pacer.changed(first_moment);
  pacer.released();
  EXPECT_EQ(pacer.changed(first_moment), first_moment);
}

}  // namespace
}  // namespace drcon::engine
