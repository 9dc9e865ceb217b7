#include "consul_dns/random_parts.hpp"

#include <gtest/gtest.h>

namespace drcon::consul_dns {
namespace {

using namespace std::chrono_literals;

using ids_of_answer = std::vector<std::string>;

class RandomParts : public ::testing::Test {
protected:
  bool is_part(const ids_of_answer& ids) { return answers_.looks_like_part(ids, now_ += 1s); }

  random_parts answers_;
  random_parts::clock::time_point now_{1h};
};

TEST_F(RandomParts, AreToldByInstancesThatComeBackWhileTheNumberStays) {
  EXPECT_FALSE(is_part({"a", "b", "c"}));
  EXPECT_FALSE(is_part({"a", "d", "e"}));
  EXPECT_FALSE(is_part({"b", "c", "f"})) << "the first exchange";
  EXPECT_FALSE(is_part({"a", "d", "f"}));
  EXPECT_TRUE(is_part({"b", "e", "f"}));
  EXPECT_TRUE(is_part({"b", "e", "f"}));
}

TEST_F(RandomParts, AreNoMoreWhenAnAnswerHasAllThatTheOthersHad) {
  for (const auto& ids : {ids_of_answer{"a", "b", "c"}, {"a", "d", "e"}, {"b", "c", "f"}, {"a", "d", "f"}})
    is_part(ids);
  ASSERT_TRUE(is_part({"b", "e", "f"}));
  EXPECT_FALSE(is_part({"a", "b", "c", "d", "e", "f", "g"}));
  EXPECT_FALSE(is_part({"a", "b", "c", "d", "e", "f"})) << "and what was before is forgotten";
}

TEST_F(RandomParts, AreNoMoreWhenAnAnswerHoldsForAMinute) {
  for (const auto& ids : {ids_of_answer{"a", "b", "c"}, {"a", "d", "e"}, {"b", "c", "f"}, {"a", "d", "f"}})
    is_part(ids);
  ASSERT_TRUE(is_part({"b", "e", "f"}));
  now_ += 58s;
  EXPECT_TRUE(is_part({"b", "e", "f"}));
  EXPECT_FALSE(is_part({"b", "e", "f"}));
}

TEST_F(RandomParts, AreNotSeenInADeploymentThatReplacesOneByOne) {
  EXPECT_FALSE(is_part({"a1", "b1", "c1", "d1"}));
  EXPECT_FALSE(is_part({"a2", "b1", "c1", "d1"}));
  EXPECT_FALSE(is_part({"a2", "b2", "c1", "d1"}));
  EXPECT_FALSE(is_part({"a2", "b2", "c2", "d1"}));
  EXPECT_FALSE(is_part({"a2", "b2", "c2", "d2"}));
}

TEST_F(RandomParts, AreNotSeenInInstancesThatFailAndRecover) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(is_part({"a", "b", "c", "d"}));
    EXPECT_FALSE(is_part({"a", "b", "c"}));
    EXPECT_FALSE(is_part({"a", "b", "d"})) << "one is back as another goes; then it is";
  }
}

TEST_F(RandomParts, AreNotSeenInTwoInstancesThatTakeTurns) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(is_part({"a"}));
    EXPECT_FALSE(is_part({"b"}));
  }
}

TEST_F(RandomParts, AreNotSeenInAChangeThatIsTakenBackOnce) {
  EXPECT_FALSE(is_part({"a", "b", "c"}));
  EXPECT_FALSE(is_part({"a", "b", "d"}));
  EXPECT_FALSE(is_part({"a", "b", "c"}));
  EXPECT_FALSE(is_part({"a", "b", "d"})) << "blue, green, blue, green";
}

}  // namespace
}  // namespace drcon::consul_dns
