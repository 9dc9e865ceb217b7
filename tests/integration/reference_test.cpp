// drcon schema and drcon reference, for the bundled plugins: what editors and readers get.
#include "config/configuration.hpp"
#include "config/schema_fault.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace drcon::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::HasSubstr;

const std::string schema_file = DRCON_SHARE "/drcon/drcon.schema.json";
const fs::path pages = DRCON_SHARE "/doc/drcon/reference";

run_result drcon(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), DRCON_BINARY);
  arguments.insert(arguments.end(), {"-c", "/dev/null"});
  return run(arguments);
}

json bundled() { return parsed_json(drcon({"plugins", "--json"}).out).at("plugins"); }

json options_of(const std::string& plugin) {
  return parsed_json(run({DRCON_BINARY, "plugins", "-c", "/dev/null", "--json", "show", plugin}).out);
}

// Debian's own python3, for which Debian's python3-jsonschema is.
run_result validate(const std::vector<std::string>& files) {
  std::vector<std::string> arguments{"/usr/bin/python3", "-B", DRCON_SOURCE_ROOT "/tests/support/validate_toml.py",
                                     schema_file};
  arguments.insert(arguments.end(), files.begin(), files.end());
  return run(arguments);
}

std::vector<std::string> files_of(const fs::path& directory, const std::string& extension) {
  std::vector<std::string> all;
  for (const auto& each : fs::recursive_directory_iterator(directory))
    if (each.path().extension() == extension) all.push_back(each.path().string());
  std::ranges::sort(all);
  return all;
}

TEST(Schema, IsAValidSchemaThatTakesEveryShippedFile) {
  const auto files = files_of(DRCON_SOURCE_ROOT "/config", ".toml");
  ASSERT_GT(files.size(), 5U);
  const auto said = validate(files);
  EXPECT_EQ(said.code, 0) << said.out << said.err;
}

TEST(Schema, MarksEachFaultAtItsOwnPlace) {
  const temp_dir directory;
  const auto file = (directory / "wrong.toml").string();
  write_file(file, R"(
    [source.consul]
    plugin  = "consul-http"
    wait    = "5 seconds"
    service = [{ match = "web-(a" }]
    [sink.edge]
    plugin = "nginxx"
    [sink.other]
    plugin = "nginx"
    file   = "/x"
    socket = "/run/haproxy.sock")");
  const auto said = validate({file});
  EXPECT_EQ(said.code, 1) << said.err;
  for (const auto* each :
       {"source.consul.wait: '5 seconds' does not match", "source.consul.service.0.match: 'web-(a' is not a 'regex'",
        "sink.edge.plugin: 'nginxx' is not one of", "sink.other: Additional properties are not allowed ('socket'"})
    EXPECT_THAT(said.out, HasSubstr(file + ": " + each));
  EXPECT_EQ(std::ranges::count(said.out, '\n'), 4) << said.out;
}

TEST(Schema, OfEachBundledPluginHasNoFault) {
  for (const auto& plugin : bundled()) {
    const auto options = options_of(plugin.at("name"));
    for (const auto* kind : {"source", "sink"})
      EXPECT_EQ(config::fault_of_schema(options.value(kind, json::object())).value_or(""), "") << plugin.at("name");
  }
}

// A library of somebody else's, in a directory of its own.
void make_plugin(const fs::path& directory) {
  write_file(directory / "mine.c", R"(
    #include <drcon/plugin.h>
    #include <stddef.h>
    static drcon_result create(const drcon_host* h, drcon_instance* i, const drcon_options* o, void** self) {
      (void)h, (void)i, (void)o;
      *self = NULL;
      return DRCON_OK;
    }
    static drcon_result start(void* self) { (void)self; return DRCON_OK; }
    static void stop(void* self) { (void)self; }
    static const drcon_source_type type = {
        .size = sizeof type, .create = create, .start = start, .stop = stop, .destroy = stop,
        .options = "{\"type\": \"object\", \"additionalProperties\": false, \"properties\": {"
                   "\"colour\": {\"type\": \"string\", \"enum\": [\"red\"], \"description\": \"Of the roof.\"}}}"};
    const drcon_plugin drcon_plugin_entry = {.magic = DRCON_MAGIC, .size = sizeof(drcon_plugin),
        .abi_major = DRCON_ABI_MAJOR, .abi_minor = DRCON_ABI_MINOR, .name = "mine", .version = "1.0",
        .summary = "Mine.", .source = &type};)");
  const auto made = run({"cc", "-std=c11", "-shared", "-fPIC", "-I" DRCON_SOURCE_ROOT "/sdk/include", "-o",
                         (directory / "mine.so").string(), (directory / "mine.c").string()});
  ASSERT_EQ(made.code, 0) << made.err;
  fs::permissions(directory / "mine.so", fs::perms(0644));
}

TEST(Schema, HasThePluginsOfOthersToo) {
  const temp_dir directory;
  make_plugin(directory.path());
  const auto by_option = parsed_json(drcon({"schema", "--plugin-dir", directory.path().string()}).out);
  EXPECT_EQ(by_option.at("/definitions/source-mine/properties/colour/enum"_json_pointer), json({"red"}));
  const auto config = directory / "drcon.toml";
  write_file(config, "[host]\nplugin_directories = [\"" + directory.path().string() + "\"]\n");
  EXPECT_EQ(parsed_json(run({DRCON_BINARY, "schema", "-c", config.string()}).out), by_option);
  EXPECT_THAT(drcon({"reference", "mine", "--plugin-dir", directory.path().string()}).out, HasSubstr("Of the roof."));
}

// Of Markdown's escapes the text has none.
std::string page_of(const std::string& name) {
  auto text = read_file(pages / (name + ".md"));
  std::erase(text, '\\');
  return text;
}

void expect_documented(const json& schema, const std::string& path, const std::string& page, const std::string& where) {
  const auto properties = schema.value("properties", json::object());
  for (const auto& [name, option] : properties.items()) {
    const auto whole = path + name;
    EXPECT_THAT(page, HasSubstr("### `" + whole + "`\n")) << where;
    auto told = option.value("description", "");
    std::erase(told, '\\');
    EXPECT_THAT(page, HasSubstr(told)) << where << " " << whole;
    const auto fallback = option.value("default", json());
    if (!fallback.is_structured() && !fallback.is_null()) told = "default `" + fallback.dump() + "`";
    EXPECT_THAT(page, HasSubstr(told)) << where << " " << whole;
    expect_documented(option, whole + ".", page, where);
    if (option.contains("items")) expect_documented(option["items"], whole + "[].", page, where);
  }
}

TEST(Reference, HasEveryOptionOfEveryBundledPlugin) {
  for (const auto& plugin : bundled()) {
    const std::string name = plugin.at("name");
    const auto page = page_of(name);
    EXPECT_THAT(page, HasSubstr("# " + name + "\n"));
    const auto options = options_of(name);
    for (const auto* kind : {"source", "sink"}) {
      if (!options.contains(kind)) continue;
      EXPECT_THAT(page, HasSubstr("## `[" + std::string(kind) + ".NAME]`\n"));
      expect_documented(options.at(kind), "", page, name);
    }
  }
}

TEST(Reference, HasEveryKeyOfTheHost) {
  const auto page = page_of("drcon.toml");
  for (const auto& [name, table] : config::host_schema().at("properties").items()) {
    if (name == "include") continue;
    const bool is_named = table.contains("additionalProperties") && table.at("additionalProperties").is_object();
    EXPECT_THAT(page, HasSubstr("## `[" + name + (is_named ? ".NAME]`\n" : "]`\n")));
    expect_documented(is_named ? table.at("additionalProperties") : table, "", page, name);
  }
  EXPECT_THAT(page, HasSubstr("### `include`\n"));
}

TEST(Reference, IsPrintedForPeople) {
  EXPECT_THAT(drcon({"reference"}).out, HasSubstr("[pipeline.NAME]\n"));
  EXPECT_THAT(drcon({"reference", "nginx"}).out, HasSubstr("  plugin = \"nginx\"\n"));
  EXPECT_EQ(drcon({"reference", "nginx"}).out, run({DRCON_BINARY, "plugins", "-c", "/dev/null", "show", "nginx"}).out);
  const auto none = drcon({"reference", "nothing"});
  EXPECT_EQ(none.code, 1);
  EXPECT_THAT(none.err, HasSubstr("there is no plugin 'nothing'"));
  EXPECT_THAT(run({DRCON_BINARY, "reference", "ngnix"}).err,
              HasSubstr("there is no plugin 'ngnix'; did you mean 'nginx'? 'drcon plugins' lists what there is\n"));
}

TEST(Reference, IsOneOrAll) { EXPECT_EQ(drcon({"reference", "nginx", "--output", "/nowhere"}).code, 2); }

TEST(Reference, ReportsWhereItCannotBeWritten) {
  const auto said = drcon({"reference", "--output", "/dev/null/pages"});
  EXPECT_EQ(said.code, 3);
  EXPECT_THAT(said.err, HasSubstr("cannot write /dev/null/pages/"));
}

TEST(Reference, MakesManualPagesThatManTakesAsTheyAre) {
  const temp_dir directory;
  const auto made =
      run({DRCON_BINARY, "reference", "-c", "/dev/null", "--format", "man", "--output", directory.path().string()},
          {"SOURCE_DATE_EPOCH=1700000000"});
  ASSERT_EQ(made.code, 0) << made.err;
  auto files = files_of(directory.path(), ".7");
  EXPECT_EQ(files.size(), bundled().size());
  files.push_back((directory / "man5/drcon.toml.5").string());
  std::vector<std::string> lint{"mandoc", "-T", "lint", "-W", "warning"};
  lint.insert(lint.end(), files.begin(), files.end());
  const auto said = run(lint);
  EXPECT_EQ(said.code, 0) << said.out << said.err;
  EXPECT_THAT(read_file(files.back()), HasSubstr("\"2023-11-14\""));
}

}  // namespace
}  // namespace drcon::test
