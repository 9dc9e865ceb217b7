// What templates can say.
#include "template/render.hpp"

#include "template/desired.hpp"

#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <set>

namespace drcon::templates {
namespace {

endpoint at(const std::string& address, std::uint32_t port, std::vector<std::string> tags = {},
            std::map<std::string, std::string> meta = {}) {
  return {.id = address + ":" + std::to_string(port),
          .node = "n",
          .address = address,
          .port = port,
          .tags = std::move(tags),
          .meta = std::move(meta)};
}

std::string render(const std::string& form, const std::vector<service>& all, language in = language::none) {
  const common::mustache_template parsed(form);
  return parsed.render(values_of(all, parsed, {.sink = "s", .revision = 7}),
                       [in](const std::string& text) { return escaped(text, in); });
}

TEST(TemplateValues, ListServicesAndEndpointsInOrder) {
  const std::vector<service> all{{.name = "db", .revision = 0, .endpoints = {at("10.0.0.1", 5432)}},
                                 {.name = "web", .revision = 0, .endpoints = {at("10.0.0.2", 80), at("::1", 81)}}};
  EXPECT_EQ(
      render(
          "{{sink}} {{revision}} {{service_count}}:{{#services}} {{name}}={{#endpoints}}{{server}}{{^last}},{{/last}}"
          "{{/endpoints}}{{/services}}",
          all),
      "s 7 2: db=10.0.0.1:5432 web=10.0.0.2:80,[::1]:81");
  EXPECT_EQ(
      render("{{#service.web}}{{count}} {{#endpoints}}{{index}}{{#first}}f{{/first}} {{address}} {{host}} {{port}};"
             "{{/endpoints}}{{/service.web}}{{^service.no}}none{{/service.no}}",
             all),
      "2 0f 10.0.0.2 10.0.0.2 80;1 ::1 [::1] 81;none");
}

TEST(TemplateValues, AreMadeWhenTheTemplateAsksForThem) {
  const std::vector<service> all{{.name = "web", .revision = 0, .endpoints = {at("10.0.0.1", 1, {"v1"})}}};
  const auto made = [&](const std::string& text) {
    return values_of(all, common::mustache_template(text), {.sink = "s", .revision = 7});
  };
  const auto plain = made("{{#services}}{{#endpoints}}{{tags}}{{/endpoints}}{{/services}} by_tags");
  EXPECT_EQ(plain.get("by_tag"), nullptr);
  EXPECT_EQ(plain.get("services")->list_value().front().get("all_endpoints"), nullptr);
  EXPECT_EQ(plain.get("service")->get("web"), nullptr);
  const auto asked =
      made("{{=<% %>=}}<%#by_tag%><%/by_tag%><%#service.web.all_endpoints%><%/service.web.all_endpoints%>");
  EXPECT_EQ(asked.get("by_tag")->list_value().size(), 1U);
  EXPECT_EQ(asked.get("service")->get("web")->get("all_endpoints")->list_value().size(), 1U);
}

TEST(TemplateValues, TellWhatIsInServiceFromTheRest) {
  service web{.name = "web", .revision = 0, .endpoints = {}};
  for (const auto each : {health::passing, health::warning, health::critical, health::maintenance}) {
    web.endpoints.push_back(at("10.0.0.1", static_cast<std::uint32_t>(each) + 1));
    web.endpoints.back().health = each;
  }
  web.endpoints.push_back(at("10.0.0.1", 5));
  web.endpoints.back().weight = 0;
  EXPECT_EQ(render("{{#services}}{{count}}:{{#endpoints}}{{port}}{{health}} {{/endpoints}}/"
                   "{{#all_endpoints}}{{port}}{{^in_service}}-{{/in_service}}{{/all_endpoints}}{{/services}}",
                   {web}),
            "2:1passing 2warning /123-4-5-");
}

TEST(TemplateValues, GroupByTagAndByMetadata) {
  const std::vector<service> all{
      {.name = "api", .revision = 0, .endpoints = {at("10.0.0.1", 1, {"v1", "edge"}, {{"zone", "a"}})}},
      {.name = "web",
       .revision = 0,
       .endpoints = {at("10.0.0.2", 2, {"v1"}, {{"zone", "b"}}), at("10.0.0.3", 3, {"v2"}, {{"zone", "a"}}),
                     at("10.0.0.4", 4)}}};
  EXPECT_EQ(
      render("{{#service.web.by_tag}}{{tag}}:{{count}}{{#endpoints}} {{port}}{{/endpoints}};{{/service.web.by_tag}}",
             all),
      "v1:1 2;v2:1 3;");
  EXPECT_EQ(
      render(
          "{{#service.web.by_meta.zone}}{{value}}{{#endpoints}} {{port}}{{/endpoints}};{{/service.web.by_meta.zone}}",
          all),
      "a 3;b 2;");
  EXPECT_EQ(
      render("{{#by_tag}}{{tag}}:{{#services}} {{name}}{{#endpoints}}/{{port}}{{/endpoints}}{{/services}};{{/by_tag}}",
             all),
      "edge: api/1;v1: api/1 web/2;v2: web/3;");
  EXPECT_EQ(render("{{#service.api.endpoints}}{{#tagged.edge}}e{{/tagged.edge}}{{^tagged.x}}-{{/tagged.x}}{{meta.zone}}"
                   "{{#tags}} {{.}}{{/tags}}{{#meta_list}} {{key}}={{value}}{{/meta_list}}{{/service.api.endpoints}}",
                   all),
            "e-a v1 edge zone=a");
}

// How many values a template gets.
std::size_t count_of(const common::mustache_template::values& all) {
  std::size_t sum = 1;
  if (all.is_list())
    for (const auto& each : all.list_value()) sum += count_of(each);
  for (const auto* name : {"services", "endpoints", "by_tag", "tags", "tagged", "meta", "meta_list"})
    if (all.is_object())
      if (const auto* each = all.get(name)) sum += count_of(*each);
  return sum;
}

TEST(TemplateValues, GrowWithTheNumberOfTagsAndNotWithItsPowers) {
  const auto count = [](std::size_t tags) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < tags; ++i) names.push_back("t" + std::to_string(i));
    const std::vector<service> all{{.name = "web", .revision = 0, .endpoints = {at("10.0.0.1", 1, names)}}};
    const common::mustache_template form(
        "{{#by_tag}}{{#services}}{{#endpoints}}{{port}}{{/endpoints}}{{/services}}{{/by_tag}}");
    return count_of(values_of(all, form, {.sink = "s", .revision = 7}));
  };
  EXPECT_LT(count(200), 3 * count(100)) << count(100);
}

TEST(TemplateValues, LeaveOutAnEndpointWithMoreLabelsThanAreWrittenWhereTheyAreUsed) {
  service web{.name = "web", .revision = 0, .endpoints = {at("10.0.0.1", 1), at("10.0.0.2", 2), at("10.0.0.3", 3)}};
  for (std::size_t i = 0; i <= most_labels; ++i) {
    web.endpoints[1].tags.push_back("t" + std::to_string(i));
    web.endpoints[2].meta["k" + std::to_string(i)] = "v";
  }
  const auto left_out = [&](const std::string& text) {
    std::vector<std::string> ids;
    with_bounded_labels({web}, common::mustache_template(text),
                        [&](const auto&, const auto& id, const auto& why) { ids.push_back(id + ": " + why); });
    return ids;
  };
  EXPECT_EQ(left_out("{{port}}"), std::vector<std::string>());
  EXPECT_EQ(left_out("{{#by_tag}}{{/by_tag}}"),
            std::vector<std::string>{"10.0.0.2:2: it has 257 tags, which the template uses, and 256 are the most"});
  EXPECT_EQ(left_out("{{meta.zone}}").size(), 1U);
}

TEST(TemplateValues, DrawTheRecipesOwnTemplateByteForByte) {
  const auto form = test::read_file(std::string(DRCON_SOURCE_ROOT) + "/config/templates/app.conf.mustache");
  const std::string head = "# Containers behind nginx, as in the DR CoN recipe.\nupstream app {\n    least_conn;\n";
  const std::string tail =
      "}\n\nserver {\n    listen 80 default_server;\n\n    location / {\n        proxy_pass http://app;\n    }\n}\n";
  const auto line = [](const std::string& server) {
    return "    server " + server + " max_fails=3 fail_timeout=60 weight=1;\n";
  };
  const std::string nobody = "    server 127.0.0.1:65535; # force a 502\n";
  service simple{.name = "simple", .revision = 0, .endpoints = {}};
  EXPECT_EQ(render(form, {}, language::nginx), head + nobody + tail);
  EXPECT_EQ(render(form, {simple}, language::nginx), head + nobody + tail);
  simple.endpoints.push_back(at("172.17.0.2", 32768));
  EXPECT_EQ(render(form, {simple}, language::nginx), head + line("172.17.0.2:32768") + tail);
  simple.endpoints.push_back(at("172.17.0.2", 32769));
  simple.endpoints.push_back(at("2001:db8::1", 80));
  EXPECT_EQ(render(form, {simple}, language::nginx),
            head + line("172.17.0.2:32768") + line("172.17.0.2:32769") + line("[2001:db8::1]:80") + tail);
}

TEST(TemplateValues, LeaveOutWhatTheLanguageCannotCarryAndNothingElse) {
  auto bad = at("10.0.0.1", 1, {"a;b\n}"});
  const std::vector<service> all{{.name = "web", .revision = 0, .endpoints = {bad, at("10.0.0.2", 2)}},
                                 {.name = "we\nb", .revision = 0, .endpoints = {at("10.0.0.3", 3)}}};
  std::vector<std::string> refused;
  const auto fit = writable(all, language::nginx, [&](const auto& service, const auto& endpoint, const auto& why) {
    refused.push_back(service + "|" + endpoint + "|" + why);
  });
  ASSERT_EQ(fit.size(), 1U);
  ASSERT_EQ(fit.front().endpoints.size(), 1U);
  EXPECT_EQ(fit.front().endpoints.front().port, 2U);
  EXPECT_EQ(refused.size(), 2U);
  EXPECT_EQ(writable(all, language::json, [](const auto&...) { ADD_FAILURE(); }).size(), 2U)
      << "JSON has a way to write it";
}

TEST(TemplateEscape, MakesAnyWordHarmless) {
  const std::string evil = "a\"b'c\\d$e`f<g>&h #{;}\n";
  EXPECT_EQ(escaped(evil, language::json), R"(a\"b'c\\d$e`f<g>&h #{;}\n)");
  EXPECT_EQ(escaped(evil, language::shell), "'a\"b'\\''c\\d$e`f<g>&h #{;}\n'");
  EXPECT_EQ(escaped("<a href=\"x'\">&", language::html), "&lt;a href=&quot;x&#39;&quot;&gt;&amp;");
  EXPECT_EQ(escaped("a b#c$d'e\"f\\", language::haproxy), "a\\ b\\#c\\$d\\'e\\\"f\\\\");
  EXPECT_EQ(escaped("a b", language::nginx), "\"a b\"");
  EXPECT_EQ(escaped("x\x7f", language::toml), "x\\u007f");
  // Each is refused, or folded, by some reader of YAML, and would take the whole file down.
  EXPECT_EQ(escaped("\xc2\x80.\xc2\x85.\xc2\x9f.\xc2\xa0", language::yaml), "\\u0080.\\u0085.\\u009f.\xc2\xa0");
  EXPECT_EQ(escaped("\xe2\x80\xa8\xe2\x80\xa9\xef\xbb\xbf\xef\xbf\xbe\xef\xbf\xbf", language::yaml),
            "\\u2028\\u2029\\ufeff\\ufffe\\uffff");
  EXPECT_EQ(escaped("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80", language::yaml),
            "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80");
  EXPECT_TRUE(unwritable("a$b", language::nginx));
  EXPECT_TRUE(unwritable("a\nb", language::haproxy));
  EXPECT_TRUE(unwritable("a\nb", language::none));
  EXPECT_FALSE(unwritable("a\nb", language::shell));
  EXPECT_TRUE(unwritable(std::string("a\0b", 3), language::shell));
}

TEST(MustacheTemplate, LeavesNoLineWhereATagStoodAlone) {
  const auto draw_with = [](const std::string& form, bool yes) {
    common::mustache_template::values root;
    root["yes"] = common::mustache_flag(yes);
    return common::mustache_template(form).render(root, [](const std::string& text) { return text; });
  };
  const std::string form =
      "a\n  {{#yes}}\n  b\n  {{^yes}}\n  c\n  {{/yes}}\n{{/yes}}\n{{! said }}\nd "
      "{{#yes}}e{{/yes}}\n{{^yes}}\nf\n{{/yes}}";
  EXPECT_EQ(draw_with(form, true), "a\n  b\nd e\n");
  EXPECT_EQ(draw_with(form, false), "a\nd \nf\n");
}

TEST(MustacheTemplate, SaysWhereItIsWrong) {
  EXPECT_EQ(common::mustache_template("a\nb {{#x}}\n").fault(), "2:3: Unclosed section \"x\"");
  EXPECT_EQ(common::mustache_template("{{x").fault(), "1:1: Unclosed tag");
  EXPECT_EQ(common::mustache_template("\n\n{{/x}}").fault(), "3:1: Unopened section \"x\"");
  EXPECT_FALSE(common::mustache_template("{{x}}").fault());
}

TEST(TemplateServices, LeaveANameToTheServiceThatTheFileNamesAlready) {
  const auto kept = [](const std::string& live) {
    std::set<std::string> names;
    const auto refused = [](const auto&...) {};
    for (const auto& each : without_case_twins({{"WEB", 1, {}}, {"api", 1, {}}, {"web", 1, {}}}, live, refused))
      names.insert(each.name);
    return names;
  };
  EXPECT_EQ(kept("upstream web {"), (std::set<std::string>{"api", "web"}));
  EXPECT_EQ(kept("upstream WEB {"), (std::set<std::string>{"WEB", "api"}));
  EXPECT_EQ(kept("upstream web-2 {"), std::set<std::string>{"api"}) << "nothing shows whose name it is";
}

}  // namespace
}  // namespace drcon::templates
