#include "config/schema_fault.hpp"

#include <gtest/gtest.h>

#include <parsed_json.hpp>

#include <string>

namespace drcon::config {
namespace schema_fault_test {

using nlohmann::json;

std::string fault(const std::string& schema) { return fault_of_schema(parsed_json(schema)).value_or(""); }

// Of a schema of one property, `x`.
std::string fault_of_x(const std::string& schema) {
  return fault(R"({"type": "object", "properties": {"x": )" + schema + "}}");
}

TEST(SchemaFault, FindsNoneInWhatTheDialectHas) {
  EXPECT_EQ(fault("{}"), "");
  EXPECT_EQ(fault(R"({"type": "object", "additionalProperties": false, "required": ["s"], "description": "All.",
    "properties": {
      "s": {"type": "string", "minLength": 1, "maxLength": 5, "pattern": "^a+$", "default": "aa"},
      "i": {"type": "integer", "minimum": 1, "maximum": 1, "default": 1},
      "n": {"type": "number", "minimum": 0.5, "default": 1}, "b": {"type": "boolean", "default": false},
      "e": {"type": "string", "enum": ["one", "two"], "default": "two"},
      "a": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "string", "format": "duration"}, "default": ["1s"]},
      "t": {"type": "object", "additionalProperties": {"type": "integer"}, "default": {"k": 1}},
      "u": {"type": ["string", "integer"], "default": 7}, "k": {"type": "string", "secret": true},
      "p": {"type": "string", "format": "path", "default": ""}, "any": {},
      "o": {"oneOf": [{"type": "string"}, {"type": "integer"}], "default": 3} }})"),
            "");
}

TEST(SchemaFault, ReportsWhatIsNoSchemaAtAll) {
  EXPECT_EQ(fault("[]"), "at its top: expected an object, found []");
  EXPECT_EQ(fault("true"), "at its top: expected an object, found true");
  EXPECT_EQ(fault(R"({"type": "string"})"), "at /type: the options are a table: expected \"object\", found \"string\"");
  EXPECT_EQ(fault_of_x("5"), "at /properties/x: expected a schema, which is an object, found 5");
  EXPECT_EQ(fault(R"({"properties": ["x"]})"), R"(at /properties: expected an object of schemas, found ["x"])");
  EXPECT_EQ(fault(R"({"additionalProperties": 5})"),
            "at /additionalProperties: expected a schema, which is an object, found 5");
}

TEST(SchemaFault, KnowsTheTypes) {
  EXPECT_EQ(
      fault_of_x(R"({"type": "int"})"),
      "at /properties/x/type: there is no type \"int\"; types are string, integer, number, boolean, array, object");
  EXPECT_NE(fault_of_x(R"({"type": ["string", "null"]})").find("there is no type \"null\""), std::string::npos);
  EXPECT_NE(fault_of_x(R"({"type": 5})").find("there is no type 5"), std::string::npos);
  EXPECT_EQ(fault_of_x(R"({"type": []})"), "at /properties/x/type: an empty list of types allows nothing");
}

TEST(SchemaFault, NamesWhatAFileIsReadFor) {
  EXPECT_EQ(fault_of_x(R"({"type": "string", "format": "path", "reads": "always"})"), "");
  EXPECT_EQ(fault_of_x(R"({"type": "string", "format": "path", "reads": true})"), "");
  const std::string expected = "expected true, false or \"always\", of an option of the format path";
  for (const auto* wrong :
       {R"({"type": "string", "format": "path", "reads": "sometimes"})", R"({"type": "string", "reads": "always"})",
        R"({"type": "string", "format": "path", "reads": 1})"})
    EXPECT_NE(fault_of_x(wrong).find(expected), std::string::npos) << wrong;
}

TEST(SchemaFault, TakesATableOfTextsForATarget) {
  EXPECT_EQ(fault_of_x(R"({"type": "string", "target": {"of": "mode", "slots": "a"}})"), "");
  for (const auto* wrong :
       {R"({"target": {"slots": "a"}})", R"({"target": {"of": "mode", "slots": 5}})", R"({"target": 5})"})
    EXPECT_NE(fault_of_x(wrong).find("or a table of such strings"), std::string::npos) << wrong;
}

TEST(SchemaFault, TakesAPrefixOnlyOfATarget) {
  EXPECT_EQ(fault_of_x(R"({"type": "string", "target": true, "is_prefix": true})"), "");
  for (const auto* wrong :
       {R"({"type": "string", "is_prefix": true})", R"({"type": "string", "target": true, "is_prefix": "yes"})"})
    EXPECT_EQ(fault_of_x(wrong), "at /properties/x/is_prefix: expected true or false, of an option with \"target\"")
        << wrong;
}

TEST(SchemaFault, TakesMarksOfFilesThatTheRegistryNames) {
  EXPECT_EQ(fault_of_x(R"({"type": "string", "format": "path", "target": true, "any_name": "{{name}}"})"), "");
  for (const auto* wrong : {R"({"type": "string", "format": "path", "any_name": "*"})",
                            R"({"type": "string", "target": true, "any_name": "*"})",
                            R"({"type": "string", "format": "path", "target": true, "any_name": ""})"})
    EXPECT_EQ(fault_of_x(wrong),
              "at /properties/x/any_name: expected a text that is not empty, of a path with \"target\"")
        << wrong;
  EXPECT_EQ(fault_of_x(R"({"type": "array", "items": {"type": "string", "format": "path"}, "targets_below": true})"),
            "");
  EXPECT_EQ(fault_of_x(R"({"type": "array", "items": {"type": "string"}, "targets_below": 1})"),
            "at /properties/x/targets_below: expected true or false, of an array of paths");
}

TEST(SchemaFault, KnowsTheNamesOfEarlierVersions) {
  EXPECT_EQ(fault(R"({"properties": {"x": {"formerly": ["a", "b"]}, "y": {"formerly": ["c"]}}, "gone": {"d": "No."}})"),
            "");
  EXPECT_EQ(fault_of_x(R"({"formerly": "a"})"), R"(at /properties/x/formerly: expected an array of names, found "a")");
  EXPECT_EQ(fault_of_x(R"({"formerly": [5]})"), "at /properties/x/formerly: expected the name of an option, found 5");
  EXPECT_EQ(fault_of_x(R"({"formerly": ["x"]})"), R"(at /properties/x/formerly: there is an option "x" still)");
  EXPECT_EQ(fault(R"({"properties": {"x": {"formerly": ["a"]}, "y": {"formerly": ["a"]}}})"),
            R"(at /properties/y/formerly: "a" is there twice)");
  EXPECT_EQ(fault(R"({"properties": {"x": {}}, "gone": {"x": "No."}})"), R"(at /gone/x: there is an option "x" still)");
  EXPECT_EQ(fault(R"({"gone": {"a": 5}})"), "at /gone/a: expected what to do instead, found 5");
  EXPECT_EQ(fault(R"({"gone": ["a"]})"), R"(at /gone: expected an object of texts, found ["a"])");
}

TEST(SchemaFault, KnowsWhatASourcePublishes) {
  EXPECT_EQ(
      fault(R"({"properties": {"x": {}, "y": {}}, "publishes": {"service": ["x"], "key": "x", "keys_below": "y"}})"),
      "");
  EXPECT_EQ(fault(R"({"publishes": {"service": []}})"), "");
  EXPECT_EQ(fault(R"({"properties": {"x": {}}, "publishes": {"service": ["z"]}})"),
            R"(at /publishes/service: expected the name of an option of this table, found "z")");
  EXPECT_EQ(fault(R"({"properties": {"x": {}}, "publishes": {"key": 5}})"),
            "at /publishes/key: expected the name of an option of this table, found 5");
  EXPECT_EQ(fault(R"({"publishes": {"keys": "x"}})"),
            "at /publishes/keys: expected service (an array), key or keys_below");
  EXPECT_EQ(fault(R"({"properties": {"x": {"type": "array"}}, "publishes": {"service": ["x"]}})"),
            R"(at /publishes/service: the option "x" is no string)");
  EXPECT_EQ(fault(R"({"properties": {"x": {"type": "integer"}}, "publishes": {"service": ["x"]}})"),
            R"(at /publishes/service: the option "x" is no string)");
  EXPECT_EQ(fault(R"({"publishes": true})"), "at /publishes: expected an object, found true");
}

TEST(SchemaFault, KnowsTheFormats) {
  EXPECT_EQ(fault_of_x(R"({"type": "string", "format": "durations"})"),
            "at /properties/x/format: there is no format \"durations\"; formats are duration, size, percent, regex, "
            "url, address, path");
  EXPECT_NE(fault_of_x(R"({"format": 1})").find("there is no format 1"), std::string::npos);
}

TEST(SchemaFault, RequiresWhatIsRequiredToBeAProperty) {
  EXPECT_EQ(fault(R"({"properties": {"x": {}}, "required": ["x", "y"]})"),
            "at /required/1: there is no property \"y\"");
  EXPECT_EQ(fault(R"({"required": "x"})"), "at /required: expected an array of names of properties, found \"x\"");
  EXPECT_EQ(fault(R"({"required": [5]})"), "at /required/0: there is no property 5");
}

TEST(SchemaFault, RequiresAnEnumThatAllowsSomething) {
  EXPECT_EQ(fault_of_x(R"({"enum": []})"), "at /properties/x/enum: an empty list of values allows nothing");
  EXPECT_EQ(fault_of_x(R"({"enum": "a"})"), "at /properties/x/enum: expected an array of values, found \"a\"");
  EXPECT_EQ(fault_of_x(R"({"type": "string", "enum": ["a", 5]})"), "at /properties/x/enum/1: 5 is not of type string");
}

TEST(SchemaFault, RequiresLimitsInOrder) {
  EXPECT_EQ(fault_of_x(R"({"type": "integer", "minimum": 10, "maximum": 1})"),
            "at /properties/x: minimum 10 is above maximum 1");
  EXPECT_EQ(fault_of_x(R"({"type": "string", "minLength": 2, "maxLength": 1})"),
            "at /properties/x: minLength 2 is above maxLength 1");
  EXPECT_EQ(fault_of_x(R"({"type": "array", "items": {}, "minItems": 2, "maxItems": 1})"),
            "at /properties/x: minItems 2 is above maxItems 1");
  EXPECT_EQ(fault_of_x(R"({"minimum": "1"})"), "at /properties/x/minimum: expected a number, found \"1\"");
  EXPECT_EQ(fault_of_x(R"({"minLength": -1})"),
            "at /properties/x/minLength: expected a whole number of at least 0, found -1");
  EXPECT_EQ(fault_of_x(R"({"minItems": 1.5})"),
            "at /properties/x/minItems: expected a whole number of at least 0, found 1.5");
}

TEST(SchemaFault, CompilesThePattern) {
  const auto said = fault_of_x(R"({"pattern": "a("})");
  EXPECT_EQ(said.find("at /properties/x/pattern: \"a(\" is no regular expression (ECMAScript): "), 0U) << said;
  EXPECT_EQ(fault_of_x(R"({"pattern": 5})"), "at /properties/x/pattern: expected a regular expression, found 5");
  EXPECT_NE(fault_of_x(R"({"pattern": ")" + std::string(100'000, '(') + "\"}").find("longer than"), std::string::npos);
}

TEST(SchemaFault, RequiresASchemaForTheElementsOfAnArray) {
  EXPECT_EQ(fault_of_x(R"({"type": "array"})"), "at /properties/x: an array needs 'items', the schema of its elements");
  EXPECT_EQ(fault_of_x(R"({"type": "array", "items": [{"type": "string"}]})"),
            R"(at /properties/x/items: expected a schema, which is an object, found [{"type":"string"}])");
}

TEST(SchemaFault, HoldsADefaultToItsOwnRules) {
  EXPECT_EQ(fault_of_x(R"({"type": "integer", "default": "5"})"),
            "at /properties/x/default: expected an integer, found \"5\"");
  EXPECT_EQ(fault_of_x(R"({"type": "string", "default": null})"),
            "at /properties/x/default: expected a string, found null");
  EXPECT_EQ(fault_of_x(R"({"type": "integer", "minimum": 1, "default": 0})"),
            "at /properties/x/default: expected an integer of at least 1, found 0");
  EXPECT_EQ(fault_of_x(R"({"enum": ["a", "b"], "default": "c"})"),
            R"(at /properties/x/default: expected one of "a", "b", found "c")");
  EXPECT_EQ(fault_of_x(R"({"type": "string", "format": "duration", "default": "5"})"),
            R"(at /properties/x/default: expected a duration such as "250ms" or "1m30s", found "5")");
  EXPECT_EQ(fault_of_x(R"({"type": "string", "pattern": "^a", "default": "b"})"),
            "at /properties/x/default: expected a string that matches ^a, found \"b\"");
  EXPECT_EQ(fault_of_x(R"({"type": "array", "items": {"type": "string", "format": "size"}, "default": ["1MB", "x"]})"),
            R"(at /properties/x/default/1: expected a size such as "64KiB" or "10MB", found "x")");
  EXPECT_EQ(
      fault_of_x(R"({"type": "object", "additionalProperties": false, "properties": {"a": {}}, "default": {"b": 1}})"),
      "at /properties/x/default/b: there is no property \"b\"");
  EXPECT_EQ(fault_of_x(R"({"type": "array", "items": {}, "minItems": 1, "default": []})"),
            "at /properties/x/default: [] does not fit the schema beside it");
  EXPECT_EQ(fault_of_x(R"({"type": "string", "maxLength": 2, "default": "abc"})"),
            "at /properties/x/default: \"abc\" does not fit the schema beside it");
}

TEST(SchemaFault, LetsOnlyAStringBeASecret) {
  EXPECT_EQ(fault_of_x(R"({"type": "integer", "secret": true})"),
            "at /properties/x/secret: only a string can be a secret, and this is of type \"integer\"");
  EXPECT_EQ(fault_of_x(R"({"secret": "yes"})"), "at /properties/x/secret: expected true or false, found \"yes\"");
  EXPECT_EQ(fault_of_x(R"({"description": 5})"), "at /properties/x/description: expected a string, found 5");
}

TEST(SchemaFault, TakesNoReferences) {
  EXPECT_EQ(fault_of_x(R"({"$ref": "#/definitions/x"})"),
            "at /properties/x/$ref: references are not followed: write the schema out");
  EXPECT_NE(fault_of_x(R"({"anyOf": [{}, {"$ref": "#"}]})").find("at /properties/x/anyOf/1/$ref: "), std::string::npos);
  EXPECT_NE(fault_of_x(R"({"not": {"$ref": "#"}})").find("at /properties/x/not/$ref: "), std::string::npos);
}

TEST(SchemaFault, LeavesTheHostsKeysToTheHost) {
  EXPECT_EQ(fault(R"({"properties": {"plugin": {"type": "string"}}})"),
            "at /properties/plugin: 'plugin' is a key of the host's own, which no plugin is given");
  EXPECT_EQ(fault_of_x(R"({"properties": {"plugin": {}}})"), "");
}

TEST(SchemaFault, FindsAFaultAtAnyDepth) {
  EXPECT_EQ(fault_of_x(R"({"type": "array", "items": {"properties": {"a/b": {"type": "text"}}}})")
                .find("at /properties/x/items/properties/a~1b/type: "),
            0U);
}

TEST(SchemaFault, GoesNoDeeperThanAnybodyNeeds) {
  auto schema = json::object();
  for (int i = 0; i < 100'000; ++i) schema = json{{"items", std::move(schema)}};
  EXPECT_EQ(fault_of_schema(schema).value_or(""), "at its top: it is nested more than 64 levels deep");
  auto in_default = json::object();
  for (int i = 0; i < 100; ++i) in_default = json::array({std::move(in_default)});
  EXPECT_NE(fault_of_schema({{"default", in_default}}).value_or("").find("nested"), std::string::npos);
}

TEST(SchemaFault, IsOneShortLineWhateverTheSchemaHolds) {
  const auto said = fault_of_schema({{"properties", {{std::string(10'000, 'k') + "\n\x1b", 5}}}}).value_or("");
  EXPECT_LT(said.size(), 300U);
  EXPECT_EQ(said.find_first_of("\n\x1b"), std::string::npos);
}

TEST(SchemaFault, IncludesWhatValijsonCannotRead) {
  for (const auto* schema : {R"({"maxProperties": "many"})", R"({"oneOf": 5})", R"({"patternProperties": 5})"})
    EXPECT_NE(fault(schema), "") << schema;
}

// A schema without fault is one that check_options() can work with: it never says "is broken".
TEST(SchemaFault, IsFoundWhereverTheCheckerWouldStumble) {
  for (const auto* schema : {R"({"type": "string", "pattern": "("})", R"({"type": "string", "pattern": 5})",
                             R"({"type": "string", "minLength": "two"})", R"({"type": 5, "maxLength": "x"})"})
    EXPECT_NE(fault_of_x(schema), "") << schema;
}

}  // namespace schema_fault_test
}  // namespace drcon::config
