// What an answer of Consul is worth, how a query goes on after it, and what Consul can be asked for at all.
#include "common/consul_progress.hpp"
#include "common/consul_rules.hpp"

#include <gtest/gtest.h>

namespace drcon::common::consul {
namespace {

using news = query_progress::news;

http_answer answer(const std::string& index, const std::string& body = "[]") {
  http_answer result;
  result.status = 200;
  if (!index.empty()) result.headers["x-consul-index"] = index;
  result.body = body;
  return result;
}

http_answer status(unsigned code, const std::string& body = {}) {
  http_answer result;
  result.status = code;
  result.body = body;
  return result;
}

// Known at this index.
query_progress known(const std::string& index) {
  query_progress result;
  result.take(answer(index), true);
  return result;
}

TEST(ConsulProgress, UsesTheFirstAnswerOnlyWhenTheLeaderHasConfirmedIt) {
  query_progress query;
  EXPECT_TRUE(query.needs_confirmation());
  EXPECT_FALSE(query.index());
  EXPECT_EQ(query.take(answer("5"), false), news::unconfirmed);
  EXPECT_TRUE(query.needs_confirmation());
  EXPECT_EQ(query.take(answer("5"), true), news::changed);
  EXPECT_FALSE(query.needs_confirmation());
  EXPECT_EQ(query.index(), 5U);
}

TEST(ConsulProgress, TellsByTheIndexWhetherSomethingMayHaveChanged) {
  auto query = known("5");
  EXPECT_EQ(query.take(answer("5", "[1]"), false), news::none);
  EXPECT_EQ(query.take(answer("6"), false), news::changed);
  EXPECT_EQ(query.revision(), 6U);
  EXPECT_EQ(query.take(answer("18446744073709551615"), false), news::changed);
}

TEST(ConsulProgress, AsksAgainPlainlyWhenTheIndexWentBack) {
  auto query = known("100");
  EXPECT_EQ(query.take(answer("14"), false), news::unconfirmed);
  EXPECT_TRUE(query.needs_confirmation());
  EXPECT_FALSE(query.index()) << "an index above the server's own would block for the whole wait";
  EXPECT_EQ(query.take(answer("100"), true), news::none) << "the history has been played back";
  EXPECT_EQ(query.take(answer("14"), false), news::unconfirmed);
  EXPECT_EQ(query.take(answer("14"), true), news::changed) << "an older state was restored";
  EXPECT_EQ(query.index(), 14U);
}

TEST(ConsulProgress, AsksAgainPlainlyAfterAFailureAndTakesAnyIndex) {
  auto query = known("100");
  query.failed();
  EXPECT_TRUE(query.needs_confirmation());
  EXPECT_FALSE(query.index());
  EXPECT_EQ(query.take(answer("150"), false), news::unconfirmed);
  EXPECT_EQ(query.take(answer("7"), true), news::changed);
}

TEST(ConsulProgress, KeepsWhatItKnowsWhenSomebodyElseAsksForConfirmation) {
  auto query = known("100");
  query.require_confirmation();
  EXPECT_FALSE(query.index());
  EXPECT_EQ(query.take(answer("120"), false), news::unconfirmed);
  EXPECT_EQ(query.take(answer("100"), true), news::none);
}

TEST(ConsulProgress, TakesAnIndexOfZeroForOne) {
  auto query = known("0");
  EXPECT_EQ(query.index(), 1U);
  EXPECT_EQ(query.take(answer("1"), false), news::none);
  EXPECT_EQ(query.take(answer("0"), false), news::none);
}

TEST(ConsulProgress, ComparesBodiesAndDoesNotBlockWithoutAnIndex) {
  for (const auto* none : {"", "nonsense", "12x"}) {
    auto query = known(none);
    EXPECT_FALSE(query.has_index());
    EXPECT_FALSE(query.index());
    EXPECT_FALSE(query.needs_confirmation());
    EXPECT_EQ(query.take(answer(none), false), news::none);
    EXPECT_EQ(query.take(answer(none, "[1]"), false), news::changed);
    EXPECT_EQ(query.take(answer("9", "[1]"), false), news::changed) << "the proxy is gone";
    EXPECT_EQ(query.index(), 9U);
    EXPECT_EQ(query.take(answer(none, "[1]"), false), news::changed) << "and is back";
  }
}

TEST(ConsulRules, KnowWhichNamesCanBeThePartOfAPath) {
  for (const auto* each : {"web", "a/b", "a/", "...", ".a", "a.", "a b", "a%2F", "a?b"})
    EXPECT_TRUE(fits_path(each)) << each;
  for (const auto* each : {"", "/", ".", "..", "/a", "a//b", "a//", "x/..", "../x", "a/./b", "a/."})
    EXPECT_FALSE(fits_path(each)) << each;
}

TEST(ConsulRules, KnowWhichAnswersWaitingDoesNotChange) {
  for (const auto code : {301U, 400U, 403U, 404U}) EXPECT_TRUE(is_refusal(status(code))) << code;
  for (const auto code : {200U, 408U, 429U, 500U, 503U}) EXPECT_FALSE(is_refusal(status(code))) << code;
  EXPECT_TRUE(is_refusal(status(500, "Failed to create boolean expression evaluator: 1:5 (4): no match found")));
  EXPECT_FALSE(is_refusal(status(500, "No cluster leader")));
  EXPECT_FALSE(is_refusal(status(500, "No path to datacenter"))) << "the way to it may come back";
  EXPECT_EQ(kind_of(status(500, "No path to datacenter")), failure::refusal) << "but nothing else waits for that";
  EXPECT_EQ(kind_of(status(500, "No cluster leader")), failure::error);
  auto lost = status(400);
  lost.fault = http_fault::lost;
  EXPECT_FALSE(is_refusal(lost));
}

}  // namespace
}  // namespace drcon::common::consul
