// The reader of HCL 1 and JSON.
#include "import/hcl.hpp"

#include <gtest/gtest.h>

#include <string>

namespace drcon::importing::hcl {
namespace hcl_test {

value read_well(std::string_view text) {
  auto result = read(text);
  if (const auto* wrong = std::get_if<fault>(&result)) {
    ADD_FAILURE() << wrong->where.line << ":" << wrong->where.column << ": " << wrong->text;
    return {};
  }
  return std::get<value>(std::move(result));
}

std::string fault_of(std::string_view text) {
  const auto result = read(text);
  const auto* wrong = std::get_if<fault>(&result);
  if (wrong == nullptr) return "read well";
  return std::to_string(wrong->where.line) + ":" + std::to_string(wrong->where.column) + " " + wrong->text;
}

// As compact text, so that a test shows the whole tree.
std::string shown(const value& of) {
  std::string text;
  switch (of.what) {
    case value::kind::null: return "null";
    case value::kind::boolean: return of.flag ? "true" : "false";
    case value::kind::number: return of.text;
    case value::kind::text: return "'" + of.text + "'";
    case value::kind::list:
      for (const auto& each : of.items) text += (text.empty() ? "" : " ") + shown(each);
      return "[" + text + "]";
    case value::kind::object:
      for (const auto& each : of.entries) text += (text.empty() ? "" : " ") + each.key + "=" + shown(each.held);
      return "{" + text + "}";
  }
  return {};
}

TEST(Hcl, ReadsBlocksListsAndScalars) {
  EXPECT_EQ(shown(read_well("# one\n"
                            "consul { // two\n"
                            "  address = \"127.0.0.1:8500\" /* three\n */\n"
                            "  retry { enabled = true, attempts = -1 }\n"
                            "}\n"
                            "perms = 0600\n"
                            "command = [\"a\", \"b\",]\n"
                            "template {}\ntemplate { source = \"x\" }\n")),
            "{consul={address='127.0.0.1:8500' retry={enabled=true attempts=-1}} perms=0600 command=['a' 'b'] "
            "template={} template={source='x'}}");
  EXPECT_EQ(shown(read_well("")), "{}");
  EXPECT_EQ(shown(read_well("\xef\xbb\xbf"
                            "a=1")),
            "{a=1}");
}

TEST(Hcl, ALabelIsAnObjectWithinTheBlock) { EXPECT_EQ(shown(read_well("a \"b\" c { d = 1 }")), "{a={b={c={d=1}}}}"); }

TEST(Hcl, ReadsEscapesAndLeavesInterpolationsAsTheyAre) {
  EXPECT_EQ(shown(read_well(R"(a = "x\ty\"z\\ \u00e9")")), "{a='x\ty\"z\\ é'}");
  EXPECT_EQ(shown(read_well(R"(a = "echo ${env("X")} {{ key }}")")), R"({a='echo ${env("X")} {{ key }}'})");
}

TEST(Hcl, ReadsTextsOfSeveralLines) {
  EXPECT_EQ(shown(read_well("a = <<EOF\none\n  two\nEOF\nb = 1\n")), "{a='one\n  two\n' b=1}");
  EXPECT_EQ(shown(read_well("a = <<-EOF\n    one\n      two\n    EOF\n")), "{a='one\n  two\n'}");
  EXPECT_EQ(shown(read_well("a = <<-EOF\n  one\n      two\n    EOF\n")), "{a='  one\n      two\n'}")
      << "one line is not indented as far as the last";
}

TEST(Hcl, ReadsJson) {
  EXPECT_EQ(shown(read_well(R"({"consul": {"ssl": {"enabled": false}}, "template": [{"source": "a\u00e9\ud83d\ude00"}],
                               "wait": null, "x": 1.5e3})")),
            "{consul={ssl={enabled=false}} template=[{source='aé😀'}] wait=null x=1.5e3}");
}

TEST(Hcl, TextsOfJsonEndAtTheirQuotationMark) {
  EXPECT_EQ(shown(read_well(R"({"command": "echo ${", "x": "}"})")), "{command='echo ${' x='}'}");
}

TEST(Hcl, KnowsThePlaceOfEachKeyAndValue) {
  const auto read = read_well("a = 1\n  bc   = \"x\"\n");
  EXPECT_EQ(read.entries[1].where.line, 2U);
  EXPECT_EQ(read.entries[1].where.column, 3U);
  EXPECT_EQ(read.entries[1].held.where.column, 10U);
}

TEST(Hcl, SaysWhereAndWhatIsWrong) {
  EXPECT_EQ(fault_of("a = \"x\nb = 1"), "1:5 this text has no end: '\"' is missing on its line");
  EXPECT_EQ(fault_of("a {\n b = 1\n"), "3:1 expected '}', found the end of the file");
  EXPECT_EQ(fault_of("a = [1 2]"), "1:8 expected ',' or ']', found '2'");
  EXPECT_EQ(fault_of("a b"), "1:4 expected '{' after 'b', found the end of the file");
  EXPECT_EQ(fault_of("a = nginx"), "1:5 expected a value, found 'nginx': a text stands in double quotes");
  EXPECT_EQ(fault_of("a = <<EOF\nx\n"), "1:5 this text has no end: a line with EOF alone is missing");
  EXPECT_EQ(fault_of("a = \"\\q\""), "1:8 there is no escape '\\q'");
  EXPECT_EQ(fault_of("/* x"), "1:1 this comment has no end: */ is missing");
  EXPECT_EQ(fault_of("{\"a\": 1} x"), "1:10 expected the end of the file, found 'x'");
  EXPECT_EQ(fault_of("="), "1:1 expected a key, found '='");
}

TEST(Hcl, IsBoundedInDepth) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "a {";
  EXPECT_EQ(fault_of(deep), "1:303 more than 100 objects and lists in one another");
  EXPECT_NE(fault_of("a = " + std::string(100'000, '[')), "read well");
  std::string labels = "a";
  for (int i = 0; i < 100'000; ++i) labels += " b";
  EXPECT_NE(fault_of(labels + " {}"), "read well");
}

}  // namespace hcl_test
}  // namespace drcon::importing::hcl
