// The views of services render to the bytes that the tree of values rendered to, by the former engine. Templates are
// made at random from every name that templates have.
#include "template/form.hpp"

#include "bench/former/mustache.hpp"
#include "bench/former/values.hpp"

#include <gtest/gtest.h>

#include <random>

namespace drcon::templates {
namespace {

std::vector<service> random_services(std::mt19937& random) {
  std::vector<service> all;
  for (const auto* name : {"api", "db", "web"}) {
    if (random() % 5 == 0) continue;
    service one{.name = name, .revision = 0, .endpoints = {}};
    if (random() % 4 == 0)
      for (auto count = 1 + random() % 3; count > 0; --count)
        one.values["app/k" + std::to_string(random() % 4)] = "v" + std::to_string(count);
    else
      for (auto count = random() % 4; count > 0; --count) {
        endpoint each{.id = "e" + std::to_string(count),
                      .node = "n",
                      .address = random() % 3 == 0 ? "::1" : "10.0.0." + std::to_string(count),
                      .port = static_cast<std::uint32_t>(random() % 9),
                      .weight = static_cast<std::uint32_t>(random() % 3),
                      .priority = static_cast<std::uint32_t>(random() % 2),
                      .health = static_cast<health>(random() % 4),
                      .tags = {},
                      .meta = {}};
        for (const auto* tag : {"v1", "v2"})
          if (random() % 2 == 0) each.tags.emplace_back(tag);
        for (const auto* key : {"zone", "rack"})
          if (random() % 2 == 0) each.meta[key] = "m" + std::to_string(random() % 2);
        one.endpoints.push_back(std::move(each));
      }
    all.push_back(std::move(one));
  }
  return all;
}

std::string random_template(std::mt19937& random, int depth) {
  static const std::vector<std::string> values{
      "sink",    "revision",   "service_count", "name",     "count",  "empty",  "id",     "node",
      "address", "host",       "port",          "server",   "weight", "health", "key",    "value",
      "tag",     "key.app/k1", "meta.zone",     "priority", "index",  ".",      "backup", "service.web.count"};
  // Not meta_list: its elements had no place of their own, though documented, so that `last` was the endpoint's.
  static const std::vector<std::string> sections{"services",
                                                 "endpoints",
                                                 "all_endpoints",
                                                 "by_tag",
                                                 "by_meta.zone",
                                                 "values",
                                                 "tags",
                                                 "tagged.v1",
                                                 "service.web",
                                                 "first",
                                                 "last",
                                                 "passing",
                                                 "in_service",
                                                 "backup",
                                                 "empty",
                                                 "service.db.values",
                                                 "meta",
                                                 "key.app/k2",
                                                 "service.api.by_meta.rack"};
  const auto pick = [&](const auto& all) { return all[random() % all.size()]; };
  std::string text;
  for (auto count = 1 + random() % 4; count > 0; --count) {
    if (depth == 0 || random() % 3 == 0) {
      text += "{{" + pick(values) + "}}" + (random() % 4 == 0 ? "\n" : ",");
      continue;
    }
    const auto name = pick(sections);
    text += (random() % 5 == 0 ? "{{^" : "{{#") + name + "}}" + (random() % 4 == 0 ? "\n" : "") +
            random_template(random, depth - 1) + "{{/" + name + "}}" + (random() % 4 == 0 ? "\n" : "");
  }
  return text;
}

TEST(TemplateViews, RenderToTheBytesOfTheFormerEngine) {
  std::mt19937 random(17);  // NOLINT: the same templates each time
  std::size_t long_ones = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto all = random_services(random);
    const auto text = random_template(random, 3) + "{{#services}}" + random_template(random, 2) + "{{#all_endpoints}}" +
                      random_template(random, 2) + "{{/all_endpoints}}{{/services}}" +
                      // Without these, what is not there would be refused, where it was empty before.
                      "{{#key.app/k1}}{{/key.app/k1}}{{#service.web}}{{/service.web}}";
    const former::mustache_template old(text);
    const auto wanted = old.render(former::values_of(all, old, {.sink = "s", .revision = 7}),
                                   [](const std::string& word) { return escaped(word, language::shell); });
    const auto read = form::read("t", text);
    ASSERT_TRUE(std::holds_alternative<form>(read)) << text;
    const auto made =
        std::get<form>(read).render({.services = all, .sink = "s", .revision = 7},
                                    {.in = language::shell, .of_services = {}, .granted = {}}, [](const auto&...) {});
    ASSERT_FALSE(made.wrong) << report(*made.wrong);
    ASSERT_EQ(made.bytes, wanted) << text;
    long_ones += made.bytes.size() > 40 ? 1 : 0;
  }
  EXPECT_GT(long_ones, 500U) << "templates that render to little show little";
}

}  // namespace
}  // namespace drcon::templates
