#include "template/environment.hpp"

#include <gtest/gtest.h>

namespace drcon::templates {
namespace {

TEST(CommandEnvironment, NamesWhatHasChanged) {
  desired_state desired;
  desired.revision = 7;
  desired.added = {"api", "web"};
  const auto all = environment_of("edge", desired, {"/etc/a", "/etc/b"});
  EXPECT_EQ(all.at("DRCON_SINK"), "edge");
  EXPECT_EQ(all.at("DRCON_REVISION"), "7");
  EXPECT_EQ(all.at("DRCON_ADDED"), "api web");
  EXPECT_EQ(all.at("DRCON_ADDED_COUNT"), "2");
  EXPECT_EQ(all.at("DRCON_CHANGED"), "");
  EXPECT_EQ(all.at("DRCON_CHANGED_COUNT"), "0");
  EXPECT_EQ(all.at("DRCON_FILES"), "/etc/a\n/etc/b");
}

TEST(CommandEnvironment, StaysFarBelowWhatTheKernelTakesAndCutsNoName) {
  constexpr std::size_t least_limit = 131072;  // of one variable, and of all together under a small stack limit
  desired_state desired;
  const std::vector<std::string> many(100000, std::string(255, 'n'));
  desired.added = desired.changed = desired.removed = many;
  const auto all = environment_of("edge", desired, many);
  std::size_t sum = 0;
  for (const auto& [name, value] : all) sum += name.size() + value.size() + 2;
  EXPECT_LT(sum, least_limit * 2 / 3);
  EXPECT_EQ(all.at("DRCON_ADDED").size() % 256, 255U) << "whole names";
  EXPECT_EQ(all.at("DRCON_ADDED_COUNT"), "100000");
}

}  // namespace
}  // namespace drcon::templates
