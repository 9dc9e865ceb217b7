#include "consul_catalog/lease.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

namespace drcon::consul_catalog {
namespace {

using namespace std::chrono_literals;
using clock = lease::clock;

constexpr auto start = clock::time_point(1h);
// Of another machine, of whose processes nothing is known; in order before and after any of ours.
const std::string before_us = "!host:7:00000000:123:1";
const std::string after_us = "~host:7:00000000:123:1";

TEST(ConsulCatalogLease, ReadsTheMarkThatItWrites) {
  lease mine;
  mine.renew();
  const auto read = read_mark("drcon: passing " + mine.mark());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->holder, mine.holder());
  EXPECT_EQ(read->count, 2U);
  for (const auto* none : {"", "drcon: passing", "[kept by x]", "[kept by x #]", "[kept by x #9", "[kept by x #-1]",
                           "[kept by a b #1]", "[kept by a\nb #1]"})
    EXPECT_FALSE(read_mark(none)) << none;
}

TEST(ConsulCatalogLease, GoesOnAtOnceWithoutAMarkOrWithItsOwn) {
  lease mine;
  EXPECT_EQ(mine.judge({}, start), "");
  EXPECT_EQ(mine.judge({{.holder = mine.holder(), .count = 5}}, start), "");
}

TEST(ConsulCatalogLease, WaitsForAMarkThatIsNotRenewedAndThenGoesOn) {
  lease mine;
  EXPECT_NE(mine.judge({{.holder = after_us, .count = 5}}, start).find("waits"), std::string::npos);
  EXPECT_NE(mine.judge({{.holder = after_us, .count = 5}}, start + 9s), "");
  EXPECT_EQ(mine.judge({{.holder = after_us, .count = 5}}, start + lease::lasts), "");
}

TEST(ConsulCatalogLease, KeepsAwayFromAMarkThatIsRenewedUntilItIsNotAnyMore) {
  for (const auto& other : {before_us, after_us}) {
    lease mine;
    mine.judge({{.holder = other, .count = 5}}, start);
    const auto why = mine.judge({{.holder = other, .count = 6}}, start + 2s);
    EXPECT_NE(why.find("process 7 on "), std::string::npos) << why;
    EXPECT_NE(why.find("another 'owner'"), std::string::npos) << why;
    EXPECT_NE(mine.judge({{.holder = other, .count = 6}}, start + 11s), "");
    EXPECT_EQ(mine.judge({{.holder = other, .count = 6}}, start + 2s + lease::lasts), "");
  }
}

TEST(ConsulCatalogLease, OneOfTwoThatBeganTogetherGoesOn) {
  for (const auto& other : {before_us, after_us}) {
    lease mine;
    EXPECT_EQ(mine.judge({}, start), "");
    EXPECT_EQ(mine.judge({{.holder = other, .count = 5}}, start + 1s), "") << "it may be a mark of long ago";
    EXPECT_EQ(mine.judge({{.holder = other, .count = 6}}, start + 2s).empty(), other == after_us);
  }
}

// Anybody who may register some service can write a mark into its check.
TEST(ConsulCatalogLease, IsNotKeptAwayByBystanders) {
  lease mine;
  const auto at = [](std::uint64_t count) { return lease_mark{.holder = before_us, .count = count, .id = "evil"}; };
  EXPECT_EQ(mine.judge({}, start, {at(5)}), "");
  ASSERT_TRUE(mine.bystander()) << "it may live";
  EXPECT_TRUE(mine.may_be_another());
  EXPECT_FALSE(mine.has_seen_another());
  EXPECT_EQ(mine.judge({}, start + 2s, {at(6)}), "");
  EXPECT_EQ(mine.bystander()->id, "evil");
  EXPECT_TRUE(mine.has_seen_another());
  EXPECT_EQ(mine.judge({}, start + 2s + lease::lasts, {at(6)}), "");
  EXPECT_FALSE(mine.bystander()) << "it is gone";
  EXPECT_FALSE(mine.may_be_another());
}

TEST(ConsulCatalogLease, TakesNoCopyOfAMarkForItsRenewal) {
  lease mine;
  const lease_mark old{.holder = after_us, .count = 5, .id = "web"};
  mine.judge({old}, start, {{.holder = after_us, .count = 6, .id = "evil"}});
  mine.judge({old}, start + 5s, {{.holder = after_us, .count = 7, .id = "evil"}});
  EXPECT_EQ(mine.judge({old}, start + lease::lasts, {{.holder = after_us, .count = 8, .id = "evil"}}), "");
}

TEST(ConsulCatalogLease, KnowsThatASinkOfThisMachineHasEnded) {
  std::string former;
  {
    const lease mine;
    former = mine.holder();
    EXPECT_FALSE(has_ended(former));
  }
  EXPECT_TRUE(has_ended(former)) << "it was replaced in this process";
  const lease mine;
  auto reused = mine.holder();
  const auto own = ":" + std::to_string(::getpid()) + ":";
  // Process 1 is older than this test; its parent may have begun within the same tick of the clock.
  reused.replace(reused.find(own), own.size(), ":1:");
  EXPECT_TRUE(has_ended(reused)) << "another process has its number now: " << reused;
  EXPECT_FALSE(has_ended(after_us)) << "nothing is known of other machines";
  EXPECT_FALSE(has_ended("nonsense"));
}

}  // namespace
}  // namespace drcon::consul_catalog
