// Every case of the mustache specification comes out as it says, but for those that kainjow's rules contradict where
// templates of before are rendered as before. The cases are in tests/oracle/mustache, one a line.
#include "common/templating/mustache/template.hpp"

#include "oracle/compare/cases.hpp"
#include "unit/plugins/common/templating/html.hpp"

#include <gtest/gtest.h>

#include <set>

namespace drcon::templating::mustache {
namespace mustache_specification_test {

const auto folder = std::filesystem::path(DRCON_SOURCE_ROOT) / "tests/oracle/mustache";

std::string render(const oracle::json& one, rules by) {
  const auto partial = [&](std::string_view name) -> std::optional<std::string> {
    const auto all = one.value("partials", oracle::json::object());
    const auto found = all.find(std::string(name));
    return found == all.end() ? std::nullopt : std::optional(found->get<std::string>());
  };
  auto read = text_template::read("t", one.at("template").get<std::string>(), by, partial);
  if (const auto* wrong = std::get_if<fault>(&read)) return wrong->message();
  memory scratch(1U << 20U);
  std::string output;
  const surroundings around;
  const auto wrong =
      std::get<text_template>(read).render(oracle::value_of(one.at("data"), scratch), html, around, output);
  return wrong ? wrong->message() : output;
}

std::vector<oracle::json> cases_of(const std::string& subject) {
  std::vector<oracle::json> all;
  std::istringstream lines(oracle::read_file(folder / (subject + ".jsonl")));
  for (std::string line; std::getline(lines, line);) all.push_back(oracle::json::parse(line));
  return all;
}

class MustacheSpecification : public ::testing::TestWithParam<const char*> {};

TEST_P(MustacheSpecification, EveryCaseIsRenderedAsItSays) {
  const auto all = cases_of(GetParam());
  EXPECT_FALSE(all.empty());
  for (const auto& each : all) {
    SCOPED_TRACE(each.at("name").get<std::string>() + ": " + each.at("template").get<std::string>());
    EXPECT_EQ(render(each, rules::standard), each.at("output").get<std::string>());
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, MustacheSpecification,
                         ::testing::Values("comments", "delimiters", "interpolation", "inverted", "partials",
                                           "sections"),
                         [](const auto& of) { return of.param; });

// tests/oracle/README.md has the reasons.
TEST(MustacheAsBefore, DiffersFromTheSpecificationWhereItIsKnownTo) {
  std::set<std::string> differing;
  for (const std::string subject : {"comments", "delimiters", "interpolation", "inverted", "partials", "sections"})
    for (const auto& each : cases_of(subject))
      if (render(each, rules::as_before) != each.at("output").get<std::string>())
        differing.insert(subject + ": " + each.at("name").get<std::string>());
  const std::set<std::string> known{
      "comments: Indented Multiline Standalone",
      "comments: Multiline Standalone",
      "delimiters: Indented Standalone Tag",
      "delimiters: Partial Inheritence",
      "delimiters: Standalone Line Endings",
      "delimiters: Standalone Tag",
      "delimiters: Standalone Without Newline",
      "delimiters: Standalone Without Previous Line",
      "interpolation: Dotted Names - Context Precedence",
      "partials: Standalone Indentation",
      "partials: Standalone Line Endings",
      "partials: Standalone Without Newline",
      "partials: Standalone Without Previous Line",
  };
  EXPECT_EQ(differing, known);
}

}  // namespace mustache_specification_test
}  // namespace drcon::templating::mustache
