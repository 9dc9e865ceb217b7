// The SDK's TOML: what toml++ alone does not survive.
#include <drcon/toml.hpp>

#include <gtest/gtest.h>

namespace drcon {
namespace {

std::string repeated(const std::string& part, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += part;
  return all;
}

TEST(Toml, ReportsWhereATextBreaksAnAssumptionOfTheParser) {
  for (const auto& [text, line, column] : {std::tuple{"[[[", 1, 3}, {"u = 'x'\na = 1\n[ [a]]\n", 3, 3}}) {
    const auto parsed = parse_toml(text, "f");
    const auto* wrong = std::get_if<toml_fault>(&parsed);
    ASSERT_TRUE(wrong) << text;
    EXPECT_EQ(wrong->line, line) << text << wrong->what;
    EXPECT_EQ(wrong->column, column) << text << wrong->what;
  }
}

TEST(Toml, KeepsLettersBeyondAsciiToStringsAndComments) {
  for (const auto* text : {"é = 1", "a = é", "a = 1\"é\"", "a = \xc3"}) {
    const auto parsed = parse_toml(text, "f");
    EXPECT_TRUE(std::holds_alternative<toml_fault>(parsed)) << text;
  }
  const auto parsed = parse_toml("\xef\xbb\xbf# é\n\"é\" = 'é'\n", "f");
  EXPECT_TRUE(std::holds_alternative<toml::table>(parsed));
}

TEST(Toml, KeepsPlaces) {
  const auto parsed = parse_toml("a = 1\n b = 2\n", "f");
  const auto& table = std::get<toml::table>(parsed);
  EXPECT_EQ(table["b"].node()->source().begin.line, 2U);
  EXPECT_EQ(*table["b"].node()->source().path, "f");
}

TEST(DottedKeys, AreLimited) {
  EXPECT_FALSE(detail::endless_key("a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p = 1"));
  const auto at = detail::endless_key("x = 1\n[\"ü\".b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q]");
  ASSERT_TRUE(at);
  EXPECT_EQ(at->line, 2);
  EXPECT_EQ(at->column, 35);
}

TEST(DottedKeys, AreNotSeenInNumbersStringsAndComments) {
  const auto dots = repeated(".a", 20);
  EXPECT_FALSE(detail::endless_key("a = [" + repeated("1.5, ", 50) + "]"));
  EXPECT_FALSE(detail::endless_key("a = \"" + dots + "\"\nb = '" + dots + "'"));
  EXPECT_FALSE(detail::endless_key("a = \"\\\"" + dots + "\""));
  EXPECT_FALSE(detail::endless_key("a = \"\"\"\n" + dots + "\n\"\"\"\"\"\nb = '''\n" + dots + "\n'''\n"));
  EXPECT_FALSE(detail::endless_key("# " + dots));
  EXPECT_TRUE(detail::endless_key("a = \"\"\"x\"\"\"\"\"\nb" + dots + " = 1"));
  EXPECT_TRUE(detail::endless_key("# it's\nb" + dots + " = 1"));
}

}  // namespace
}  // namespace drcon
