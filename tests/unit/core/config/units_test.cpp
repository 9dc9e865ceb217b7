#include "config/units.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace drcon::config {
namespace {

using std::chrono::nanoseconds;
using namespace std::chrono_literals;

TEST(Duration, IsASumOfNumbersWithUnits) {
  EXPECT_EQ(parse_duration("250ms"), nanoseconds(250ms));
  EXPECT_EQ(parse_duration("1.5s"), nanoseconds(1500ms));
  EXPECT_EQ(parse_duration("1m30s"), nanoseconds(90s));
  EXPECT_EQ(parse_duration("2d3h"), nanoseconds(51h));
  EXPECT_EQ(parse_duration("7us"), nanoseconds(7us));
  EXPECT_EQ(parse_duration("9ns"), nanoseconds(9));
  EXPECT_EQ(parse_duration("0"), nanoseconds(0));
  EXPECT_EQ(parse_duration("0s"), nanoseconds(0));
}

TEST(Duration, IsExactToTheLastNanosecond) {
  EXPECT_EQ(parse_duration("9223372036854775807ns"), nanoseconds::max());
  EXPECT_EQ(parse_duration("9007199254740993ns"), nanoseconds(9007199254740993));
}

TEST(Duration, NeedsAUnitAndNothingElse) {
  for (const auto* text : {"",   "5",    "1.5",   "s",   "ms",  "-1s", "+1s",  " 1s", "1s ", "1 s", "5 minutes",
                           "1S", "1e3s", "1..5s", ".5s", "1.s", "1s5", "0x1s", "1sm", "inf", "nan", "s1"})
    EXPECT_FALSE(parse_duration(text)) << "'" << text << "'";
}

TEST(Duration, ThatDoesNotFitIsRefused) {
  EXPECT_FALSE(parse_duration("9223372036854775808ns"));
  EXPECT_FALSE(parse_duration("300000d"));
  EXPECT_FALSE(parse_duration("100000d100000d"));
  EXPECT_FALSE(parse_duration(std::string(5000, '9').append(1, 's')));  // GCC 12 with TSan takes + for an overflow
}

TEST(Duration, AsTextReadsBackTheSame) {
  EXPECT_EQ(to_text(250ms), "250ms");
  EXPECT_EQ(to_text(90s), "1m30s");
  EXPECT_EQ(to_text(0s), "0s");
  for (const auto each :
       {nanoseconds(1), nanoseconds(1001), nanoseconds(1500ms), nanoseconds(26h + 1ms), nanoseconds::max()})
    EXPECT_EQ(parse_duration(to_text(each)), each) << to_text(each);
}

TEST(Size, IsAWholeNumberWithAUnit) {
  EXPECT_EQ(parse_size("0"), 0);
  EXPECT_EQ(parse_size("17"), 17);
  EXPECT_EQ(parse_size("17B"), 17);
  EXPECT_EQ(parse_size("64KiB"), 65536);
  EXPECT_EQ(parse_size("2MiB"), 2097152);
  EXPECT_EQ(parse_size("1GiB"), 1073741824);
  EXPECT_EQ(parse_size("3kB"), 3000);
  EXPECT_EQ(parse_size("10MB"), 10000000);
  EXPECT_EQ(parse_size("1GB"), 1000000000);
  EXPECT_EQ(parse_size("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
}

TEST(Size, OfAnythingElseIsRefused) {
  for (const auto* text :
       {"", "KiB", "-1", "1.5KiB", "64 KiB", "64K", "64kib", "1KiB1B", "9223372036854775808", "8589934592GiB"})
    EXPECT_FALSE(parse_size(text)) << "'" << text << "'";
}

TEST(Percent, IsAShareOfAtMostAll) {
  EXPECT_EQ(parse_percent("50%"), 0.5);
  EXPECT_EQ(parse_percent("0%"), 0.0);
  EXPECT_EQ(parse_percent("100%"), 1.0);
  EXPECT_EQ(parse_percent("12.5%"), 0.125);
  for (const auto* text : {"", "%", "50", "101%", "-1%", "50 %", "50%%", "half"})
    EXPECT_FALSE(parse_percent(text)) << "'" << text << "'";
}

}  // namespace
}  // namespace drcon::config
