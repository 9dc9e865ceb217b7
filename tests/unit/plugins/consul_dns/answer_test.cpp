// Which answers are believed, and how long until the next question.
#include "consul_dns/answer.hpp"
#include "consul_dns/pace.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace drcon::consul_dns {
namespace {

using namespace std::chrono_literals;
using kind = verdict::kind;

message with_records(std::size_t count) {
  message made;
  made.authoritative = true;
  made.services.resize(count);
  return made;
}

TEST(ConsulDnsAnswer, GivesEachKindOfFailureItsOwnReason) {
  std::set<std::string> told;
  for (const int code : {1, 2, 4, 5, 9}) {
    message answer = with_records(1);
    answer.code = static_cast<response_code>(code);
    const auto found = judge(answer, 100, record_type::srv, true);
    EXPECT_EQ(found.is, kind::fault) << code;
    told.insert(found.why);
  }
  auto cut = with_records(1);
  cut.truncated = true;
  told.insert(judge(cut, 100, record_type::srv, true).why);
  auto referral = with_records(0);
  referral.referral = true;
  told.insert(judge(referral, 100, record_type::srv, true).why);
  auto nobody = with_records(0);
  nobody.authoritative = false;
  told.insert(judge(nobody, 100, record_type::srv, true).why);
  told.insert(judge(with_records(997), 65481, record_type::srv, true).why);
  EXPECT_EQ(told.size(), 9U);
  EXPECT_FALSE(told.contains(""));
}

TEST(ConsulDnsAnswer, AcceptsAbsenceOnlyFromAnAuthority) {
  for (const auto code : {response_code::no_error, response_code::no_such_name}) {
    auto answer = with_records(0);
    answer.code = code;
    EXPECT_EQ(judge(answer, 50, record_type::srv, true).is, kind::absent);
    answer.authoritative = false;
    EXPECT_EQ(judge(answer, 50, record_type::srv, true).is, kind::fault);
    EXPECT_EQ(judge(answer, 50, record_type::srv, false).is, kind::absent);
    answer.referral = true;
    EXPECT_EQ(judge(answer, 50, record_type::srv, false).is, kind::fault);
  }
}

TEST(ConsulDnsAnswer, LooksForTheKindOfRecordThatWasAskedFor) {
  auto answer = with_records(1);
  EXPECT_EQ(judge(answer, 50, record_type::srv, true).is, kind::records);
  EXPECT_EQ(judge(answer, 50, record_type::a, true).is, kind::absent);
  answer.answers.push_back({"a.x", "10.0.0.1", 0});
  EXPECT_EQ(judge(answer, 50, record_type::a, true).is, kind::records);
}

// Numbers of Consul 1.8.7 over TCP.
TEST(ConsulDnsAnswer, AcceptsWhatConsulSendsWholeAndRejectsWhatItCuts) {
  EXPECT_FALSE(may_be_cut(500, 53188));
  EXPECT_FALSE(may_be_cut(600, 64488));
  EXPECT_FALSE(may_be_cut(980, 64308));
  EXPECT_TRUE(may_be_cut(997, 65481));
  EXPECT_TRUE(may_be_cut(1024, 41000)) << "targets without addresses alongside: cut by number";
  EXPECT_FALSE(may_be_cut(1023, 41000));
  EXPECT_FALSE(may_be_cut(0, 65500));
}

TEST(Pace, IsTheTtlWithinItsLimits) {
  const pace limits{.min = 1s, .max = 30s, .retry_max = 10s};
  EXPECT_EQ(limits.after_answer(0), 1s);
  EXPECT_EQ(limits.after_answer(5), 5s);
  EXPECT_EQ(limits.after_answer(30), 30s);
  EXPECT_EQ(limits.after_answer(UINT32_MAX), 30s);
}

TEST(Pace, DoublesWithEachFailureUpToItsLimit) {
  const pace limits{.min = 1s, .max = 30s, .retry_max = 10s};
  auto pauses = limits.after_failures();
  for (const std::chrono::milliseconds step : {1s, 2s, 4s, 8s, 10s, 10s}) {
    const auto each = pauses.next();
    EXPECT_GE(each, step * 9 / 10);
    EXPECT_LE(each, step * 11 / 10);
  }
}

TEST(Pace, VariesByATenthAtMost) {
  std::minstd_rand random(1);  // NOLINT: the same each time
  std::set<std::chrono::nanoseconds> seen;
  for (int i = 0; i < 1000; ++i) {
    const auto each = with_jitter(1s, random);
    EXPECT_GE(each, 900ms);
    EXPECT_LE(each, 1100ms);
    seen.insert(each);
  }
  EXPECT_GT(seen.size(), 900U);
  EXPECT_EQ(with_jitter(0s, random), 0s);
}

}  // namespace
}  // namespace drcon::consul_dns
