#include "admin/target_lines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drcon::admin {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

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
  for (int i = 0; i < 1000; ++i) text += "server 10.0.0.1:80;\n";
  EXPECT_EQ(lines_naming(text, "10.0.0.1:80", "x").size(), 10U);
}

}  // namespace
}  // namespace drcon::admin
