#include "common/nginx_statements.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drcon::common::nginx {
namespace {

using ::testing::ElementsAre;

using found_directives = std::vector<std::string>;

found_directives directives(std::string_view text) {
  found_directives all;
  for_each_statement(text, {}, [&](const statement& found) {
    if (found.begins_block || found.words.empty()) return;
    std::string one;
    for (const auto& each : found.blocks) one += each + "/";
    for (const auto& each : found.words) one += each + " ";
    all.push_back(one);
  });
  return all;
}

TEST(NginxStatements, AreFoundInTheirBlocksAndNotInCommentsOrQuotes) {
  EXPECT_THAT(
      directives("pid /run/a; # include no;\nhttp { include 'x ;y'; server { listen 80; } include z; }\nend on;"),
      ElementsAre("pid /run/a ", "http/include x ;y ", "http/server/listen 80 ", "http/include z ", "end on "));
}

TEST(NginxStatements, OfWhatIsNoConfigurationEndAllTheSame) {
  for (const auto* const text : {"", "}", "}}}} a;", "\"", "'\\", "{{{{", "# no end", ";;;;", "a \\"}) directives(text);
  EXPECT_THAT(directives("} a;"), ElementsAre("a "));
}

}  // namespace
}  // namespace drcon::common::nginx
