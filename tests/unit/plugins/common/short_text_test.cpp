#include "common/short_text.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace drcon::common {
namespace {

TEST(ShortText, IsNotTouchedWhenItIsShort) {
  EXPECT_EQ(shortened("", 3), "");
  EXPECT_EQ(shortened("abc", 3), "abc");
  EXPECT_EQ(shortened("\u00fc", 2), "\u00fc");
}

TEST(ShortText, EndsBetweenTwoCharacters) {
  const std::string text = "a\u00fc\u20ac\U0001F600z";  // of 1, 2, 3, 4 and 1 bytes
  const auto cut = [&](std::size_t most) { return std::string(shortened(text, most)); };
  EXPECT_EQ(cut(1), "a");
  EXPECT_EQ(cut(2), "a");
  EXPECT_EQ(cut(3), "a\u00fc");
  EXPECT_EQ(cut(5), "a\u00fc");
  EXPECT_EQ(cut(6), "a\u00fc\u20ac");
  EXPECT_EQ(cut(9), "a\u00fc\u20ac");
  EXPECT_EQ(cut(10), "a\u00fc\u20ac\U0001F600");
  EXPECT_EQ(cut(11), text);
  EXPECT_EQ(cut(0), "");
}

TEST(ShortText, OfBytesThatAreNoTextIsAsLongAsItMayBe) {
  EXPECT_EQ(shortened(std::string(20, '\x80'), 10).size(), 10U);
  EXPECT_EQ(shortened(std::string(20, '\x80'), 2).size(), 2U);
}

TEST(ShortText, NamesTheFirstAndCountsTheRest) {
  const auto same = [](const std::string& each) { return each; };
  EXPECT_EQ(first_of(std::set<std::string>{"a"}, same), "'a'");
  EXPECT_EQ(first_of(std::set<std::string>{"a", "b", "c"}, same), "'a', 'b', 'c'");
  EXPECT_EQ(first_of(std::set<std::string>{"a", "b", "c", "d", "e"}, same), "'a', 'b', 'c' and 2 more");
}

}  // namespace
}  // namespace drcon::common
