#include "plugins/refusal_list.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace drcon::plugins {
namespace {

using refusals = std::vector<refusal>;

const refusal web_1{"web", "1", "no address"};
const refusal web_2{"web", "2", "no address"};
const refusal db{"db", "", "its name is not text"};

TEST(RefusalList, ReportsWhatIsNewAndNotWhatStillHolds) {
  refusal_list list;
  EXPECT_EQ(list.replace("web", {web_1}), (refusals{web_1}));
  EXPECT_EQ(list.replace("web", {web_1, web_2}), (refusals{web_2}));
  EXPECT_EQ(list.replace("web", {}), refusals{});
  EXPECT_EQ(list.replace("web", {web_1}), (refusals{web_1})) << "it was gone in between";
}

TEST(RefusalList, KeepsSinceWhenWhatStillHoldsIsSo) {
  refusal_list list;
  list.replace("web", {web_1});
  const auto since = list.first(1).at(0).since;
  EXPECT_GT(since.time_since_epoch().count(), 0);
  list.replace_all({web_1, web_2});
  EXPECT_EQ(list.first(1).at(0).since, since);
  list.replace("web", {web_1});
  EXPECT_EQ(list.first(1).at(0).since, since);
}

TEST(RefusalList, ReplacesThoseOfOneServiceOrOfAll) {
  refusal_list list;
  list.replace("web", {web_1});
  list.replace("db", {db});
  list.replace("web", {web_2});
  EXPECT_EQ(list.first(10), (refusals{db, web_2}));
  EXPECT_EQ(list.first(1), (refusals{db}));
  list.replace_all({web_1});
  EXPECT_EQ(list.first(10), (refusals{web_1}));
  EXPECT_EQ(list.count(), 1U);
  list.replace("", {});
  EXPECT_EQ(list.count(), 1U) << "an empty name is one name";
}

TEST(RefusalList, KnowsWhyAnEndpointOrItsWholeServiceIsLeftOut) {
  refusal_list list;
  list.replace_all({web_1, db});
  EXPECT_EQ(list.why("web", "1"), "no address");
  EXPECT_EQ(list.why("web", "2"), "");
  EXPECT_EQ(list.why("db", "any"), "its name is not text");
}

}  // namespace
}  // namespace drcon::plugins
