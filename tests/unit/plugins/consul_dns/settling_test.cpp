#include "consul_dns/settling.hpp"

#include <gtest/gtest.h>

namespace drcon::consul_dns {
namespace {

using clock = settling::clock;
using namespace std::chrono_literals;

constexpr auto start = clock::time_point(1h);

std::vector<endpoint> endpoints(const std::string& id) { return {{.id = id, .tags = {}, .meta = {}}}; }

const auto a = endpoints("a");
const auto b = endpoints("b");
const auto c = endpoints("c");

TEST(Settling, AcceptsEverythingAtOnceWhileNoServerWasSilent) {
  settling answers(2s);
  EXPECT_TRUE(answers.accepts(a, {}, start));
  EXPECT_TRUE(answers.accepts(b, a, start));
  EXPECT_EQ(answers.absence(1s), 1s);
}

TEST(Settling, AcceptsAnotherAnswerAfterSilenceOnlyWhenItHasHeld) {
  settling answers(2s);
  answers.doubt();
  EXPECT_FALSE(answers.accepts(b, a, start));
  EXPECT_FALSE(answers.accepts(b, a, start + 1999ms));
  EXPECT_TRUE(answers.accepts(b, a, start + 2s));
  EXPECT_TRUE(answers.accepts(c, b, start + 2s)) << "the doubt is over";
}

TEST(Settling, BeginsAgainWithEveryOtherAnswer) {
  settling answers(2s);
  answers.doubt();
  EXPECT_FALSE(answers.accepts(b, a, start));
  EXPECT_FALSE(answers.accepts(c, a, start + 1s));
  EXPECT_FALSE(answers.accepts(b, a, start + 2s));
  answers.interrupt();
  EXPECT_FALSE(answers.accepts(b, a, start + 4s)) << "there was something else meanwhile";
  answers.doubt();
  EXPECT_FALSE(answers.accepts(b, a, start + 6s)) << "silent again";
  EXPECT_TRUE(answers.accepts(b, a, start + 8s));
}

TEST(Settling, AcceptsTheSameAnswerAtOnceAndStaysInDoubtUntilItHasHeld) {
  settling answers(2s);
  answers.doubt();
  EXPECT_TRUE(answers.accepts(a, a, start));
  EXPECT_FALSE(answers.accepts(b, a, start + 1s)) << "a log that is read again passes the present state, too";
  EXPECT_TRUE(answers.accepts(a, a, start + 2s));
  EXPECT_TRUE(answers.accepts(a, a, start + 4s));
  EXPECT_TRUE(answers.accepts(b, a, start + 5s));
}

TEST(Settling, HoldsTheFirstAnswerOfAllAsWell) {
  settling answers(2s);
  answers.doubt();
  EXPECT_FALSE(answers.accepts(a, {}, start));
  EXPECT_FALSE(answers.accepts({}, {}, start + 1s)) << "no endpoints are not the same as nothing known";
}

TEST(Settling, MakesAbsenceHoldAsLong) {
  settling answers(2s);
  answers.doubt();
  EXPECT_EQ(answers.absence(0s), 2s);
  EXPECT_EQ(answers.absence(10s), 10s);
  answers.believe();
  EXPECT_EQ(answers.absence(0s), 0s);
}

TEST(Settling, AcceptsEverythingWhenItIsTurnedOff) {
  settling answers(0s);
  answers.doubt();
  EXPECT_TRUE(answers.accepts(b, a, start));
}

}  // namespace
}  // namespace drcon::consul_dns
