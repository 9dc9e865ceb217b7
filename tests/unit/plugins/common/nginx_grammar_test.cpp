#include "common/nginx_grammar.hpp"

#include <gtest/gtest.h>

namespace drcon::common::nginx {
namespace {

TEST(NginxGrammar, KnowsWhatNginxGivesAMeaningTo) {
  for (const auto* text : {";", "{", "}", "\"", "'", "\\", "$x", "#", "a\nb", "\t"})
    EXPECT_TRUE(hazard("a" + std::string(text))) << text;
  EXPECT_TRUE(hazard(std::string("a\0b", 3)));
  EXPECT_TRUE(hazard(std::string(5000, 'x')));
}

TEST(NginxGrammar, FindsOrdinaryLabelsHarmless) {
  for (const auto* text : {"", "v1", "two words", "http://x/?a=b&c", "Host(`a`)", "ünïcödé", "a,b|c*"})
    EXPECT_FALSE(hazard(text)) << text;
}

TEST(NginxGrammar, QuotesWhatWouldFallApart) {
  EXPECT_EQ(argument("a"), "a");
  EXPECT_EQ(argument("a b"), "\"a b\"");
  EXPECT_EQ(argument(""), "\"\"");
}

TEST(NginxGrammar, TakesOnlyPlainNamesForUpstreams) {
  EXPECT_TRUE(is_upstream_name("web-1.api_v2"));
  for (const auto& name : {std::string(), std::string("a b"), std::string("a;"), std::string("a/b"), std::string("ü"),
                           std::string(201, 'x')})
    EXPECT_FALSE(is_upstream_name(name)) << name;
}

}  // namespace
}  // namespace drcon::common::nginx
