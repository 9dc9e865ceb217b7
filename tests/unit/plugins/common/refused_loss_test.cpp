#include "common/refused_loss.hpp"

#include <gtest/gtest.h>

namespace drcon::common {
namespace {

bool keeps(std::size_t served, std::size_t desired, std::size_t refused) {
  return refused_loss{.served = served, .desired = desired, .refused = refused}.keeps_last();
}

TEST(RefusedLoss, IsNotBorneWhenFewerThanHalfWouldBeLeft) {
  EXPECT_TRUE(keeps(10, 10, 10));
  EXPECT_TRUE(keeps(10, 10, 9));
  EXPECT_TRUE(keeps(10, 10, 6));
  EXPECT_TRUE(keeps(1, 1, 1));
  EXPECT_TRUE(keeps(3, 3, 2));
}

TEST(RefusedLoss, IsBorneWhenHalfIsLeft) {
  EXPECT_FALSE(keeps(10, 10, 5));
  EXPECT_FALSE(keeps(2, 2, 1));
}

TEST(RefusedLoss, IsNoneOfWhatWasDecided) {
  EXPECT_FALSE(keeps(10, 1, 0)) << "the brake has let nine of them go";
  EXPECT_FALSE(keeps(10, 0, 0));
  EXPECT_TRUE(keeps(10, 2, 2)) << "but not these two";
}

TEST(RefusedLoss, IsNoneOfWhatWasNeverServed) {
  EXPECT_FALSE(keeps(0, 5, 5));
  EXPECT_FALSE(keeps(10, 40, 30)) << "thirty more that are refused cost none of the ten";
}

}  // namespace
}  // namespace drcon::common
