#include "base/result.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <type_traits>
#include <variant>

namespace drcon::base {
namespace {

result<int> half(int number) {
  if (number % 2 != 0) return failure{std::to_string(number) + " is odd"};
  return number / 2;
}

result<> even(int number) {
  if (const auto part = half(number); !part) return part.error();
  return {};
}

TEST(Result, HoldsTheValueOfASuccess) {
  const auto found = half(8);
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, 4);
}

TEST(Result, HoldsTheReasonOfAFailure) {
  const auto found = half(7);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().why, "7 is odd");
}

TEST(Result, PassesAFailureOnWithoutAValue) {
  EXPECT_TRUE(even(2));
  ASSERT_FALSE(even(3));
  EXPECT_EQ(even(3).error(), failure{"3 is odd"});
}

TEST(Result, KeepsATextApartFromAFailure) {
  const auto text = [](bool good) -> result<std::string> {
    if (!good) return failure{"why"};
    return std::string("value");
  };
  EXPECT_EQ(*text(true), "value");
  EXPECT_FALSE(text(false));
}

TEST(Result, RefusesToGiveAValueThatIsNotThere) { EXPECT_THROW(*half(7), std::bad_variant_access); }

TEST(Result, GivesAwayAValueThatCannotBeCopied) {
  result<std::unique_ptr<int>> owned = std::make_unique<int>(3);
  const std::unique_ptr<int> taken = *std::move(owned);
  EXPECT_EQ(*taken, 3);
}

TEST(Result, MayFailWithATypeOfItsOwn) {
  struct fault {
    std::string why;
    std::string help;
  };
  const auto load = [](bool good) -> result<int, fault> {
    if (!good) return fault{"is empty", "copy it again"};
    return 7;
  };
  EXPECT_EQ(*load(true), 7);
  EXPECT_EQ(load(false).error().help, "copy it again");
}

// A result that turned into a number or a text by itself would be compared with one by mistake.
static_assert(!std::is_convertible_v<result<int>, bool>);
static_assert(!std::is_convertible_v<result<int>, int>);

}  // namespace
}  // namespace drcon::base
