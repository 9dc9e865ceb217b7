#include "docker/inspections.hpp"

#include <gtest/gtest.h>

namespace drcon::docker {
namespace {

TEST(DockerInspections, TakeTurnsHoweverOftenOneContainerComesBack) {
  inspections all;
  for (const auto* id : {"aa", "bb", "cc"}) all.add(id);
  std::string order;
  for (int i = 0; i < 6; ++i) {
    const auto id = all.next();
    order += id + " ";
    all.add("aa");  // it has sent an event meanwhile
    if (id != "aa") all.add(id);
    all.add("aa");
  }
  EXPECT_EQ(order, "aa bb cc aa bb cc ");
}

TEST(DockerInspections, EndTheFirstRoundThoughOneContainerAlwaysWaits) {
  inspections all;
  for (const auto* id : {"aa", "bb"}) all.add(id);
  all.begin_first_round();
  for (const auto* id : {"aa", "bb"}) {
    EXPECT_FALSE(all.is_first_round_over());
    EXPECT_EQ(all.next(), id);
    all.add("aa");
    all.done(id);
  }
  EXPECT_TRUE(all.is_first_round_over());
  EXPECT_FALSE(all.empty());
}

TEST(DockerInspections, WaitForNobodyWhoIsGone) {
  inspections all;
  all.add("aa");
  all.begin_first_round();
  all.done("aa");
  EXPECT_TRUE(all.is_first_round_over());
  all.clear();
  EXPECT_TRUE(all.empty());
}

}  // namespace
}  // namespace drcon::docker
