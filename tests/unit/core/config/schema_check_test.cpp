#include "config/schema_check.hpp"

#include "config/pointer.hpp"

#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <parsed_json.hpp>

#include <cstdlib>
#include <string>

namespace drcon::config {
namespace {

using nlohmann::json;

struct outcome_of_check {
  json values;
  std::set<std::string> secrets;
  std::map<std::string, position> positions;
  std::string said;
};

// Checks `toml` as the table [t], whose header is at 1:1, against `schema`.
outcome_of_check check(const std::string& schema, const std::string& toml,
                       const std::filesystem::path& directory = "/etc/drcon") {
  const auto table = toml::parse("[t]\n" + toml, std::string("f"));
  diagnostics found;
  auto made = check_options({.table = *table["t"].as_table(),
                             .where = {"f", 1, 1},
                             .title = "[t]",
                             .directory = directory,
                             .reserved = {"plugin"}},
                            parsed_json(schema), found);
  return {std::move(made.values), std::move(made.secrets), std::move(made.positions), found.text()};
}

// A schema of one property, `x`.
std::string of_x(const std::string& schema) {
  return R"({"type": "object", "additionalProperties": false, "properties": {"x": )" + schema + "}}";
}

std::string said_of(const std::string& schema, const std::string& value) {
  return check(of_x(schema), "x = " + value + "\n").said;
}

TEST(SchemaCheck, TakesValuesOfEveryType) {
  const auto made =
      check(R"({"type": "object", "additionalProperties": false, "properties": {
      "s": {"type": "string"}, "i": {"type": "integer"}, "n": {"type": "number"}, "m": {"type": "number"},
      "b": {"type": "boolean"}, "a": {"type": "array", "items": {"type": "integer"}},
      "t": {"type": "object", "additionalProperties": {"type": "string"}}, "u": {"type": ["string", "integer"]}}})",
            "plugin = \"p\"\ns = \"é\"\ni = -5\nn = 1\nm = 2.5\nb = true\na = [1, 2]\nt = {k = \"v\"}\nu = 7\n");
  EXPECT_EQ(made.said, "");
  EXPECT_EQ(made.values,
            parsed_json(R"({"s": "é", "i": -5, "n": 1, "m": 2.5, "b": true, "a": [1, 2], "t": {"k": "v"}, "u": 7})"));
}

TEST(SchemaCheck, RemembersWhereEachValueStands) {
  const auto made =
      check(of_x(R"({"type": "array", "items": {"type": "object", "properties": {"a/b": {"type": "integer"}}}})"),
            "x = [\n  { \"a/b\" = 1 },\n]\n");
  EXPECT_EQ(made.positions.at(""), (position{"f", 1, 1}));
  EXPECT_EQ(made.positions.at("/x"), (position{"f", 2, 5}));
  EXPECT_EQ(made.positions.at("/x/0"), (position{"f", 3, 3}));
  EXPECT_EQ(made.positions.at("/x/0/a~1b"), (position{"f", 3, 13}));
}

TEST(SchemaCheck, FillsInDefaultsAtEveryDepth) {
  const auto schema = R"({"type": "object", "additionalProperties": false, "properties": {
      "plain": {"type": "integer", "default": 5},
      "none": {"type": "integer"},
      "wait": {"type": "object", "additionalProperties": false, "properties": {
          "min": {"type": "string", "default": "20ms"}, "max": {"type": "string", "default": "500ms"}}},
      "given": {"type": "object", "default": {"a": 1}, "properties": {"a": {"type": "integer", "default": 9}, "b": {"type": "integer", "default": 2}}},
      "optional": {"type": "object", "required": ["name"], "properties": {
          "name": {"type": "string"}, "more": {"type": "integer", "default": 1}}},
      "nothing": {"type": "object", "properties": {"a": {"type": "string"}}},
      "list": {"type": "array", "items": {"type": "object", "properties": {"d": {"type": "boolean", "default": true}}}}}})";
  EXPECT_EQ(check(schema, "wait = {max = \"1s\"}\nlist = [{}, {d = false}]\n").values,
            parsed_json(R"({"plain": 5, "wait": {"min": "20ms", "max": "1s"}, "given": {"a": 1, "b": 2},
                            "list": [{"d": true}, {"d": false}]})"));
  const auto left_out = check(schema, "");
  EXPECT_EQ(left_out.said, "");
  EXPECT_EQ(left_out.values,
            parsed_json(R"({"plain": 5, "wait": {"min": "20ms", "max": "500ms"}, "given": {"a": 1, "b": 2}})"));
}

// A configuration of an earlier version is read, or refused with the exact change to make.
TEST(SchemaCheck, ReadsFormerNamesAndReportsTheNewOnes) {
  const auto schema = R"({"type": "object", "additionalProperties": false, "required": ["address"], "properties": {
      "address": {"type": "string", "formerly": ["url", "host"]}, "port": {"type": "integer", "default": 80}}})";
  const auto made = check(schema, "url = \"a\"\n");
  EXPECT_EQ(made.said, "f:2:1: warning: 'url' in [t] is now called 'address'; it is read as that; write 'address'\n");
  EXPECT_EQ(made.values, parsed_json(R"({"address": "a", "port": 80})"));
  EXPECT_EQ(made.positions.at("/address"), (position{"f", 2, 7}));
  EXPECT_EQ(check(schema, "address = \"a\"\nhost = \"b\"\n").said,
            "f:3:1: error: 'host' in [t] is now called 'address', which is there too; remove 'host'\n");
  EXPECT_EQ(check(schema, "host = \"a\"\nurl = \"b\"\n").said,
            "f:2:1: warning: 'host' in [t] is now called 'address'; it is read as that; write 'address'\n"
            "f:3:1: error: 'url' in [t] is now called 'address', which is there too; remove 'url'\n");
  EXPECT_EQ(check(schema, "url = 5\n").said,
            "f:2:1: warning: 'url' in [t] is now called 'address'; it is read as that; write 'address'\n"
            "f:2:7: error: 'address' in [t]: expected a string, found integer 5\n");
}

TEST(SchemaCheck, SaysWhatToDoInsteadOfAnOptionThatIsGone) {
  const auto schema = R"({"type": "object", "properties": {"x": {"type": "object", "additionalProperties": false,
      "gone": {"threads": "remove it: there is one thread for all"}, "properties": {"y": {"type": "integer"}}}}})";
  EXPECT_EQ(check(schema, "x = { threads = 4 }\n").said,
            "f:2:7: error: 'threads' in 'x' of [t] is no option any more; remove it: there is one thread for all\n");
}

TEST(SchemaCheck, NamesUnknownKeysAtTheirPlace) {
  EXPECT_EQ(check(of_x(R"({"type": "integer"})"), "\n  y = 1\n").said,
            "f:3:3: error: unknown key 'y' in [t]; known are: x\n");
  EXPECT_EQ(
      check(
          of_x(
              R"({"type": "array", "items": {"type": "object", "additionalProperties": false, "properties": {"name": {}}}})"),
          "x = [{name = 1}, {nmae = 1}]\n")
          .said,
      "f:2:19: error: unknown key 'nmae' in 'x[1]' of [t]; did you mean 'name'?\n");
  EXPECT_EQ(check(of_x("{}"), "something = 1\n").said, "f:2:1: error: unknown key 'something' in [t]; known are: x\n");
}

TEST(SchemaCheck, NamesWhatIsMissingAtTheTablesHeader) {
  const auto schema =
      R"({"type": "object", "required": ["x", "y"], "properties": {"x": {"type": "object", "required": ["z"]}}})";
  EXPECT_EQ(check(schema, "[t.x]\n").said,
            "f:1:1: error: 'y' is missing in [t]\n"
            "f:2:1: error: 'z' is missing in 'x' of [t]\n");
}

TEST(SchemaCheck, ReportsWhatTypeWasExpectedAndWhatIsThere) {
  EXPECT_EQ(said_of(R"({"type": "string"})", "5"), "f:2:5: error: 'x' in [t]: expected a string, found integer 5\n");
  EXPECT_EQ(said_of(R"({"type": "integer"})", "5.0"),
            "f:2:5: error: 'x' in [t]: expected an integer, found float 5.0\n");
  EXPECT_EQ(said_of(R"({"type": "integer"})", "\"5\""),
            "f:2:5: error: 'x' in [t]: expected an integer, found string \"5\"\n");
  EXPECT_EQ(said_of(R"({"type": "boolean"})", "1"),
            "f:2:5: error: 'x' in [t]: expected true or false, found integer 1\n");
  EXPECT_EQ(said_of(R"({"type": "array"})", "false"),
            "f:2:5: error: 'x' in [t]: expected an array, found boolean false\n");
  EXPECT_EQ(said_of(R"({"type": "object"})", "[]"), "f:2:5: error: 'x' in [t]: expected a table, found an array\n");
  EXPECT_EQ(said_of(R"({"type": ["string", "integer"]})", "{}"),
            "f:2:5: error: 'x' in [t]: expected a string or an integer, found a table\n");
  EXPECT_EQ(said_of(R"({"type": "string", "format": "duration"})", "5"),
            "f:2:5: error: 'x' in [t]: expected a duration such as \"250ms\" or \"1m30s\", found integer 5\n");
}

TEST(SchemaCheck, HasNoUseForDatesAndInfinities) {
  EXPECT_EQ(said_of("{}", "1979-05-27"),
            "f:2:5: error: 'x' in [t]: expected a string, a number, true or false, an array or a table, found date "
            "1979-05-27\n");
  EXPECT_EQ(said_of(R"({"type": "string"})", "1979-05-27T07:32:00Z"),
            "f:2:5: error: 'x' in [t]: expected a string, found date and time 1979-05-27T07:32:00Z\n");
  EXPECT_EQ(said_of(R"({"type": "number"})", "-inf"),
            "f:2:5: error: 'x' in [t]: expected a finite number, found float -inf\n");
  EXPECT_EQ(said_of(R"({"type": "number"})", "nan"),
            "f:2:5: error: 'x' in [t]: expected a finite number, found float nan\n");
}

TEST(SchemaCheck, HoldsNumbersToTheirRange) {
  const auto both = R"({"type": "integer", "minimum": 1, "maximum": 10})";
  EXPECT_EQ(said_of(both, "1"), "");
  EXPECT_EQ(said_of(both, "10"), "");
  EXPECT_EQ(said_of(both, "0"), "f:2:5: error: 'x' in [t]: expected an integer from 1 to 10, found integer 0\n");
  EXPECT_EQ(said_of(both, "9223372036854775807"),
            "f:2:5: error: 'x' in [t]: expected an integer from 1 to 10, found integer 9223372036854775807\n");
  EXPECT_EQ(said_of(R"({"type": "number", "minimum": 0.5})", "0.25"),
            "f:2:5: error: 'x' in [t]: expected a number of at least 0.5, found float 0.25\n");
  EXPECT_EQ(said_of(R"({"type": "number", "maximum": 1})", "2"),
            "f:2:5: error: 'x' in [t]: expected a number of at most 1, found integer 2\n");
}

TEST(SchemaCheck, HoldsANumberOrAWordToTheRulesOfEach) {
  const auto schema = R"({"type": ["integer", "string"], "minimum": 8, "pattern": "^auto$"})";
  EXPECT_EQ(said_of(schema, "8"), "");
  EXPECT_EQ(said_of(schema, "\"auto\""), "");
  EXPECT_EQ(said_of(schema, "7"), "f:2:5: error: 'x' in [t]: expected an integer of at least 8, found integer 7\n");
  EXPECT_EQ(said_of(schema, "\"many\""),
            "f:2:5: error: 'x' in [t]: expected an integer of at least 8, or \"auto\", found string \"many\"\n");
}

TEST(SchemaCheck, ListsAnEnumAndSuggests) {
  const auto schema = R"({"type": "string", "enum": ["text", "json"]})";
  EXPECT_EQ(said_of(schema, "\"json\""), "");
  EXPECT_EQ(
      said_of(schema, "\"jason\""),
      "f:2:5: error: 'x' in [t]: expected one of \"text\", \"json\", found string \"jason\"; did you mean 'json'?\n");
  EXPECT_EQ(said_of(schema, "\"yaml\""),
            "f:2:5: error: 'x' in [t]: expected one of \"text\", \"json\", found string \"yaml\"\n");
  EXPECT_EQ(said_of(R"({"enum": [1, true]})", "2"),
            "f:2:5: error: 'x' in [t]: expected one of 1, true, found integer 2\n");
}

TEST(SchemaCheck, HoldsStringsToLengthAndPattern) {
  EXPECT_EQ(said_of(R"({"type": "string", "minLength": 2})", "\"é\""),
            "f:2:5: error: 'x' in [t]: expected at least 2 characters, found string \"é\"\n");
  EXPECT_EQ(said_of(R"({"type": "string", "pattern": "^a+$"})", "\"aab\""),
            "f:2:5: error: 'x' in [t]: expected a string that matches ^a+$, found string \"aab\"\n");
  EXPECT_EQ(said_of(R"({"type": "string", "pattern": "^a+$"})", "\"aaa\""), "");
}

TEST(SchemaCheck, SaysWhatAnExpressionRepeatsNothingWith) {
  const auto schema = R"({"type": "string", "format": "regex"})";
  for (const auto* const text : {"*", "a|*b", "(+a)", "?"})
    EXPECT_NE(
        said_of(schema, std::string("\"") + text + "\"").find("has nothing before it to repeat; any text is \".*\""),
        std::string::npos)
        << text;
  for (const auto* const text : {"a*", "(?:a)+", "[*]", "\\\\*", "(a|b)?"})
    EXPECT_EQ(said_of(schema, std::string("\"") + text + "\""), "") << text;
  // Another fault keeps the words that it has.
  EXPECT_EQ(said_of(schema, "\"(a\"").find("repeat"), std::string::npos);
}

TEST(SchemaCheck, NamesTheChoicesOfAnOptionThatIsMissing) {
  EXPECT_EQ(said_of(R"({"type": "object", "required": ["k"], "properties": {"k": {"enum": ["a", "b"]}}})", "{}"),
            "f:2:5: error: 'k' is missing in 'x' of [t]; it is one of \"a\", \"b\"\n");
}

TEST(SchemaCheck, SaysHowLongASecretIsAndNotWhichOne) {
  EXPECT_EQ(said_of(R"({"type": "string", "secret": true, "minLength": 16})", "\"abc\""),
            "f:2:5: error: 'x' in [t]: expected at least 16 characters, found 3\n");
}

TEST(SchemaCheck, SurvivesALongTextForAPattern) {
  EXPECT_EQ(said_of(R"({"type": "string", "pattern": "^(a|b)*$"})", "\"" + std::string(1'000'000, 'a') + "\""),
            "f:2:5: error: 'x' in [t]: expected at most 4096 bytes\n");
}

TEST(SchemaCheck, HoldsArraysToTheirLength) {
  EXPECT_EQ(said_of(R"({"type": "array", "minItems": 2})", "[1]"),
            "f:2:5: error: 'x' in [t]: expected at least 2 elements, found 1\n");
}

TEST(SchemaCheck, ReportsAllFaultsInOnePass) {
  const auto schema = R"({"type": "object", "additionalProperties": false, "required": ["r"], "properties": {
      "r": {}, "a": {"type": "array", "minItems": 3, "items": {"type": "integer", "minimum": 1}}, "s": {"type": "string", "format": "size"}}})";
  EXPECT_EQ(check(schema, "a = [0, \"x\"]\ns = \"64 KiB\"\nzzz = 1\n").said,
            "f:1:1: error: 'r' is missing in [t]\n"
            "f:2:5: error: 'a' in [t]: expected at least 3 elements, found 2\n"
            "f:2:6: error: 'a[0]' in [t]: expected an integer of at least 1, found integer 0\n"
            "f:2:9: error: 'a[1]' in [t]: expected an integer, found string \"x\"\n"
            "f:3:5: error: 's' in [t]: expected a size such as \"64KiB\" or \"10MB\", found string \"64 KiB\"\n"
            "f:4:1: error: unknown key 'zzz' in [t]; known are: a, r, s\n");
}

TEST(SchemaCheck, ShortensWhatItShows) {
  const auto said = said_of(R"({"type": "integer"})", "\"" + std::string(100'000, 'a') + "\"");
  EXPECT_LT(said.size(), 200U);
}

struct format_case {
  std::string format, good, bad;
};
class Format : public ::testing::TestWithParam<format_case> {};

TEST_P(Format, AcceptsGoodAndRefusesBad) {
  const auto schema = R"({"type": "string", "format": ")" + GetParam().format + "\"}";
  EXPECT_EQ(said_of(schema, "'" + GetParam().good + "'"), "");
  const auto said = said_of(schema, "'" + GetParam().bad + "'");
  EXPECT_NE(said.find("f:2:5: error: 'x' in [t]: expected a"), std::string::npos) << said;
}

INSTANTIATE_TEST_SUITE_P(
    All, Format,
    ::testing::Values(
        format_case{"duration", "1m30s", "5"}, format_case{"duration", "3650d", "3650d1ns"},
        format_case{"size", "64KiB", "64 K"}, format_case{"percent", "50%", "50"}, format_case{"path", "a", ""},
        format_case{"regex", "^web-.*$", "("}, format_case{"regex", "[[:alpha:]]+", "[b-a]"},
        format_case{"regex", "a{2,3}", std::string(2000, '(')}, format_case{"regex", "", "((a{100}){100}){100}"},
        format_case{"address", "127.0.0.1:0", "127.0.0.1"}, format_case{"address", "[::1]:8500", "::1:8500"},
        format_case{"address", "consul.local:65535", "consul:65536"}, format_case{"address", "localhost:80", ":80"},
        format_case{"address", "a_b.c:1", "a b:1"}, format_case{"address", "[fe80::1]:1", "[127.0.0.1]:1"},
        format_case{"address", "a:1", "a:-1"}, format_case{"url", "http://127.0.0.1:8500", "127.0.0.1:8500"},
        format_case{"url", "https://[::1]/x", "http:///x"}, format_case{"url", "unix://socket/x", "http://a b/"},
        format_case{"url", "http://h:1/?q#f", "/path"}));

TEST(SchemaCheck, MakesPathsAbsolute) {
  const auto path = R"({"type": "string", "format": "path"})";
  EXPECT_EQ(check(of_x(path), "x = \"../x/./y\"\n").values["x"], "/etc/x/y");
  EXPECT_EQ(check(of_x(path), "x = \"/a/../b\"\n").values["x"], "/b");
  EXPECT_EQ(said_of(path, "\"a\\u0000b\""), "f:2:5: error: 'x' in [t]: expected a path, found string \"a\\x00b\"\n");
}

TEST(SchemaCheck, LeavesAnEmptyPathEmptyWhereThatMeansNone) {
  EXPECT_EQ(said_of(R"({"type": "string", "format": "path"})", "\"\""),
            "f:2:5: error: 'x' in [t]: expected a path, found string \"\"\n");
  for (const auto* schema : {R"({"type": "string", "format": "path", "default": ""})",
                             R"({"type": "string", "format": "path", "default": "/x", "minLength": 0})"}) {
    const auto made = check(of_x(schema), "x = \"\"\n");
    EXPECT_EQ(made.said, "");
    EXPECT_EQ(made.values["x"], "");
  }
}

class Secret : public ::testing::Test {
protected:
  outcome_of_check check_x(const std::string& toml,
                           const std::string& schema = R"({"type": "string", "secret": true})") {
    return check(of_x(schema), "x = " + toml + "\n", dir_.path());
  }
  test::temp_dir dir_;
};

TEST_F(Secret, IsAStringAFileOrAVariable) {
  EXPECT_EQ(check_x("\"plain\"").values["x"], "plain");
  test::write_file(dir_ / "token", "from file\n");
  EXPECT_EQ(check_x("{ file = \"token\" }").values["x"], "from file");
  EXPECT_EQ(check_x("{ file = \"" + (dir_ / "token").string() + "\" }").values["x"], "from file");
  ASSERT_EQ(::setenv("DRCON_TEST_SECRET", "from environment", 1), 0);
  EXPECT_EQ(check_x("{ env = \"DRCON_TEST_SECRET\" }").values["x"], "from environment");
  ::unsetenv("DRCON_TEST_SECRET");
  EXPECT_EQ(check_x("\"plain\"").secrets, std::set<std::string>{"/x"});
}

TEST_F(Secret, LosesOneNewlineOnly) {
  test::write_file(dir_ / "token", "two\r\n\r\n");
  EXPECT_EQ(check_x("{ file = \"token\" }").values["x"], "two\r\n");
}

TEST_F(Secret, MayBeOfAnyBytes) {
  const std::string bytes("\xff\x00\x80z", 4);
  test::write_file(dir_ / "token", bytes);
  const auto made = check_x("{ file = \"token\" }", R"({"type": "string", "secret": true, "minLength": 1})");
  EXPECT_EQ(made.said, "");
  EXPECT_EQ(made.values["x"], bytes);
}

TEST_F(Secret, ThatIsNotThereIsAFaultAtItsPlace) {
  EXPECT_EQ(check_x("{ file = \"none\" }").said,
            "f:2:5: error: 'x' in [t]: the file 'none' cannot be read: No such file or directory\n");
  EXPECT_EQ(check_x("{ file = \".\" }").said, "f:2:5: error: 'x' in [t]: the file '.' is a directory, not a file\n");
  EXPECT_EQ(check_x("{ env = \"DRCON_TEST_NONE\" }").said,
            "f:2:5: error: 'x' in [t]: the environment has no variable 'DRCON_TEST_NONE'\n");
}

TEST_F(Secret, OfAnotherFormIsRefused) {
  for (const auto* each : {"5", "[]", "{}", "{ file = 5 }", "{ file = \"a\", env = \"b\" }", "{ vault = \"a\" }"})
    EXPECT_EQ(
        check_x(each).said,
        "f:2:5: error: 'x' in [t]: expected a string, { file = \"…\" }, { env = \"…\" } or { credential = \"…\" }\n")
        << each;
}

TEST_F(Secret, IsNeverShown) {
  for (const auto* schema :
       {R"({"type": "string", "secret": true, "minLength": 20})", R"({"secret": true, "pattern": "^[0-9]+$"})",
        R"({"secret": true, "format": "duration"})", R"({"secret": true, "enum": ["a"]})",
        R"({"secret": true, "maxLength": 3})", R"({"secret": true, "not": {"type": "string"}})"}) {
    const auto said = check_x("\"hunter2\"", schema).said;
    EXPECT_NE(said.find("f:2:5: error: "), std::string::npos) << said;
    EXPECT_EQ(said.find("hunter2"), std::string::npos) << said;
  }
}

TEST_F(Secret, InAListIsRememberedToo) {
  const auto made = check_x(
      "[{t = \"a\"}, {t = {file = \"none\"}}]",
      R"({"type": "array", "items": {"type": "object", "properties": {"t": {"type": "string", "secret": true}}}})");
  EXPECT_EQ(made.secrets, (std::set<std::string>{"/x/0/t", "/x/1/t"}));
  EXPECT_EQ(made.said, "f:2:22: error: 'x[1].t' in [t]: the file 'none' cannot be read: No such file or directory\n");
}

TEST(SchemaCheck, LeavesTheFinalCheckToValijson) {
  EXPECT_NE(said_of(R"({"type": "string", "maxLength": 3})", "\"abcd\"").find("f:2:5: error: 'x' in [t]: "),
            std::string::npos);
  const auto one_of = R"({"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "integer"}}]})";
  EXPECT_EQ(said_of(one_of, "\"a\""), "");
  EXPECT_EQ(said_of(one_of, "[1]"), "");
  const auto said = said_of(one_of, "5");
  EXPECT_EQ(said.substr(0, 25), "f:2:5: error: 'x' in [t]:") << said;
}

TEST(SchemaCheck, BlamesABrokenSchemaOnThePlugin) {
  for (const auto* schema : {R"({"type": "string", "pattern": "("})", R"({"type": "string", "pattern": 5})",
                             R"({"type": "string", "minLength": "two"})", R"({"type": 5, "maxLength": "x"})"}) {
    const auto said = said_of(schema, "\"text\"");
    EXPECT_NE(said.find("option schema of [t] is broken"), std::string::npos) << schema << "\n" << said;
  }
  EXPECT_NE(check(R"({"properties": 5})", "x = 1\n").said, "");
  EXPECT_NE(check(R"({"required": 5})", "x = 1\n").said, "");
  EXPECT_NE(check(R"([])", "x = 1\n").said, "");
}

TEST(SchemaCheck, StopsAtADepthNobodyNeeds) {
  std::string nested;
  for (int i = 0; i < 200; ++i) nested += "[";
  nested += std::string(200, ']');
  const auto said = said_of("{}", nested);
  EXPECT_NE(said.find("nested too deep"), std::string::npos) << said;
}

TEST(Pointer, ReadsAsAPersonWouldWriteIt) {
  EXPECT_EQ(readable("/service/0/name"), "service[0].name");
  EXPECT_EQ(readable("/a~1b/~0"), "a/b.~");
  EXPECT_EQ(readable(""), "");
  EXPECT_EQ(pointer_token("a/b~c"), "a~1b~0c");
}

}  // namespace
}  // namespace drcon::config
