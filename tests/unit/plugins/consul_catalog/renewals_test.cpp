#include "consul_catalog/renewals.hpp"

#include <gtest/gtest.h>

#include <string>

namespace drcon::consul_catalog {
namespace {

class Renewals : public ::testing::Test {
protected:
  using seconds = std::chrono::seconds;

  void want(const std::string& id, seconds ttl) {
    registration one;
    one.id = id;
    one.ttl = ttl;
    all_.all.insert_or_assign(id, one);
  }
  std::string due(seconds later = {}) {
    now_ += later;
    std::string ids;
    for (const auto* each : seen_.due(all_, now_)) ids += each->id;
    return ids;
  }

  registrations all_;
  renewals seen_;
  renewals::clock::time_point now_{};
};

// A label of one container sets the TTL of its check alone.
TEST_F(Renewals, AreDueForEachCheckByItsOwnTime) {
  want("a", seconds(3));
  want("b", seconds(30));
  want("c", seconds(0));
  EXPECT_EQ(due(), "ab");
  EXPECT_EQ(due(), "");
  EXPECT_EQ(seen_.next() - now_, seconds(1));
  for (int i = 0; i < 9; ++i) EXPECT_EQ(due(seconds(1)), "a");
  EXPECT_EQ(due(seconds(1)), "ab");
}

TEST_F(Renewals, BeginAtOnceWithAnotherTtlAndEndWithTheRegistration) {
  want("a", seconds(30));
  ASSERT_EQ(due(), "a");
  want("a", seconds(6));
  EXPECT_EQ(due(), "a");
  EXPECT_EQ(due(seconds(2)), "a");
  want("a", seconds(0));
  EXPECT_EQ(due(seconds(2)), "");
  EXPECT_EQ(seen_.next(), renewals::clock::time_point::max());
  want("a", seconds(30));
  ASSERT_EQ(due(), "a");
  all_.all.clear();
  EXPECT_EQ(due(), "");
  EXPECT_EQ(seen_.next(), renewals::clock::time_point::max());
}

}  // namespace
}  // namespace drcon::consul_catalog
