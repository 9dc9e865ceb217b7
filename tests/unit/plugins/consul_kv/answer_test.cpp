// What Consul's key-value store answers, and what it might.
#include "consul_kv/answer.hpp"

#include <gtest/gtest.h>

namespace drcon::consul_kv {
namespace {

using entries = std::map<std::string, std::string>;

TEST(ConsulKvEntries, AreReadWithTheirWholePath) {
  std::string why;
  const selection prefix{.path = "a/", .is_prefix = true, .as = "a", .datacenter = {}};
  EXPECT_EQ(read_entries(R"([{"Key":"a/","Value":null},{"Key":"a/b","Value":"eA=="},{"Key":"a/c/d","Value":null},
                             {"Key":"a/e","Value":""}])",
                         prefix, why),
            (entries{{"a/b", "x"}, {"a/c/d", ""}, {"a/e", ""}}));
}

TEST(ConsulKvEntries, AreTakenToADepth) {
  std::string why;
  const auto body = R"([{"Key":"a/b","Value":"eA=="},{"Key":"a/c/d","Value":"eA=="},{"Key":"a/c/d/e","Value":"eA=="}])";
  const auto count = [&](const std::string& path, int depth) {
    return read_entries(body, {.path = path, .is_prefix = true, .depth = depth, .as = {}, .datacenter = {}}, why)
        ->size();
  };
  EXPECT_EQ(count("a/", 1), 1U);
  EXPECT_EQ(count("a", 1), 1U);
  EXPECT_EQ(count("a/", 2), 2U);
  EXPECT_EQ(count("a/", 0), 3U);
}

TEST(ConsulKvEntries, AreRefusedAsAWholeWhenOneIsNoEntry) {
  std::string why;
  const selection one{.path = "a", .as = "a", .datacenter = {}};
  for (const auto* body : {"", "{}", "null", "[7]", R"([{"Key":7,"Value":""}])", R"([{"Key":"a"}])",
                           R"([{"Key":"a","Value":"x"}])", R"([{"Key":"a","Value":"@@@@"}])"}) {
    why.clear();
    EXPECT_FALSE(read_entries(body, one, why)) << body;
    EXPECT_FALSE(why.empty()) << body;
  }
}

TEST(ConsulKvEntries, DecodeBase64) {
  EXPECT_EQ(from_base64(""), "");
  EXPECT_EQ(from_base64("YQ=="), "a");
  EXPECT_EQ(from_base64("YWI="), "ab");
  EXPECT_EQ(from_base64("YWJj"), "abc");
  EXPECT_EQ(from_base64("AAAA"), std::string(3, '\0'));
  EXPECT_FALSE(from_base64("YQ="));
}

}  // namespace
}  // namespace drcon::consul_kv
