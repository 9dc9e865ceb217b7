#include "config/published.hpp"

#include <gtest/gtest.h>

#include <parsed_json.hpp>

namespace drcon::config {
namespace {

const char* const schema_of_services = R"({ "type": "object", "properties": {
  "service": { "type": "array", "items": { "type": "object", "publishes": { "service": ["as", "name"] },
    "properties": { "as": {}, "name": {}, "match": {} } } } } })";
const char* const schema_of_keys = R"({ "type": "object", "properties": {
  "key": { "type": "array", "items": { "type": "object", "publishes": { "key": "path", "keys_below": "prefix" },
    "properties": { "path": {}, "prefix": {} } } } } })";

std::optional<published> published_by_options(const char* options, const char* schema) {
  return published_by({.name = "s", .plugin = "p", .options = parsed_json(options)}, parsed_json(schema));
}

TEST(Published, ServicesAreCalledByTheFirstOptionThatIsSet) {
  const auto all =
      published_by_options(R"({"service": [{"name": "web", "as": "shop"}, {"name": "db"}]})", schema_of_services);
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->may_have_service("shop"));
  EXPECT_TRUE(all->may_have_service("db"));
  EXPECT_FALSE(all->may_have_service("web"));
  EXPECT_FALSE(all->may_have_key("db"));
}

TEST(Published, AnEntryThatNamesNoServiceMayBringAny) {
  const auto all = published_by_options(R"({"service": [{"name": "web"}, {"match": "x.*"}]})", schema_of_services);
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->may_have_service("anything"));
}

TEST(Published, AnOptionThatIsEmptyOrNoTextNamesNothing) {
  const auto all = published_by_options(R"({"service": [{"as": "", "name": "web"}]})", schema_of_services);
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->may_have_service("web"));
  EXPECT_FALSE(all->may_have_service("other"));
  EXPECT_TRUE(published_by_options(R"({"service": [{"name": ["web"]}]})", schema_of_services)->may_have_service("x"));
}

TEST(Published, KeysAreThoseOfAPathOrBelowAPrefix) {
  const auto all = published_by_options(R"({"key": [{"path": "a/b"}, {"prefix": "c/d/"}]})", schema_of_keys);
  ASSERT_TRUE(all);
  EXPECT_FALSE(all->may_have_service("a/b"));
  EXPECT_TRUE(all->may_have_key("a/b"));
  EXPECT_FALSE(all->may_have_key("a/bc"));
  EXPECT_TRUE(all->may_have_key("c/d/e"));
  EXPECT_FALSE(all->may_have_key("c/x"));
  EXPECT_TRUE(all->may_have_keys_below("a")) << "a/b begins with it";
  EXPECT_TRUE(all->may_have_keys_below("c")) << "all below c/d/ begin with it";
  EXPECT_TRUE(all->may_have_keys_below("c/d/e/"));
  EXPECT_FALSE(all->may_have_keys_below("b"));
}

TEST(Published, IsNotKnownOfASourceWhoseSchemaDoesNotSayIt) {
  EXPECT_FALSE(published_by_options(R"({"path": "/x"})", R"({"type": "object", "properties": {"path": {}}})"));
}

TEST(Published, ASchemaMaySayItOfTheWholeSource) {
  const auto all = published_by_options("{}", R"({"type": "object", "publishes": {"service": []}})");
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->may_have_service("anything"));
  EXPECT_FALSE(all->may_have_key("anything"));
}

}  // namespace
}  // namespace drcon::config
