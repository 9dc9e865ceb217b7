#include "consul_http/node_turns.hpp"

#include <gtest/gtest.h>

namespace drcon::consul {
namespace {

TEST(NodeTurns, ANodeThatNeverAnswersCostsOneRoundForEachNews) {
  node_turns turns;
  EXPECT_FALSE(turns.is_due());
  for (int news = 0; news < 3; ++news) {
    turns.note_news();
    ASSERT_TRUE(turns.is_due());
    turns.begin();
    EXPECT_TRUE(turns.failed());
    for (int retry = 0; retry < 5; ++retry) {
      ASSERT_TRUE(turns.is_due()) << "it may answer again";
      EXPECT_TRUE(turns.is_retry());
      turns.begin();
      EXPECT_FALSE(turns.failed()) << "nothing has changed";
    }
    EXPECT_FALSE(turns.reports());
  }
}

TEST(NodeTurns, NewsDuringARetryAreNotLost) {
  node_turns turns;
  turns.note_news();
  turns.begin();
  turns.note_news();  // while they are asked
  EXPECT_TRUE(turns.failed());
  turns.begin();
  EXPECT_TRUE(turns.failed());
}

TEST(NodeTurns, WhatChangedBeforeTheFirstAnswerIsForARound) {
  node_turns turns;
  turns.note_news();
  turns.begin();
  EXPECT_TRUE(turns.answered());
  EXPECT_TRUE(turns.reports());
  EXPECT_FALSE(turns.is_due());
  turns.note_news();
  turns.begin();
  EXPECT_FALSE(turns.answered());
  turns.note_news();
  turns.begin();
  EXPECT_TRUE(turns.failed());
  turns.begin();
  EXPECT_TRUE(turns.answered()) << "while they failed, something may have changed";
}

TEST(NodeTurns, AreNotTakenAgainOnceGivenUp) {
  node_turns turns;
  turns.note_news();
  turns.begin();
  EXPECT_TRUE(turns.gave_up());
  EXPECT_FALSE(turns.is_due());
  EXPECT_FALSE(turns.reports());
}

}  // namespace
}  // namespace drcon::consul
