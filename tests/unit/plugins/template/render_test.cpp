// What templates can say.
#include "template/desired.hpp"
#include "template/form.hpp"

#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <set>

namespace drcon::templates {
namespace render_test {

endpoint at(const std::string& address, std::uint32_t port, std::vector<std::string> tags = {},
            std::map<std::string, std::string> meta = {}) {
  return {.id = address + ":" + std::to_string(port),
          .node = "n",
          .address = address,
          .port = port,
          .tags = std::move(tags),
          .meta = std::move(meta)};
}

form read(const std::string& text) {
  auto result = form::read("t", text);
  if (const auto* wrong = std::get_if<templating::fault>(&result)) throw std::runtime_error(report(*wrong));
  return std::get<form>(std::move(result));
}

std::string render(const std::string& text, const std::vector<service>& all, language in = language::none) {
  const auto made = read(text).render({.services = all, .sink = "s", .revision = 7},
                                      {.in = in, .of_services = {}, .granted = {}}, [](const auto&...) {});
  return made.wrong ? report(*made.wrong) : made.bytes;
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

// How many bytes of memory a rendering takes besides its output: the least with which it goes through.
std::size_t need_of(const std::string& text, const std::vector<service>& all) {
  const auto read_one =
      std::get<templating::mustache::text_template>(templating::mustache::text_template::read("t", text));
  const subject of{.services = all, .sink = "s", .revision = 7};
  const auto goes_through = [&](std::size_t bytes) {
    templating::surroundings around;
    around.bounds.memory = bytes;
    std::string output;
    return !read_one.render(
        view_of(of), [](std::string_view, std::string&) {}, around, output);
  };
  std::size_t low = 0;
  std::size_t high = std::size_t{1} << 26U;
  EXPECT_TRUE(goes_through(high));
  while (low < high) {
    const auto middle = low + (high - low) / 2;
    if (goes_through(middle)) high = middle;
    else low = middle + 1;
  }
  return high;
}

TEST(TemplateValues, AreMadeWhenTheTemplateAsksForThem) {
  const std::vector<service> plain{{.name = "web", .revision = 0, .endpoints = {at("10.0.0.1", 1)}}};
  const std::vector<service> labelled{
      {.name = "web", .revision = 0, .endpoints = {at("10.0.0.1", 1, {"v1", "v2"}, {{"a", "b"}, {"c", "d"}})}}};
  const std::string address = "{{#services}}{{#endpoints}}{{address}}{{port}}{{/endpoints}}{{/services}} by_tags";
  EXPECT_EQ(need_of(address, plain), need_of(address, labelled)) << "labels that nobody asks for cost nothing";
  EXPECT_LT(need_of("{{#services}}{{name}}{{/services}}", plain), need_of(address, plain));
  EXPECT_LT(need_of(address, labelled), need_of(address + "{{#by_tag}}{{/by_tag}}", labelled));
  EXPECT_EQ(render("{{=<% %>=}}<%#by_tag%><%tag%>;<%/by_tag%><%#service.web.all_endpoints%><%port%>"
                   "<%/service.web.all_endpoints%>",
                   labelled),
            "v1;v2;1");
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

TEST(TemplateValues, GrowWithTheNumberOfTagsAndNotWithItsPowers) {
  const auto count = [](std::size_t tags) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < tags; ++i) names.push_back("t" + std::to_string(i));
    const std::vector<service> all{{.name = "web", .revision = 0, .endpoints = {at("10.0.0.1", 1, names)}}};
    return need_of("{{#by_tag}}{{#services}}{{#endpoints}}{{port}}{{/endpoints}}{{/services}}{{/by_tag}}", all);
  };
  EXPECT_LT(count(200), 3 * count(100)) << count(100);
}

TEST(TemplateValues, ListTheEndpointsOfAllServicesSoThatCommasFit) {
  const std::vector<service> all{{.name = "api", .revision = 0, .endpoints = {at("10.0.0.1", 1), at("10.0.0.2", 2)}},
                                 {.name = "none", .revision = 0, .endpoints = {}},
                                 {.name = "web", .revision = 0, .endpoints = {at("10.0.0.3", 3)}},
                                 {.name = "zero", .revision = 0, .endpoints = {}}};
  EXPECT_EQ(render("[{{#endpoints_of_all_services}}\"{{service_name}}={{server}}\"{{^last}},{{/last}}"
                   "{{/endpoints_of_all_services}}]",
                   all, language::json),
            R"(["api=10.0.0.1:1","api=10.0.0.2:2","web=10.0.0.3:3"])");
  EXPECT_EQ(render("[{{#services_with_endpoints}}\"{{name}}\"{{^last}},{{/last}}{{/services_with_endpoints}}]", all),
            R"(["api","web"])");
}

TEST(TemplateValues, LeaveOutAnEndpointWithMoreLabelsThanAreWrittenWhereTheyAreUsed) {
  service web{.name = "web", .revision = 0, .endpoints = {at("10.0.0.1", 1), at("10.0.0.2", 2), at("10.0.0.3", 3)}};
  for (std::size_t i = 0; i <= most_labels; ++i) {
    web.endpoints[1].tags.push_back("t" + std::to_string(i));
    web.endpoints[2].meta["k" + std::to_string(i)] = "v";
  }
  const auto left_out = [&](const std::string& text) {
    std::vector<std::string> ids;
    with_bounded_labels({web}, read(text),
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
  const auto render_with = [](const std::string& text, bool yes) {
    const std::vector<service> all{{.name = "web", .revision = 0, .endpoints = {}}};
    return render(text, yes ? all : std::vector<service>());
  };
  const std::string form =
      "a\n  {{#service.web}}\n  b\n  {{^service.web}}\n  c\n  {{/service.web}}\n{{/service.web}}\n{{! said }}\nd "
      "{{#service.web}}e{{/service.web}}\n{{^service.web}}\nf\n{{/service.web}}";
  EXPECT_EQ(render_with(form, true), "a\n  b\nd e\n");
  EXPECT_EQ(render_with(form, false), "a\nd \nf\n");
}

TEST(MustacheTemplate, SaysWhereItIsWrong) {
  const auto fault = [](const std::string& text) -> std::string {
    const auto result = form::read("t", text);
    const auto* wrong = std::get_if<templating::fault>(&result);
    return wrong == nullptr ? "none" : report(*wrong);
  };
  EXPECT_EQ(fault("a\nb {{#x}}\n"), "t:2:3: Unclosed section \"x\"");
  EXPECT_EQ(fault("{{x"), "t:1:1: Unclosed tag");
  EXPECT_EQ(fault("\n\n{{/x}}"), "t:3:1: Unopened section \"x\"");
  EXPECT_EQ(fault("{{sink}}"), "none");
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

// Whoever may write one key would otherwise write directives by its path, which templates show as the name of a value.
TEST(TemplateValues, LeaveOutAKeyWithAPathThatTheLanguageCannotCarry) {
  const std::vector<service> all{
      {.name = "kv", .revision = 0, .endpoints = {}, .values = {{"app/x; return 444;/a", "1"}, {"app/b", "2"}}}};
  std::vector<std::string> refused;
  const auto kept = writable(all, language::nginx, [&](const auto& service, const auto& key, const auto& why) {
    refused.push_back(service + "|" + key + "|" + why);
  });
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(render("{{#service.kv.values}}{{key}}={{value}};{{/service.kv.values}}", kept, language::nginx),
            "app/b=2;");
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_NE(refused[0].find("its path holds ';'"), std::string::npos) << refused[0];
  EXPECT_EQ(writable(all, language::json, [](auto&&...) {}).front().values.size(), 2U);
}

}  // namespace render_test
}  // namespace drcon::templates
