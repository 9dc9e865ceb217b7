// Names of mustache templates that can mean nothing are reported before anything is rendered.
#include "template/names.hpp"

#include "common/templating/memory.hpp"
#include "template/form.hpp"

#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace drcon::templates {
namespace {

std::string fault_of(const std::string& text) {
  const auto result = read_form("t", text, {});
  const auto* wrong = std::get_if<templating::fault>(&result);
  return wrong == nullptr ? "" : report(*wrong);
}

void expect_fault(const std::string& text, const std::string& part) {
  const auto fault = fault_of(text);
  EXPECT_NE(fault.find(part), std::string::npos) << text << "\n" << fault;
}

TEST(TemplateNames, ThatMeanNothingAreReportedWithTheNearest) {
  expect_fault("{{#services}}\n{{#endpoints}}\n  {{adress}}\n{{/endpoints}}\n{{/services}}",
               "t:3:3: nothing has the name \"adress\" in an endpoint (did you mean \"address\"?)");
  expect_fault("{{server}}", "t:1:1: nothing has the name \"server\" in the whole");
  expect_fault("x\n\n{{#servces}}{{/servces}}", "t:3:1: nothing has the name \"servces\"");
  expect_fault("{{service.web.cuont}}", "\"service.web\" has no \"cuont\" (did you mean \"count\"?)");
  expect_fault("{{#service.web}}{{#values}}{{naem}}{{/values}}{{/service.web}}", "did you mean \"name\"?");
  expect_fault("{{#first}}{{/first}}", "nothing has the name \"first\"");
}

TEST(TemplateNames, WithDotsInThemStandInBrackets) {
  expect_fault("{{#services}}{{#endpoints}}{{#tagged.v1.2.3}}x{{/tagged.v1.2.3}}{{/endpoints}}{{/services}}",
               "a part that has dots stands in brackets: tagged.[v1.2.3]");
  expect_fault("{{service.my.app.count}}", "stands in brackets: service.[my.app].count");
  expect_fault("{{key.app/limits.max}}", "stands in brackets: key.[app/limits.max]");
  EXPECT_EQ(fault_of("{{#services}}{{#endpoints}}{{#tagged.[v1.2.3]}}x{{/tagged.[v1.2.3]}}{{/endpoints}}{{/services}}"
                     "{{service.[my.app].count}}{{key.[app/limits.max]}}"),
            "");
}

TEST(TemplateNames, ThatAreShownAsNothingAreReported) {
  expect_fault("{{services}}",
               "services is a list, or has parts, and shown as nothing; as a section it is {{#services}}");
  expect_fault("{{#services}}{{empty}}{{/services}}", "empty is true or false, and shown as nothing");
  expect_fault("{{#services}}{{.}}{{/services}}", "{{.}} is a service here, which cannot be shown");
  expect_fault("{{key.a/{{sink}}/port}}", "a tag cannot stand in another one");
}

TEST(TemplateNames, OfGosLanguageAreRecognised) {
  for (const auto* text : {"{{range service \"web\"}}server {{.Address}}:{{.Port}};{{end}}", "{{key \"a/b\"}}",
                           "{{ if .Tags }}x{{ end }}", "{{$x := 1}}", "{{.Address}}", "{{- range services -}}{{end}}",
                           "{{with $y}}", "{{env \"HOME\" | toLower}}", "{{scratch.Get \"a\"}}"})
    expect_fault(text, "set language = \"go\"");
  expect_fault("{{/* note */}}\n{{range service \"web\"}}{{end}}", "the template looks like Go's language");
  const auto other =
      form::read("t", "{{#services}}{{name}}{{/services}}", {.written_in = template_language::go, .marks = {}});
  ASSERT_TRUE(std::holds_alternative<templating::fault>(other));
  EXPECT_NE(report(std::get<templating::fault>(other)).find("set language = \"mustache\""), std::string::npos);
}

TEST(TemplateNames, ThatAreKnownAreTakenWhereTheyAreInReach) {
  for (const auto* text :
       {"{{sink}}{{#services}}{{name}}{{sink}}{{#endpoints}}{{name}}{{server}}{{#tags}}{{.}}{{server}}{{/tags}}"
        "{{#meta_list}}{{key}}={{value}}{{^last}},{{/last}}{{/meta_list}}{{#meta}}{{zone}}{{/meta}}{{meta.zone}}"
        "{{#meta.zone}}{{.}}{{/meta.zone}}{{/endpoints}}{{#by_tag}}{{tag}}{{#endpoints}}{{index}}{{/endpoints}}"
        "{{/by_tag}}{{#by_meta.zone}}{{value}}{{/by_meta.zone}}{{/services}}",
        "{{#service.web}}{{count}}{{#first}}{{name}}{{/first}}{{/service.web}}{{^service.web}}{{sink}}{{/service.web}}",
        "{{#by_tag}}{{tag}}{{#services}}{{name}}{{#all_endpoints}}{{service_name}}{{/all_endpoints}}{{/services}}"
        "{{/by_tag}}{{#key.a/b}}{{.}}{{/key.a/b}}{{! note }}{{=<% %>=}}<%sink%>"})
    EXPECT_EQ(fault_of(text), "");
}

std::string rendered(const std::string& text, const std::vector<service>& all, const absence& of_services = {}) {
  const auto result = std::get<form>(read_form("t", text, {}))
                          .render({.services = all, .sink = "s", .revision = 1},
                                  {.in = language::none, .of_services = of_services, .granted = {}}, {});
  return result.wrong ? report(*result.wrong) : result.bytes;
}

TEST(TemplateNames, ThatAreShownMustBeThereUnlessTheTemplateSaysWhatElse) {
  const std::vector<service> all{{.name = "kv", .revision = 0, .endpoints = {}, .values = {{"app/colour", "red"}}},
                                 {.name = "web", .revision = 0, .endpoints = {}}};
  EXPECT_EQ(rendered("{{key.app/colour}} {{service.web.count}}", all), "red 0");
  const auto key = rendered("a\n\n  {{key.app/color}}", all);
  EXPECT_EQ(key.find("t:3:3: there is no key \"app/color\" in this pipeline (did you mean \"app/colour\"?)"), 0U)
      << key;
  EXPECT_EQ(rendered("{{key.app/no}}{{^key.app/no}}default{{/key.app/no}}", all), "default");
  EXPECT_EQ(rendered("{{#key.app/no}}x{{/key.app/no}}", all), "");
  const auto gone = rendered("{{#services}}\n{{/services}}\n{{service.api.count}}", all);
  EXPECT_EQ(gone.find("t:3:1: no source of this pipeline publishes a service \"api\""), 0U) << gone;
  EXPECT_EQ(rendered("{{service.api.count}}", all, {.is_empty = true, .once = nullptr}), "");
  EXPECT_EQ(rendered("{{#service.api.endpoints}}x{{/service.api.endpoints}}", all), "");
}

TEST(TemplateNames, MayStandInPartialsBesideTheTemplate) {
  const test::temp_dir directory;
  const auto path = (directory / "t.mustache").string();
  test::write_file(directory / "line.mustache", "{{name}};\n{{nam}}");
  const auto read = [&](const std::string& text) { return read_form(path, text, {}); };
  auto result = read("{{#services}}{{> line}}{{/services}}");
  ASSERT_TRUE(std::holds_alternative<templating::fault>(result));
  EXPECT_EQ(report(std::get<templating::fault>(result)),
            "line:2:1: nothing has the name \"nam\" in a service (did you mean \"name\"?)");
  test::write_file(directory / "line.mustache", "{{name}};");
  result = read("{{#services}}{{> line}}{{/services}}");
  const std::vector<service> all{{.name = "web", .revision = 0, .endpoints = {}}};
  EXPECT_EQ(std::get<form>(result).render({.services = all, .sink = "s", .revision = 1}, {}, {}).bytes, "web;");
  for (const auto* name : {"no", "../line", ".line"}) {
    result = read(std::string("x\n{{> ") + name + "}}");
    ASSERT_TRUE(std::holds_alternative<templating::fault>(result)) << name;
    EXPECT_NE(report(std::get<templating::fault>(result)).find("t.mustache:2:1: there is no partial"),
              std::string::npos);
  }
}

// Every name of a scope is in the view, and the other way round.
void expect_same(const common::mustache_scope& scope, const templating::value& held, templating::memory& scratch,
                 int depth) {
  if (depth == 0 || scope.names.empty()) return;
  ASSERT_TRUE(held.is(templating::kind::object)) << scope.what;
  for (const auto& each : held.as_object().fields)
    EXPECT_TRUE(std::ranges::find(scope.names, each.name, &common::mustache_name::name) != scope.names.end() ||
                std::string_view("by_tag by_meta").find(each.name) != std::string_view::npos)
        << each.name << " of " << scope.what;
  for (const auto& each : scope.names) {
    const auto* field = held.as_object().find(each.name);
    const bool is_place = each.name == "first" || each.name == "last" || each.name == "index";
    ASSERT_TRUE(field != nullptr || is_place) << each.name << " of " << scope.what;
    if (field == nullptr || each.opens == nullptr) continue;
    auto inner = field->get(held.self(), scratch);
    if (inner.is(templating::kind::map)) {
      const auto key = each.name == "by_meta" ? "zone" : "web";
      if (each.opens->any->opens == nullptr) continue;
      inner = inner.as_map().find(inner.self(), templating::value(std::string_view(key)), scratch);
      const auto* opens = each.opens->any->opens;
      if (inner.is(templating::kind::list)) inner = inner.at(0, scratch);
      expect_same(*opens, inner, scratch, depth - 1);
      continue;
    }
    if (inner.is(templating::kind::object)) {
      expect_same(*each.opens, inner, scratch, depth - 1);
      continue;
    }
    ASSERT_TRUE(inner.is(templating::kind::list)) << each.name;
    if (inner.size() == 0) continue;
    expect_same(*each.opens, inner.at(0, scratch), scratch, depth - 1);
  }
}

TEST(TemplateNames, AreThoseOfTheViews) {
  const std::vector<service> all{
      {.name = "web",
       .revision = 0,
       .endpoints = {{.id = "a", .node = "n", .address = "::1", .port = 1, .tags = {"v1"}, .meta = {{"zone", "a"}}}}},
      {.name = "x", .revision = 0, .endpoints = {}, .values = {{"a/b", "c"}}}};
  templating::memory scratch(std::size_t{1} << 22U);
  for (const auto kind : {item_kind::service, item_kind::key, item_kind::tag}) {
    const auto items = items_of(kind, all, {});
    ASSERT_EQ(items.size(), 1U);
    const subject of{.services = all, .sink = "s", .revision = 1, .each = &items[0]};
    expect_same(root_scope_for(kind), view_of(of), scratch, 5);
  }
}

}  // namespace
}  // namespace drcon::templates
