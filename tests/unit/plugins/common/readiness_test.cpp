#include "common/readiness.hpp"

#include <gtest/gtest.h>

namespace drcon::common {
namespace {

class Readiness : public ::testing::Test {
protected:
  Readiness() {
    all.add(web);
    all.add(api);
  }
  void know_both() {
    all.worked(web);
    all.worked(api);
    ASSERT_TRUE(all.become_ready());
  }
  void fail(standing& each, failure how) {
    all.failed(each, how);
    all.judge(each, how);
  }

  standing web;
  standing api;
  readiness all;
};

TEST_F(Readiness, ComesOnceWhenEachIsKnown) {
  EXPECT_FALSE(all.become_ready());
  all.worked(web);
  EXPECT_FALSE(all.become_ready());
  all.worked(api);
  EXPECT_FALSE(all.become_ready(false)) << "something else has to be heard";
  EXPECT_FALSE(all.is_ready());
  EXPECT_TRUE(all.become_ready());
  EXPECT_TRUE(all.is_ready());
  EXPECT_FALSE(all.become_ready()) << "it was said already";
}

TEST_F(Readiness, DoesNotWaitForWhatIsRefusedOrRemoved) {
  all.worked(web);
  fail(api, failure::refusal);
  EXPECT_TRUE(all.become_ready());
  EXPECT_FALSE(api.is_known) << "unknown is not empty";

  standing third;
  readiness other;
  other.add(third);
  EXPECT_FALSE(other.become_ready());
  other.remove(third);
  EXPECT_TRUE(other.become_ready());
}

TEST_F(Readiness, WaitsForWhatIsUnanswered) {
  all.worked(web);
  for (int i = 0; i < 50; ++i) fail(api, failure::unanswered);
  EXPECT_FALSE(all.become_ready());
  all.worked(api);
  EXPECT_TRUE(all.become_ready());
}

TEST_F(Readiness, WaitsForOneThatWasNeverKnownAndIsAnsweredWithErrorsButNotForever) {
  all.worked(web);
  for (int i = 0; i < 7; ++i) fail(api, failure::error);
  EXPECT_FALSE(all.become_ready()) << "a server that has just started may take as long";
  fail(api, failure::error);
  EXPECT_TRUE(all.become_ready());
  EXPECT_FALSE(api.is_known) << "unknown is not empty";
}

TEST_F(Readiness, WaitsForeverForErrorsOfAllTogether) {
  for (int i = 0; i < 50; ++i) {
    fail(web, failure::error);
    fail(api, failure::error);
  }
  EXPECT_FALSE(all.become_ready()) << "it is the server that fails";
}

TEST_F(Readiness, WaitsAgainAfterAnOutageForOneThatWasNeverKnown) {
  all.worked(web);
  for (int i = 0; i < 8; ++i) fail(api, failure::error);
  ASSERT_TRUE(all.become_ready());
  all.failed(web, failure::unanswered);
  all.begin_outage();
  all.worked(web);
  for (int i = 0; i < 7; ++i) fail(api, failure::error);
  EXPECT_FALSE(all.become_ready());
  fail(api, failure::error);
  EXPECT_TRUE(all.become_ready());
}

TEST_F(Readiness, DoesNotWaitForWhatIsRefusedTogetherWithAllOthers) {
  fail(web, failure::refusal);
  EXPECT_FALSE(all.all_fail());
  fail(api, failure::refusal);
  EXPECT_TRUE(all.all_fail());
  EXPECT_FALSE(all.become_ready()) << "it is the server that refuses everything";
}

TEST_F(Readiness, CountsWhatFails) {
  EXPECT_TRUE(all.failed(web, failure::error));
  EXPECT_FALSE(all.failed(web, failure::error)) << "it failed before";
  EXPECT_EQ(all.failing(), 1U);
  all.remove(web);
  EXPECT_EQ(all.failing(), 0U);
  all.failed(web, failure::error);
  all.worked(web);
  EXPECT_EQ(all.failing(), 0U) << "a late answer about what was removed";
  EXPECT_FALSE(all.all_fail());
  EXPECT_TRUE(all.failed(api, failure::unanswered));
  EXPECT_TRUE(all.all_fail());
  EXPECT_FALSE(readiness().all_fail()) << "nothing is watched";
}

TEST_F(Readiness, BeginsAgainWithAnOutage) {
  know_both();
  all.failed(web, failure::unanswered);
  EXPECT_TRUE(all.begin_outage());
  EXPECT_FALSE(all.begin_outage()) << "it has begun already";
  EXPECT_FALSE(all.is_ready());
  EXPECT_FALSE(web.is_heard);
  EXPECT_TRUE(api.is_heard) << "its query goes on";
  all.hear_again(api);
  all.worked(web);
  EXPECT_FALSE(all.in_outage());
  EXPECT_FALSE(all.become_ready());
  all.worked(api);
  EXPECT_TRUE(all.become_ready());
}

TEST_F(Readiness, DoesNotWaitAfterAnOutageForAKnownOneThatIsAnsweredWithErrors) {
  know_both();
  fail(web, failure::unanswered);
  fail(api, failure::unanswered);
  all.begin_outage();
  fail(api, failure::error);
  fail(api, failure::error);
  EXPECT_TRUE(all.in_outage()) << "an error is no sign of life while everything fails";
  all.worked(web);
  EXPECT_FALSE(all.become_ready());
  fail(api, failure::error);
  EXPECT_FALSE(all.become_ready()) << "the first may come from a server that has just started";
  fail(api, failure::error);
  EXPECT_TRUE(all.become_ready());
}

TEST_F(Readiness, EndsAnOutageWithAnErrorWhileOthersWork) {
  know_both();
  all.failed(api, failure::unanswered);
  all.begin_outage();
  all.judge(api, failure::unanswered);
  fail(api, failure::error);
  EXPECT_FALSE(all.in_outage()) << "somebody has answered, and web does not fail";
  EXPECT_FALSE(all.become_ready());
  fail(api, failure::error);
  EXPECT_TRUE(all.become_ready());
}

}  // namespace
}  // namespace drcon::common
