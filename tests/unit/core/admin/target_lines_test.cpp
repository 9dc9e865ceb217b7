#include "admin/target_lines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drcon::admin {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(TargetLines, AreThoseThatNameTheEndpoint) {
  const std::string text = "upstream web {\n  server 10.0.0.1:80 weight=1;\n  server 10.0.0.2:80;\n}\n";
  EXPECT_THAT(lines_naming(text, "10.0.0.1:80", "web-1"), ElementsAre("server 10.0.0.1:80 weight=1;"));
  EXPECT_THAT(lines_naming("web/web-1 up\nweb/web-11 up\n", "10.0.0.1:80", "web-1"), ElementsAre("web/web-1 up"));
}

TEST(TargetLines, DoNotMistakeALongerNumberForIt) {
  EXPECT_THAT(lines_naming("server 110.0.0.1:80;\nserver 10.0.0.1:8080;\n", "10.0.0.1:80", "x"), IsEmpty());
}

TEST(TargetLines, AreBounded) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "server 10.0.0.1:80 id=" + std::to_string(i) + ";\n";
  EXPECT_EQ(lines_naming(text, "10.0.0.1:80", "x").size(), 10U);
}

TEST(TargetLines, AreNamedOnceEach) {
  EXPECT_THAT(
      lines_naming("server 10.0.0.1:80;\nserver 10.0.0.1:80 backup;\n  server 10.0.0.1:80;\n", "10.0.0.1:80", "x"),
      ElementsAre("server 10.0.0.1:80;", "server 10.0.0.1:80 backup;"));
}

// A match that is in rotation as far as the answers of its sink say.
report::endpoint_finding served() {
  report::endpoint_finding match;
  match.id = "web-1";
  match.address = "10.0.0.1:80";
  match.in_rotation = true;
  match.verdict = "in rotation since revision 1";
  match.sinks.push_back({});
  match.sinks[0].sink = "edge";
  match.sinks[0].present = true;
  match.sinks[0].up_to_date = true;
  return match;
}

report::endpoint_finding served_with(std::vector<plugins::rendered_target> targets) {
  auto match = served();
  add_target_lines(match, {{"edge", engine::inspection(std::move(targets))}});
  return match;
}

TEST(TargetLines, LeaveTheVerdictWhereTheTargetIsAsDesired) {
  const auto match = served_with({{"f", "server 10.0.0.1:80;\n", "server 10.0.0.1:80;\nserver 10.0.0.2:80;\n"}});
  EXPECT_TRUE(match.in_rotation);
  EXPECT_EQ(match.verdict, "in rotation since revision 1");
  EXPECT_TRUE(served_with({{"f", "a digest\n", "another\n"}}).in_rotation) << "it says nothing of single endpoints";
}

TEST(TargetLines, CorrectTheVerdictWhereTheTargetLacksItOrHasItOtherwise) {
  auto match = served_with({{"f", "server 10.0.0.1:80;\n", ""}});
  EXPECT_FALSE(match.in_rotation);
  EXPECT_EQ(match.verdict, "not in rotation as decided at sink edge: f does not have 'server 10.0.0.1:80;' now");
  match = served_with({{"h", "web 10.0.0.1:80 weight 1\n", "web 10.0.0.1:80 weight 1 maint\n"}});
  EXPECT_FALSE(match.in_rotation);
  EXPECT_NE(match.verdict.find("h has 'web 10.0.0.1:80 weight 1 maint' now, and 'web 10.0.0.1:80 weight 1' is desired"),
            std::string::npos)
      << match.verdict;
}

TEST(TargetLines, CorrectTheVerdictWhereWhatTheTargetHasIsNotKnown) {
  const auto match = served_with({{"h", "web 10.0.0.1:80 weight 1\n", std::nullopt}});
  EXPECT_FALSE(match.in_rotation);
  EXPECT_EQ(match.verdict, "not known to be in rotation since revision 1; what is there now is not known: h");
}

}  // namespace
}  // namespace drcon::admin
