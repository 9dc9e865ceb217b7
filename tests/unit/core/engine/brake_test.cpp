#include "engine/brake.hpp"

#include <gtest/gtest.h>

namespace drcon::engine {
namespace {

using namespace std::chrono_literals;

config::brake_config rules() { return {.max_removed = 0.5, .min_endpoints = 1, .hold = 5min, .window = 30s}; }
const brake::clock::time_point start{1h};

TEST(Brake, PassesWhatLosesNothing) {
  brake brake(rules());
  EXPECT_TRUE(brake.ask(start, 0).pass);
  brake.passed(start, 4);
  EXPECT_TRUE(brake.ask(start + 1s, 4).pass);
  EXPECT_TRUE(brake.ask(start + 2s, 40).pass);
}

TEST(Brake, PassesALossWithinTheShare) {
  brake brake(rules());
  brake.passed(start, 4);
  EXPECT_TRUE(brake.ask(start + 1s, 2).pass);
}

TEST(Brake, HoldsALossBeyondTheShareAndSaysWhy) {
  brake brake(rules());
  brake.passed(start, 4);
  const auto verdict = brake.ask(start + 1s, 1);
  EXPECT_FALSE(verdict.pass);
  EXPECT_EQ(verdict.why, "3 of 4 endpoints in service would go at once (75%; max_removed is 50%)");
  EXPECT_EQ(verdict.until, start + 1s + 5min);
  EXPECT_TRUE(brake.holding());
}

TEST(Brake, HoldsTheLossOfTheLastEndpoint) {
  auto lenient = rules();
  lenient.max_removed = 1.0;
  brake brake(lenient);
  brake.passed(start, 1);
  EXPECT_FALSE(brake.ask(start + 1s, 0).pass);
}

TEST(Brake, AppliesALossThatLastsForTheWholeHold) {
  brake brake(rules());
  brake.passed(start, 4);
  EXPECT_FALSE(brake.ask(start + 1s, 0).pass);
  EXPECT_FALSE(brake.ask(start + 1s + 5min - 1ns, 0).pass);
  const auto verdict = brake.ask(start + 1s + 5min, 0);
  EXPECT_TRUE(verdict.pass);
  EXPECT_TRUE(verdict.accepted);
}

TEST(Brake, StartsAgainWhenTheEndpointsReturned) {
  brake brake(rules());
  brake.passed(start, 4);
  EXPECT_FALSE(brake.ask(start + 1s, 0).pass);
  EXPECT_TRUE(brake.ask(start + 2min, 4).pass);
  EXPECT_FALSE(brake.holding());
  EXPECT_FALSE(brake.ask(start + 6min, 0).pass) << "the earlier hold must not count";
}

TEST(Brake, AddsUpSmallLossesWithinTheWindow) {
  brake brake(rules());
  brake.passed(start, 10);
  brake.passed(start + 5s, 8);
  brake.passed(start + 10s, 6);
  EXPECT_FALSE(brake.ask(start + 15s, 4).pass) << "6 of 10 are gone within 15 s";
  EXPECT_TRUE(brake.ask(start + 41s, 4).pass) << "only 2 of 6 within the last 30 s";
}

TEST(Brake, NeverHoldsWithAHoldOfZero) {
  auto off = rules();
  off.hold = 0s;
  brake brake(off);
  brake.passed(start, 100);
  EXPECT_TRUE(brake.ask(start + 1s, 0).pass);
}

TEST(Brake, PassesWhenReleasedByHand) {
  brake brake(rules());
  brake.passed(start, 4);
  EXPECT_FALSE(brake.ask(start + 1s, 0).pass);
  brake.release();
  EXPECT_TRUE(brake.ask(start + 2s, 0).pass);
}

TEST(Brake, MeasuresFromTheNewStateAfterALossWasApplied) {
  brake brake(rules());
  brake.passed(start, 10);
  EXPECT_FALSE(brake.ask(start + 1s, 2).pass);
  EXPECT_TRUE(brake.ask(start + 1s + 5min, 2).pass);
  brake.passed(start + 1s + 5min, 2);
  EXPECT_TRUE(brake.ask(start + 2s + 5min, 1).pass);
}

}  // namespace
}  // namespace drcon::engine
