// What a template is rendered for, one file each.
#include "template/item.hpp"
#include "template/desired.hpp"
#include "template/form.hpp"

#include <gtest/gtest.h>

namespace drcon::templates {
namespace {

service tagged(const std::string& name, std::vector<std::string> tags) {
  return {
      .name = name,
      .revision = 0,
      .endpoints = {{.id = name, .node = "n", .address = "10.0.0.1", .port = 1, .tags = std::move(tags), .meta = {}}}};
}

std::vector<std::string> names_of(const std::vector<item>& all) {
  std::vector<std::string> names;
  for (const auto& each : all) names.push_back(each.name);
  return names;
}

using list = std::vector<std::string>;

TEST(TemplateItems, AreBoundedAndThoseThatHaveAFileGoFirst) {
  const std::vector<service> all{tagged("api", {"a", "b", "c"}), tagged("web", {"x", "y", "z"})};
  list refused;
  const auto refuse = [&](const auto& name, const auto& why) { refused.push_back(name + "|" + why); };
  const auto has_file = [](const std::string& name) { return name == "z" || name == "x"; };
  EXPECT_EQ(names_of(items_of(item_kind::tag, all, refuse, {.most = 3, .has_file = has_file})), (list{"a", "x", "z"}));
  ASSERT_EQ(refused.size(), 1U) << "once, however many there are";
  EXPECT_EQ(refused[0],
            "b|there are 6 to make a file for, and 3 files are the most of one template: it and 2 others have none");
  refused.clear();
  EXPECT_EQ(names_of(items_of(item_kind::service, all, refuse, {.most = 2, .has_file = has_file})),
            (list{"api", "web"}));
  EXPECT_TRUE(refused.empty());
}

TEST(TemplateItems, OfTagsKnowTheServicesThatCarryThem) {
  auto both = tagged("web", {"a", "b"});
  both.endpoints.push_back(both.endpoints.front());
  auto away = tagged("old", {"a", "gone"});
  away.endpoints[0].health = health::critical;
  const std::vector<service> all{tagged("api", {"a"}), away, both};
  const auto items = items_of(item_kind::tag, all, [](auto&&...) {});
  ASSERT_EQ(names_of(items), (list{"a", "b"}));
  EXPECT_EQ(items[0].carriers, (std::vector<const service*>{&all[0], &all[2]}));
  EXPECT_EQ(items[1].carriers, (std::vector<const service*>{&all[2]}));
}

}  // namespace
}  // namespace drcon::templates
