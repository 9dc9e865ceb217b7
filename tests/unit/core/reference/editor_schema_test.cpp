// What an editor says by our schema, and what the host says by its own checker: the same, but for what no schema can
// say.
#include "reference/editor_schema.hpp"

#include "config/json_schema_check.hpp"
#include "config/schema_check.hpp"
#include "support/temp_dir.hpp"
#include "unit/core/config/known_plugins.hpp"

#include <drcon/toml.hpp>

#include <gtest/gtest.h>

#include <parsed_json.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace drcon::reference {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// As Taplo makes JSON of TOML: times as strings.
json to_json(const toml::table& table) {
  std::ostringstream text;
  text << toml::json_formatter(table);
  return parsed_json(text.str());
}

bool is_valid(const json& schema, const json& document) { return !config::mismatch_with(schema, &document); }

// The bundled plugins that the golden configurations use.
std::vector<plugin_facts> known_facts() {
  return {{"consul-http", "1.0.0", "Watches Consul.", parsed_json(config::consul_schema), {}},
          {"file", "1.0.0", "Reads a file.", parsed_json(config::file_schema), {}},
          {"nginx", "1.0.0", "Writes upstreams.", {}, parsed_json(config::nginx_schema)}};
}

bool is_valid(const std::string& toml) { return is_valid(editor_schema(known_facts()), to_json(toml::parse(toml))); }

TEST(EditorSchema, KnowsTheNamesOfEarlierVersions) {
  auto facts = known_facts();
  auto& options = *facts.at(1).source;
  options["properties"]["poll"] = {{"type", "integer"}, {"formerly", {"interval"}}};
  options["gone"] = {{"threads", "Remove it."}};
  const auto schema = editor_schema(facts);
  const auto& own = schema.at("definitions").at("source-file");
  EXPECT_EQ(own.at("properties").at("interval").at("description"), "Now called `poll`.");
  EXPECT_FALSE(own.contains("gone"));
  EXPECT_FALSE(own.at("properties").at("poll").contains("formerly"));
  const auto valid = [&](const std::string& line) {
    return is_valid(schema, to_json(toml::parse("[source.s]\nplugin = \"file\"\npath = \"p\"\n" + line)));
  };
  EXPECT_TRUE(valid("interval = 5"));
  EXPECT_FALSE(valid("interval = \"5\""));
  EXPECT_FALSE(valid("threads = 5"));
}

TEST(EditorSchema, TakesAWholeConfiguration) {
  EXPECT_TRUE(is_valid(R"(
    include = ["pipelines.d/*.toml"]
    [host]
    stop_deadline = "10s"
    [source.consul]
    plugin = "consul-http"
    token = { file = "/run/token" }
    service = [{ name = "web", health = "warning" }]
    [sink.edge]
    plugin = "nginx"
    file = "/etc/nginx/conf.d/web.conf"
    [pipeline.web]
    sources = ["consul"]
    sinks = ["edge"]
    brake = { max_removed = "12.5%", hold = "0" })"));
}

TEST(EditorSchema, RequiresNothingThatAnIncludedFileMayLack) {
  EXPECT_TRUE(is_valid(""));
  EXPECT_TRUE(is_valid("[pipeline.web]\nsources = ['a']\nsinks = ['b']\n"));
  EXPECT_TRUE(is_valid("[log]\nlevel = 'debug'\n"));
}

TEST(EditorSchema, KnowsAnotherPluginsOptionsFromThoseOfThisOne) {
  EXPECT_TRUE(is_valid("[source.a]\nplugin = 'file'\npath = '/x'\n"));
  EXPECT_FALSE(is_valid("[source.a]\nplugin = 'file'\npath = '/x'\nwait = '5s'\n"));
  EXPECT_FALSE(is_valid("[source.a]\nplugin = 'consul-http'\npath = '/x'\n"));
  EXPECT_FALSE(is_valid("[source.a]\nplugin = 'file'\n"));
}

TEST(EditorSchema, KnowsWhichPluginIsASourceAndWhichASink) {
  EXPECT_TRUE(is_valid("[sink.a]\nplugin = 'nginx'\nfile = '/x'\n"));
  EXPECT_FALSE(is_valid("[source.a]\nplugin = 'nginx'\nfile = '/x'\n"));
  EXPECT_FALSE(is_valid("[sink.a]\nplugin = 'none'\n"));
  EXPECT_FALSE(is_valid("[sink.a]\nfile = '/x'\n"));
}

TEST(EditorSchema, TakesAnyPluginWhereItKnowsNone) {
  const auto schema = editor_schema({});
  EXPECT_TRUE(is_valid(schema, to_json(toml::parse("[source.a]\nplugin = 'x'\nb = 1\n"))));
  EXPECT_FALSE(is_valid(schema, to_json(toml::parse("[log]\nlevle = 'x'\n"))));
}

// Taplo offers what the branches of an anyOf have, and says what each plugin is for.
TEST(EditorSchema, OffersThePluginsAndTheirOptions) {
  const auto schema = editor_schema(known_facts());
  const auto& source = schema.at("/properties/source/additionalProperties"_json_pointer);
  EXPECT_EQ(source.at("/properties/plugin/enum"_json_pointer), json({"consul-http", "file"}));
  EXPECT_EQ(source.at("/properties/plugin/x-taplo/docs/enumValues"_json_pointer),
            json({"Watches Consul.", "Reads a file."}));
  EXPECT_EQ(source.at("/anyOf/2/$ref"_json_pointer), "#/definitions/source-file");
  const auto& file = schema.at("/definitions/source-file"_json_pointer);
  EXPECT_EQ(file.at("/properties/path/x-taplo/docs/main"_json_pointer), "**file**: A path.");
  EXPECT_EQ(file.at("properties").at("plugin"), source.at("properties").at("plugin"));
}

TEST(EditorSchema, SaysInWordsWhatAPatternMeans) {
  const auto schema = editor_schema(known_facts());
  const auto text = schema.at("/properties/host/properties/stop_deadline/description"_json_pointer).get<std::string>();
  EXPECT_NE(text.find("A duration such as \"250ms\" or \"1m30s\"."), std::string::npos) << text;
  EXPECT_NE(text.find("Default: `\"10s\"`."), std::string::npos) << text;
}

// Ours mean nothing, or something else, to others: draft 2019-09's duration is PT5S.
void expect_no_word_of_ours(const json& schema, const std::string& at) {
  if (!schema.is_structured()) return;
  const auto word = [&schema](const char* key) { return schema.is_object() ? schema.value(key, json()) : json(); };
  EXPECT_TRUE(!word("format").is_string() || word("format") == "regex") << at;
  EXPECT_FALSE(word("secret").is_boolean()) << at;
  for (const auto& [key, each] : schema.items()) expect_no_word_of_ours(each, at + "/" + key);
}

TEST(EditorSchema, HasNoWordThatIsOurs) { expect_no_word_of_ours(editor_schema(known_facts()), ""); }

struct sample {
  std::string schema, value;
};
void PrintTo(const sample& from, std::ostream* out) { *out << from.schema << " " << from.value; }

class EditorAndHost : public ::testing::TestWithParam<sample> {};

TEST_P(EditorAndHost, AgreeOnAValue) {
  const json options{
      {"type", "object"}, {"additionalProperties", false}, {"properties", {{"x", parsed_json(GetParam().schema)}}}};
  const auto document = toml::parse("[sink.s]\nplugin = 'p'\nx = " + GetParam().value + "\n");
  config::diagnostics found;
  config::check_options({.table = *document["sink"]["s"].as_table(),
                         .where = {},
                         .title = "[sink.s]",
                         .directory = "/",
                         .reserved = {"plugin"}},
                        options, found);
  EXPECT_EQ(is_valid(editor_schema({{"p", "", "", {}, options}}), to_json(document)), !found.has_errors())
      << found.text();
}

std::vector<sample> samples() {
  const std::map<std::string, std::vector<std::string>> values{
      {"duration", {"0",   "0s",        "5s",  "1m30s", "1.5h", "250ms",  "10us", "7ns", "1d",     "",     "5",
                    "5 s", "5 seconds", "-1s", "1.s",   ".5s",  "1.2.3s", "s",    "1S",  "1m 30s", "PT5S", "00"}},
      {"size", {"0", "64KiB", "10MB", "1B", "5kB", "1GiB", "", "64 K", "1.5MB", "KiB", "1MBx", "-1", "1kb"}},
      {"percent",
       {"0%", "50%", "100%", "12.5%", "100.0%", "050%", "", "50", "%", "101%", "100.1%", "-1%", "1 %", "1000%"}},
      {"address",
       {"127.0.0.1:8500", "[::1]:0", "[fe80::1%eth0]:1", "consul.local:65535", "localhost:080", "a_b.c.:1", "",
        "127.0.0.1", "::1:8500", "consul:65536", ":80", "a b:1", "[127.0.0.1]:1", "a:-1", "a:", "-a:1", ".a:1",
        "a..b:1", "a:99999"}},
      {"url",
       {"http://127.0.0.1:8500", "https://[::1]/x", "unix://socket/x", "http://h:1/?q#f", "http://u:p@h/", "",
        "127.0.0.1:8500", "http:///x", "http://a b/", "/path", "http://", "http://:80/", "http://@/"}},
      {"path", {"a", "/a/b c", "", "a\\u0000b"}},
  };
  std::vector<sample> all;
  for (const auto& [format, texts] : values)
    for (const auto& text : texts)
      all.push_back({R"({"type": "string", "format": ")" + format + "\"}", "\"" + text + "\""});
  const std::string empty_path = R"({"type": "string", "format": "path", "default": ""})";
  const std::string zero_length = R"({"type": "string", "format": "path", "minLength": 0})";
  const std::string secret = R"({"type": "string", "secret": true, "minLength": 3, "format": "duration"})";
  const std::string both = R"({"type": "string", "format": "duration", "pattern": "s$"})";
  const std::string list =
      R"({"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "object", "required": ["a"],
                               "additionalProperties": false, "properties": {"a": {"type": "string", "format": "size"}}}})";
  const std::string table = R"({"type": "object", "additionalProperties": {"type": "string", "format": "percent"}})";
  const std::string either =
      R"({"oneOf": [{"type": "string", "format": "duration"}, {"type": "integer", "minimum": 3}]})";
  for (const auto& each : std::vector<sample>{{empty_path, "\"\""},
                                              {zero_length, "\"\""},
                                              {empty_path, "\"a\""},
                                              {secret, "\"10s\""},
                                              {secret, "\"1s\""},
                                              {secret, "\"seconds\""},
                                              {secret, "{}"},
                                              {secret, "5"},
                                              {secret, "{ env = 5 }"},
                                              {secret, "{ vault = 'x' }"},
                                              {secret, "{ file = 'a', env = 'b' }"},
                                              {both, "'5s'"},
                                              {both, "'5m'"},
                                              {both, "'xs'"},
                                              {list, "[]"},
                                              {list, "[{ a = '1MB' }]"},
                                              {list, "[{ a = '1Mb' }]"},
                                              {list, "[{}]"},
                                              {list, "[{ a = '1', b = 2 }]"},
                                              {list, "[{ a = '1' }, { a = '1' }, { a = '1' }]"},
                                              {table, "{ k = '5%' }"},
                                              {table, "{ k = '5' }"},
                                              {either, "'5s'"},
                                              {either, "5"},
                                              {either, "2"},
                                              {R"({"type": "integer", "maximum": 5})", "6"},
                                              {R"({"type": "integer"})", "'6'"},
                                              {R"({"type": "string", "enum": ["a", "b"]})", "'c'"},
                                              {R"({"type": "boolean"})", "true"},
                                              {R"({"type": "number"})", "inf"},
                                              {R"({"type": "string"})", "5"}})
    all.push_back(each);
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, EditorAndHost, ::testing::ValuesIn(samples()));

// Where the host finds a fault and the schema cannot, by what the fault is.
const std::map<std::string, std::string> beyond_a_schema{
    {"bad-regex",
     "no pattern tells whether a text is a regular expression; `format` is there for editors that judge it"},
    {"duplicate-across-includes", "of two files, each is sound"},
    {"include-cycle", "of two files, each is sound"},
    {"include-missing", "whether a file is there"},
    {"no-pipelines", "an included file may have none, and no file says of itself that it is the main one"},
    {"secret-file-missing", "whether a file is there"},
    {"secret-variable-missing", "whether a variable is set"},
    {"undefined-source", "a name may be that of a table in another file"},
    {"wait-min-above-default-max", "two values are compared"},
    {"wait-min-above-max", "two values are compared"},
};

bool all_files_are_valid(const fs::path& directory) {
  const auto schema = editor_schema(known_facts());
  for (const auto& each : fs::recursive_directory_iterator(directory)) {
    if (each.path().extension() != ".toml") continue;
    try {
      if (!is_valid(schema, to_json(toml::parse_file(each.path().string())))) return false;
    } catch (const toml::parse_error&) {  // an editor tells that by itself
      return false;
    }
  }
  return true;
}

TEST(EditorSchema, FindsWhateverFaultASchemaCanFind) {
  for (const auto& each : fs::directory_iterator(fs::path(DRCON_SOURCE_ROOT) / "tests/golden/config")) {
    const auto name = each.path().filename().string();
    EXPECT_EQ(all_files_are_valid(each.path()), beyond_a_schema.contains(name)) << name;
  }
}

}  // namespace
}  // namespace drcon::reference
