// The time of day in a sentence.
#include "base/wall_clock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drcon::base {
namespace {

using namespace std::chrono_literals;

TEST(TimeOfDay, HasItsZoneAndTheDateOnlyWhereItIsNotToday) {
  EXPECT_THAT(time_of_day(std::chrono::system_clock::now()),
              ::testing::MatchesRegex("[0-9][0-9]:[0-9][0-9]:[0-9][0-9] [A-Z0-9+-]+"));
  EXPECT_THAT(time_of_day(std::chrono::system_clock::time_point(48h)),
              ::testing::MatchesRegex("1970-01-0[23] [0-9][0-9]:[0-9][0-9]:[0-9][0-9] [A-Z0-9+-]+"));
}

}  // namespace
}  // namespace drcon::base
