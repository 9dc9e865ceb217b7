// From a schema to a page, and from a page to each of its forms.
#include "reference/page.hpp"

#include "reference/print.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <parsed_json.hpp>

#include <sstream>
#include <string>

namespace drcon::reference {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

page page_with(const std::string& properties, const std::string& required = "[]") {
  return page_of(
      {"edge",
       "1.2.3",
       "Does it.",
       {},
       parsed_json(R"({"type": "object", "required": )" + required + R"(, "properties": )" + properties + "}")});
}

std::string facts_of_x(const std::string& schema) {
  return page_with(R"({"x": )" + schema + "}").sections.at(0).options.at(0).facts();
}

TEST(Page, SaysOfAnOptionWhatItMayBe) {
  EXPECT_EQ(facts_of_x(R"({"type": "string"})"), "string");
  EXPECT_EQ(facts_of_x(R"({"type": "string", "format": "duration", "default": "5s"})"), "duration, default \"5s\"");
  EXPECT_EQ(facts_of_x(R"({"type": "integer", "minimum": 1, "maximum": 9})"), "integer, from 1 to 9");
  EXPECT_EQ(facts_of_x(R"({"type": "number", "minimum": 0.5})"), "number, at least 0.5");
  EXPECT_EQ(facts_of_x(R"({"type": "integer", "maximum": 9})"), "integer, at most 9");
  EXPECT_EQ(facts_of_x(R"({"enum": ["a", "b"], "default": "a"})"), "\"a\" | \"b\", default \"a\"");
  EXPECT_EQ(facts_of_x(R"({"type": ["string", "integer"]})"), "string or integer");
  EXPECT_EQ(facts_of_x(R"({"type": "array", "minItems": 1, "items": {"type": "string"}})"),
            "array of string, at least 1 element");
  EXPECT_EQ(facts_of_x(R"({"type": "array", "maxItems": 5, "items": {"type": "object"}, "default": []})"),
            "array of table, at most 5 elements, default []");
  EXPECT_EQ(facts_of_x(R"({"type": "object", "additionalProperties": {"type": "integer"}})"), "table of integer");
  EXPECT_EQ(facts_of_x(R"({"type": "string", "minLength": 1})"), "string, not empty");
  EXPECT_EQ(facts_of_x(R"({"type": "string", "minLength": 2})"), "string, at least 2 characters");
  EXPECT_EQ(facts_of_x(R"({"type": "string", "format": "path", "minLength": 0})"), "path");
  EXPECT_EQ(facts_of_x(R"({"type": "string", "pattern": "^a+$"})"), "string, matching ^a+$");
  EXPECT_THAT(facts_of_x(R"({"type": "string", "secret": true})"), HasSubstr("string, secret: "));
  EXPECT_EQ(facts_of_x("{}"), "value");
}

TEST(Page, WritesADefaultAsInTheFile) {
  EXPECT_EQ(facts_of_x(R"({"type": "object", "default": {"a": ["x", 1], "b": {}}})"),
            R"(table, default { a = ["x", 1], b = {} })");
}

TEST(Page, HasOptionsOfEveryDepthAndThoseThatAreRequiredFirst) {
  const auto made = page_with(R"({"a": {"type": "string"}, "z": {"type": "array", "items": {"type": "object",
      "properties": {"k": {"type": "object", "additionalProperties": {"properties": {"m": {}}}}}}}})",
                              R"(["z"])");
  std::vector<std::string> paths;
  for (const auto& each : made.sections.at(0).options) paths.push_back(each.path);
  EXPECT_THAT(paths, ElementsAre("z", "z[].k", "z[].k.KEY.m", "a"));
  EXPECT_TRUE(made.sections.at(0).options.at(0).required);
  EXPECT_FALSE(made.sections.at(0).options.at(3).required);
}

TEST(Page, ExplainsTheFormatsThatItsOptionsHaveAndNoOther) {
  const auto made = page_with(R"({"a": {"format": "size"}, "b": {"type": "array", "items": {"format": "percent"}}})");
  EXPECT_THAT(made.forms,
              ElementsAre("percent: a share from \"0%\" to \"100%\"", "size: a size such as \"64KiB\" or \"10MB\""));
}

TEST(Page, KeepsSourceAndSinkApart) {
  const auto made = page_of({"both", "1.0", "Does both.", json::object(), json::object()});
  EXPECT_EQ(made.note, "source and sink, version 1.0");
  ASSERT_EQ(made.sections.size(), 2U);
  EXPECT_EQ(made.sections[0].title, "[source.NAME]");
  EXPECT_THAT(made.sections[1].example, ElementsAre("[sink.NAME]", "plugin = \"both\""));
}

TEST(Page, OfTheHostHasItsTables) {
  std::vector<std::string> titles;
  for (const auto& each : page_of_host().sections) titles.push_back(each.title);
  EXPECT_THAT(titles, ElementsAre("", "[host]", "[log]", "[admin]", "[source.NAME]", "[sink.NAME]", "[pipeline.NAME]"));
}

page hostile_page() {
  return page_with(R"({"x": {"type": "string", "default": "\\d", "description": ".SO <b>_x_</b> *a* `c_d` a-b \\e"}})");
}

TEST(Print, KeepsLinesOfATerminalShort) {
  std::istringstream lines(as_text(page_of_host()));
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) EXPECT_LE(line.size(), 100U) << line;
  EXPECT_GT(count, 100U);
}

TEST(Print, SaysTheSameInEveryForm) {
  const auto made =
      page_with(R"({"port": {"type": "integer", "default": 80, "description": "Where it listens."}})", R"(["port"])");
  for (const auto& each : {as_text(made), as_markdown(made), as_man(made, "")})
    for (const auto* part : {"edge", "Does it", "1.2.3", "[sink.NAME]", "plugin = \"edge\"", "port", "integer",
                             "required", "80", "Where it listens."})
      EXPECT_THAT(each, HasSubstr(part));
}

TEST(Print, ShowsTheNamesOfEarlierVersions) {
  const auto made =
      page_with(R"({"port": {"type": "integer", "formerly": ["listen", "listen_on"], "description": "D."}})");
  EXPECT_THAT(as_text(made), HasSubstr("formerly listen, listen_on"));
  EXPECT_THAT(as_markdown(made), HasSubstr(R"(formerly listen, listen\_on)"));
}

TEST(Print, LeavesNothingInTheTextToMarkdown) {
  EXPECT_THAT(as_markdown(hostile_page()), HasSubstr(R"(.SO \<b>\_x\_\</b> \*a\* `c_d` a-b \\e)"));
}

TEST(Print, LeavesNothingInTheTextToTroff) {
  const auto text = as_man(hostile_page(), "2026-01-31");
  EXPECT_THAT(text, HasSubstr("\n\\&.SO <b>_x_</b> *a* \\fBc_d\\fR a\\-b \\ee\n"));
  EXPECT_THAT(text, HasSubstr("default \"\\e\\ed\"\n"));
  EXPECT_THAT(text, HasSubstr(".TH \"DRCON\\-EDGE\" 7 \"2026-01-31\" drcon\n"));
}

TEST(Print, PutsManualPagesWhereManLooks) {
  EXPECT_EQ(man_file(page_of_host()), "man5/drcon.toml.5");
  EXPECT_EQ(man_file(hostile_page()), "man7/drcon-edge.7");
}

}  // namespace
}  // namespace drcon::reference
