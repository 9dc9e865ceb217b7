// What mustache templates render: the points of the mustache specification, in words of our own, and what drcon adds.
#include "common/templating/mustache/template.hpp"

#include "oracle/compare/cases.hpp"
#include "unit/plugins/common/templating/html.hpp"

#include <gtest/gtest.h>

namespace drcon::templating::mustache {
namespace mustache_test {

using partial_map = std::map<std::string, std::string, std::less<>>;

std::string render(const std::string& text, const std::string& data, const partial_map& partials = {},
                   rules by = rules::standard) {
  const auto find = [&](std::string_view name) -> std::optional<std::string> {
    const auto found = partials.find(name);
    return found == partials.end() ? std::nullopt : std::optional(found->second);
  };
  auto read = text_template::read("t", text, by, find);
  if (const auto* wrong = std::get_if<fault>(&read)) return wrong->message();
  memory scratch(1U << 20U);
  std::string output;
  const surroundings around;
  const auto root = oracle::value_of(oracle::json::parse(data), scratch);
  const auto wrong = std::get<text_template>(read).render(root, html, around, output);
  return wrong ? wrong->message() : output;
}

struct example {
  const char* text;
  const char* data;
  const char* output;
};

void check(std::initializer_list<example> all) {
  for (const auto& each : all) {
    SCOPED_TRACE(each.text);
    EXPECT_EQ(render(each.text, each.data), each.output);
  }
}

TEST(Mustache, ShowsValuesWithAndWithoutEscapes) {
  check({{"plain text\n", "{}", "plain text\n"},
         {"to {{who}}!", R"({"who":"you"})", "to you!"},
         {"{{a}} {{{a}}} {{&a}} {{& a }}", R"({"a":"<\"&>"})", "&lt;&quot;&amp;&gt; <\"&> <\"&> <\"&>"},
         {"{{n}} {{{n}}} {{&n}}", R"({"n":85})", "85 85 85"},
         {"{{f}} {{{f}}}", R"({"f":1.25})", "1.25 1.25"},
         {"[{{none}}{{{none}}}{{&none}}]", "{}", "[]"},
         {"[{{k}}{{{k}}}]", R"({"k":null})", "[]"},
         {"|{{  a  }}|{{{  a  }}}|", R"({"a":"-"})", "|-|-|"},
         {"  {{a}}\n", R"({"a":"-"})", "  -\n"},
         {"{{.}}", R"("whole")", "whole"},
         {"{{}}x", "{}", "x"}});
}

TEST(Mustache, FollowsDottedNames) {
  check({{"{{a.b.c}}", R"({"a":{"b":{"c":"deep"}}})", "deep"},
         {"{{{a.b}}} {{&a.b}}", R"({"a":{"b":"<"}})", "< <"},
         {"[{{a.b.c}}]", R"({"a":{}})", "[]"},
         {"[{{a.b.c}}]", R"({"a":{"b":{}},"c":"no"})", "[]"},
         {"{{#a}}{{b.c}}{{/a}}", R"({"a":{"b":{"c":"inner"}},"b":{"c":"outer"}})", "inner"},
         {"[{{#a}}{{b.c}}{{/a}}]", R"({"a":{"b":{}},"b":{"c":"outer"}})", "[]"},
         {"{{#a.b}}yes{{/a.b}}{{^a.c}}no{{/a.c}}", R"({"a":{"b":true}})", "yesno"},
         {"{{[a.b]}} {{x.[v1.2].y}}", R"({"a.b":"dotted","x":{"v1.2":{"y":"z"}}})", "dotted z"},
         {"{{key.[a/b.c]}}", R"({"key":{"a/b.c":"found"}})", "found"}});
}

TEST(Mustache, RepeatsAndHidesSections) {
  check({{"{{#a}}yes{{/a}}{{^a}}no{{/a}}", R"({"a":true})", "yes"},
         {"{{#a}}yes{{/a}}{{^a}}no{{/a}}", R"({"a":false})", "no"},
         {"{{#a}}yes{{/a}}{{^a}}no{{/a}}", R"({"a":null})", "no"},
         {"{{#a}}yes{{/a}}{{^a}}no{{/a}}", R"({"a":[]})", "no"},
         {"{{#a}}yes{{/a}}{{^a}}no{{/a}}", "{}", "no"},
         {"{{#a}}yes{{/a}}{{^a}}no{{/a}}", R"({"a":{}})", "yes"},
         {"{{#a}}yes{{/a}}{{^a}}no{{/a}}", R"({"a":""})", "yes"},
         {"{{#a}}[{{.}}]{{/a}}", R"({"a":"text"})", "[text]"},
         {"{{#l}}{{n}}{{/l}}", R"({"l":[{"n":1},{"n":2}]})", "12"},
         {"{{#l}}({{.}}){{/l}}", R"({"l":["a",1,2.5]})", "(a)(1)(2.5)"},
         {"{{#l}}({{{.}}}{{&.}}){{/l}}", R"({"l":["<"]})", "(<<)"},
         {"{{#l}}<{{#.}}{{.}}{{/.}}>{{/l}}", R"({"l":[[1,2],["a"]]})", "<12><a>"},
         {"{{#.}}({{v}}){{/.}}", R"([{"v":"a"},{"v":"b"}])", "(a)(b)"},
         {"{{#a}}{{#b}}{{one}}{{two}}{{/b}}{{/a}}", R"({"one":1,"a":{"two":2,"b":{}}})", "12"},
         {"{{#a}}{{x}}{{#a}}{{x}}{{/a}}{{/a}}", R"({"a":{"x":"i"},"x":"o"})", "ii"},
         {"{{#a}}1{{/a}}{{#b}}2{{/b}}{{#a}}3{{/a}}", R"({"a":true,"b":false})", "13"},
         {"| {{# a }}={{/ a }} |", R"({"a":true})", "| = |"},
         {"{{^l}}none{{/l}}", R"({"l":[1]})", ""}});
}

TEST(Mustache, LeavesOutLinesThatHoldOnlyATag) {
  check({{"a\n{{#t}}\nb\n{{/t}}\nc\n", R"({"t":true})", "a\nb\nc\n"},
         {"a\n  {{#t}}  \nb\n\t{{/t}}\t\nc", R"({"t":true})", "a\nb\nc"},
         {"a\r\n{{#t}}\r\nb\r\n{{/t}}\r\nc", R"({"t":true})", "a\r\nb\r\nc"},
         {"  {{#t}}\nb\n  {{/t}}", R"({"t":true})", "b\n"},
         {"a\n{{^f}}\nb\n{{/f}}\nc\n", R"({"f":false})", "a\nb\nc\n"},
         {"a\n\n{{#t}}\n\nb\n{{/t}}\n", R"({"t":true})", "a\n\n\nb\n"},
         {" {{#t}}x{{/t}}\n {{#f}}x{{/f}}\n", R"({"t":true,"f":false})", " x\n \n"},
         {"a\n{{! note }}\nb\n", "{}", "a\nb\n"},
         {"a\n{{!\n several\n lines\n}}\nb\n", "{}", "a\nb\n"},
         {"a {{! note }} b\n", "{}", "a  b\n"},
         {"  {{v}}  \n", R"({"v":"x"})", "  x  \n"},
         {"{{=<% %>=}}\n<%v%>\n", R"({"v":"x"})", "x\n"}});
}

TEST(Mustache, ChangesItsDelimiters) {
  check({{"{{=<% %>=}}(<%v%>) {{v}}", R"({"v":"x"})", "(x) {{v}}"},
         {"{{= | | =}}|v|", R"({"v":"x"})", "x"},
         {"{{=| |=}}|#s||v||/s| |={{ }}=|{{v}}", R"({"s":true,"v":"x"})", "x x"},
         {"{{#s}}{{=[ ]=}}[v][/s][v]", R"({"s":true,"v":"x"})", "xx"}});
}

TEST(Mustache, IncludesPartials) {
  EXPECT_EQ(render("[{{>p}}]", R"({"v":"x"})", {{"p", "<{{v}}>"}}), "[<x>]");
  EXPECT_EQ(render("[{{>none}}]", "{}"), "[]");
  EXPECT_EQ(render("{{>n}}", R"({"v":"a","l":[{"v":"b","l":[]}]})", {{"n", "{{v}}({{#l}}{{>n}}{{/l}})"}}), "a(b())");
  EXPECT_EQ(render("a {{> p }} b\n", "{}", {{"p", "|"}}), "a | b\n");
  EXPECT_EQ(render("  {{>p}}\nx\n", "{}", {{"p", "1\n2\n"}}), "  1\n  2\nx\n");
  EXPECT_EQ(render("  {{>p}}", "{}", {{"p", "1\n2"}}), "  1\n  2");
  EXPECT_EQ(render("|\r\n{{>p}}\r\n|", "{}", {{"p", ">"}}), "|\r\n>|");
  EXPECT_EQ(render(" {{>p}}\n", R"({"v":"1\n2"})", {{"p", "[\n{{{v}}}\n]\n"}}), " [\n 1\n2\n ]\n");
  EXPECT_EQ(render(" {{>p}}\n", "{}", {{"p", "a\n {{>q}}\n"}, {"q", "b\nc\n"}}), " a\n  b\n  c\n");
  EXPECT_EQ(render("{{=| |=}}|>p||v|", R"({"v":"x"})", {{"p", "{{v}}|v|"}}), "x|v|x");
}

TEST(Mustache, SaysWhereATemplateIsWrong) {
  EXPECT_EQ(render("a\nb {{name", "{}"), "template: t:2:3: Unclosed tag");
  EXPECT_EQ(render("a\n  {{#s}}b", "{}"), "template: t:2:3: Unclosed section \"s\"");
  EXPECT_EQ(render("{{#s}}b{{/t}}", "{}"), "template: t:1:1: Unclosed section \"s\"");
  EXPECT_EQ(render("b{{/t}}", "{}"), "template: t:1:2: Unopened section \"t\"");
  EXPECT_EQ(render("{{=<%=}}", "{}"), "template: t:1:1: Invalid set delimiter tag");
}

TEST(Mustache, EndsWhatWouldNotEnd) {
  const auto said = render("{{>p}}", "{}", {{"p", "{{>p}}"}});
  EXPECT_NE(said.find("more than 1000 sections and partials in one another"), std::string::npos) << said;
  std::string deep;
  for (int i = 0; i < 10'000; ++i) deep += "{{#a}}";
  EXPECT_NE(render(deep, "{}").find("More than 200 sections"), std::string::npos);
}

TEST(Mustache, KnowsWhatItAsksFor) {
  const auto read = text_template::read("t", "{{#services}}\n{{name}} {{> p}}{{/services}}", rules::standard,
                                        [](std::string_view) { return std::optional<std::string>("{{a.b}}"); });
  const auto all = std::get<text_template>(read).mentions();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].path, std::vector<std::string_view>{"services"});
  EXPECT_TRUE(all[0].is_section);
  EXPECT_EQ(all[1].where.line, 2U);
  EXPECT_EQ(all[2].path, (std::vector<std::string_view>{"a", "b"}));
}

}  // namespace mustache_test
}  // namespace drcon::templating::mustache
