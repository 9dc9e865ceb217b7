#include "config/targets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <parsed_json.hpp>

#include <filesystem>

namespace drcon::config {
namespace {

using ::testing::HasSubstr;

const char* const schema_of_files = R"({ "type": "object", "properties": {
  "file": { "type": "array", "items": { "type": "object", "properties": {
    "path": { "type": "string", "format": "path", "target": true, "any_name": "{{name}}" }, "mode": { "type": "string" },
    "template": { "type": "string", "format": "path", "reads": "always" },
    "backup": { "type": "boolean", "target": "{path}.bak" } } } },
  "below": { "type": "array", "items": { "type": "string", "format": "path" }, "targets_below": true } } })";
const char* const schema_of_a_source = R"({ "type": "object", "properties": {
  "path": { "type": "string", "format": "path", "reads": "always" },
  "inner": { "type": "object", "properties": { "path": { "type": "string", "format": "path", "reads": "always" } } },
  "list": { "type": "array", "items": { "type": "object", "properties": {
    "path": { "type": "string", "format": "path", "reads": "always" } } } },
  "certificate": { "type": "string", "format": "path", "reads": true } } })";
const char* const schema_of_one_file = R"({ "type": "object", "properties": {
  "file": { "type": "string", "format": "path", "target": true }, "check": { "type": "string" } } })";
const char* const schema_of_a_socket = R"({ "type": "object", "properties": {
  "socket": { "type": "string", "target": true },
  "mode": { "type": "string", "default": "dynamic" },
  "prefix": { "type": "string", "target": { "of": "mode", "dynamic": "drcon-", "slots": "drcon" }, "is_prefix": true },
  "state_file": { "type": "string", "format": "path", "target": true } } })";
const char* const schema_of_an_owner = R"({ "type": "object", "properties": {
  "address": { "type": "string", "target": true }, "owner": { "type": "string", "target": "{name}" } } })";

class Targets : public ::testing::Test {
protected:
  void add(const std::string& name, const std::string& plugin, const char* options) {
    instance_config made{.name = name, .plugin = plugin, .options = parsed_json(options)};
    made.where = {"drcon.toml", static_cast<int>(all_.sinks.size()) + 1, 1};
    all_.sinks.emplace(name, std::move(made));
  }
  void add_source(const std::string& name, const char* options) {
    all_.sources.emplace(name, instance_config{.name = name, .plugin = "source", .options = parsed_json(options)});
  }
  std::string faults() const {
    const plugin_catalog plugins{.schema = [](kind, const std::string& plugin) -> std::optional<nlohmann::json> {
                                   if (plugin == "source") return parsed_json(schema_of_a_source);
                                   if (plugin == "files") return parsed_json(schema_of_files);
                                   if (plugin == "owner") return parsed_json(schema_of_an_owner);
                                   return parsed_json(plugin == "socket" ? schema_of_a_socket : schema_of_one_file);
                                 },
                                 .names = {}};
    diagnostics found;
    check_targets(all_, {"/etc/drcon/drcon.toml", "/etc/drcon/pipelines.d/a.toml"}, plugins, found);
    return found.text();
  }
  configuration all_;
};

TEST_F(Targets, TwoSinksMayNotHaveOneFile) {
  add("a", "nginx", R"({ "file": "/etc/x.conf" })");
  add("b", "nginx", R"({ "file": "/etc/../etc//x.conf" })");
  EXPECT_EQ(faults(),
            "drcon.toml:2:1: error: the target /etc/../etc//x.conf of [sink.b] is that of [sink.a] as well; two sinks "
            "would undo each other's work: let the pipelines share one of them, or give each a target of its own\n");
}

TEST_F(Targets, AFileIsOneTargetForAllPlugins) {
  add("a", "nginx", R"({ "file": "/etc/x.conf" })");
  add("b", "files", R"({ "file": [{ "path": "/etc/y.conf" }, { "path": "/etc/x.conf" }] })");
  EXPECT_THAT(faults(), HasSubstr("the target /etc/x.conf of [sink.b] is that of [sink.a] as well"));
}

TEST_F(Targets, ANameOfTheRegistryMayNotMakeAFileThatOfAnotherSink) {
  add("a", "nginx", R"({ "file": "/d/web.conf" })");
  add("b", "files", R"({ "file": [{ "path": "/d/{{name}}.conf" }] })");
  EXPECT_EQ(faults(),
            "drcon.toml:2:1: error: the target /d/{{name}}.conf of [sink.b] and the target /d/web.conf of [sink.a] at "
            "drcon.toml:1:1 may be one file: the registry has the names of what is written there; choose paths that "
            "cannot be the same, such as in directories of their own\n");
}

TEST_F(Targets, TwoPatternsMayNotHaveAFileInCommon) {
  add("a", "files", R"({ "file": [{ "path": "/d/{{name}}.conf" }] })");
  add("b", "files", R"({ "file": [{ "path": "/d/x-{{name}}.conf" }] })");
  EXPECT_THAT(faults(), HasSubstr("may be one file"));
}

TEST_F(Targets, APatternMayNotBeAnotherFileOfItsOwnSink) {
  add("a", "files", R"({ "file": [{ "path": "/d/{{name}}.conf" }, { "path": "/d/all.conf" }] })");
  EXPECT_THAT(faults(), HasSubstr("may be one file"));
}

TEST_F(Targets, APatternMayNotBeAFileOfTheConfiguration) {
  add("a", "files", R"({ "file": [{ "path": "/etc/drcon/pipelines.d/{{name}}.toml" }] })");
  EXPECT_THAT(faults(), HasSubstr("is with a name that the registry may have a file of drcon's configuration"));
}

TEST_F(Targets, FilesThatCannotBeTheSameArePermitted) {
  add("a", "files", R"({ "file": [{ "path": "/d/a-{{name}}.conf" }, { "path": "/d/b-{{name}}.conf" }] })");
  add("b", "files", R"({ "file": [{ "path": "/d/{{name}}.json" }, { "path": "/d/sub/{{name}}.conf" }] })");
  add("c", "nginx", R"({ "file": "/d/c.conf" })");
  EXPECT_EQ(faults(), "");
}

TEST_F(Targets, AFileOfAnotherSinkMayNotBeBelowADirectoryThatASinkWritesTo) {
  add("a", "nginx", R"({ "file": "/d/sub/web.conf" })");
  add("b", "files", R"({ "file": [{ "path": "/d/own.conf" }], "below": ["/e", "/d"] })");
  add("c", "files", R"({ "file": [{ "path": "/e/{{name}}.conf" }] })");
  EXPECT_EQ(faults(),
            "drcon.toml:2:1: error: the target /d of [sink.b] and the target /d/sub/web.conf of [sink.a] at "
            "drcon.toml:1:1 may be one file: the registry has the names of what is written there; let the sink write "
            "below a directory that has no target of another sink\n"
            "drcon.toml:3:1: error: the target /e/{{name}}.conf of [sink.c] and the target /e of [sink.b] at "
            "drcon.toml:2:1 may be one file: the registry has the names of what is written there; let the sink write "
            "below a directory that has no target of another sink\n");
}

TEST_F(Targets, TwoSinksMayWriteBelowOneDirectory) {
  add("a", "files", R"({ "file": [{ "path": "/d/own.conf" }], "below": ["/e"] })");
  add("b", "files", R"({ "file": [{ "path": "/d/other.conf" }], "below": ["/e", "/eels"] })");
  EXPECT_EQ(faults(), "");
}

TEST_F(Targets, OneSinkMayNotWriteOneFileTwice) {
  add("a", "files", R"({ "file": [{ "path": "/etc/x.conf" }, { "path": "/etc/x.conf" }] })");
  EXPECT_THAT(faults(), HasSubstr("is that of another of its entries; remove one of them"));
}

TEST_F(Targets, SeveralOptionsOfOneTableNameOneTargetTogether) {
  add("a", "socket", R"({ "socket": "/run/s", "prefix": "a" })");
  add("b", "socket", R"({ "socket": "/run/s", "prefix": "b" })");
  EXPECT_EQ(faults(), "");
  add("c", "socket", R"({ "socket": "/run/s", "prefix": "b" })");
  EXPECT_THAT(faults(), HasSubstr("the target b, /run/s of [sink.c] is that of [sink.b] as well"));
}

TEST_F(Targets, AFileBesideOtherOptionsIsATargetOfItsOwn) {
  add("a", "socket", R"({ "socket": "/run/s", "prefix": "a", "state_file": "/var/x.state" })");
  add("b", "socket", R"({ "socket": "/run/s", "prefix": "b", "state_file": "/var/y.state" })");
  add("c", "socket", R"({ "socket": "/run/t", "prefix": "b", "state_file": "" })");
  add("d", "socket", R"({ "socket": "/run/u", "prefix": "b", "state_file": "" })");
  EXPECT_EQ(faults(), "");
  add("e", "socket", R"({ "socket": "/run/v", "prefix": "b", "state_file": "/var/./x.state" })");
  EXPECT_THAT(faults(), HasSubstr("the target /var/./x.state of [sink.e] is that of [sink.a] as well"));
  add("f", "socket", R"({ "socket": "/run/s", "prefix": "a", "state_file": "/var/z.state" })");
  EXPECT_THAT(faults(), HasSubstr("the target a, /run/s of [sink.f] is that of [sink.a] as well"));
}

TEST_F(Targets, WhatIsLeftOutIsWhatThePluginTakesThen) {
  add("a", "socket", R"({ "socket": "/run/s", "mode": "dynamic" })");
  add("b", "socket", R"({ "socket": "/run/s", "prefix": "drcon-" })");
  EXPECT_THAT(faults(), HasSubstr("of [sink.b] is that of [sink.a] as well"));
}

// A name that begins with "drcon-1" begins with "drcon-" as well: whose is it?
TEST_F(Targets, APrefixMayNotBeginWithThatOfAnotherSink) {
  for (const auto& [one, other] : {std::pair("drcon-", "drcon-1"), std::pair("drcon-1", "drcon-")}) {
    all_.sinks.clear();
    add("a", "socket", nlohmann::json{{"socket", "/run/s"}, {"prefix", one}}.dump().c_str());
    add("b", "socket", nlohmann::json{{"socket", "/run/s"}, {"prefix", other}}.dump().c_str());
    all_.sinks.at("b").positions.emplace("/prefix", position{"drcon.toml", 7, 10});
    EXPECT_EQ(faults(),
              "drcon.toml:7:10: error: the target " + std::string(other) +
                  ", /run/s of [sink.b] overlaps with that of [sink.a]: '" + other + "' and '" + one +
                  "' begin alike to the end of the shorter one, so that names of one could be taken for names "
                  "of the other; choose prefixes of which none begins with another, such as 'a-' and 'b-'\n");
  }
  all_.sinks.clear();
  add("a", "socket", R"({ "socket": "/run/s", "mode": "dynamic" })");
  add("b", "socket", R"({ "socket": "/run/s", "prefix": "drcon-b-" })");
  EXPECT_THAT(faults(), HasSubstr("drcon.toml:2:1: error: the target drcon-b-, /run/s of [sink.b] overlaps"))
      << "the prefix that is taken by default counts as well";
  all_.sinks.clear();
  add("a", "socket", R"({ "socket": "/run/s", "prefix": "a-" })");
  add("b", "socket", R"({ "socket": "/run/s", "prefix": "b-" })");
  add("c", "socket", R"({ "socket": "/run/t", "prefix": "a-1" })");
  EXPECT_EQ(faults(), "");
}

TEST_F(Targets, ThePrefixThatIsTakenByDefaultIsThatOfTheMode) {
  add("a", "socket", R"({ "socket": "/run/s", "mode": "slots" })");
  add("b", "socket", R"({ "socket": "/run/s", "mode": "slots", "prefix": "drcon1" })");
  EXPECT_THAT(faults(), HasSubstr("the target drcon1, /run/s of [sink.b] overlaps"));
}

TEST_F(Targets, OneOwnerAtOneAddressIsOneTarget) {
  add("a", "owner", R"({ "address": "http://127.0.0.1:8500" })");
  add("b", "owner", R"({ "address": "http://127.0.0.1:8500" })");
  EXPECT_EQ(faults(), "") << "by default each has its own name for owner";
  add("c", "owner", R"({ "address": "http://127.0.0.1:8500", "owner": "b" })");
  EXPECT_THAT(faults(), HasSubstr("of [sink.c] is that of [sink.b] as well"));
}

TEST_F(Targets, TwoNamesOfOneAddressAreOneTarget) {
  const auto directory = std::filesystem::temp_directory_path() / ("targets-" + std::to_string(::getpid()));
  std::filesystem::create_directories(directory / "real");
  std::filesystem::create_directory_symlink(directory / "real", directory / "link");
  const auto place = [&](const char* name) { return (directory / name).string(); };
  const auto are_one = [&](const std::string& one, const std::string& other) {
    all_.sinks.clear();
    add("a", "owner", nlohmann::json{{"address", one}, {"owner", "x"}}.dump().c_str());
    add("b", "owner", nlohmann::json{{"address", other}, {"owner", "x"}}.dump().c_str());
    return !faults().empty();
  };
  EXPECT_TRUE(are_one(place("real/s"), place("link/s")));
  EXPECT_TRUE(are_one(place("real/s"), "unix://" + place("link/s")));
  EXPECT_TRUE(are_one("http://localhost:8500", "http://127.0.0.1:8500/"));
  EXPECT_TRUE(are_one("http://LOCALHOST:80", "http://127.0.0.1"));
  EXPECT_TRUE(are_one("127.0.0.1:9999", "[::ffff:127.0.0.1]:9999"));
  EXPECT_TRUE(are_one("[0:0::1]:9999", "[::1]:9999"));
  EXPECT_FALSE(are_one("http://127.0.0.1:8500", "http://127.0.0.1:8501"));
  EXPECT_FALSE(are_one("http://127.0.0.1:8500", "http://127.0.0.2:8500"));
  EXPECT_FALSE(are_one(place("real/s"), place("real/t")));
  std::filesystem::remove_all(directory);
}

TEST_F(Targets, ASinkMayNotWriteOverWhatAnotherOfItsOptionsNames) {
  add("a", "files", R"({ "file": [{ "path": "/etc/t", "template": "/etc/t" }] })");
  EXPECT_EQ(faults(),
            "drcon.toml:1:1: error: the target /etc/t of [sink.a] is what its option 'template' names; the sink would "
            "write over it: give the sink another target\n");
  all_.sinks.clear();
  add("a", "files",
      R"({ "file": [{ "path": "/etc/u", "template": "/etc/t" }, { "path": "/etc/t", "template": "/etc/v" }] })");
  EXPECT_THAT(faults(), HasSubstr("the target /etc/t of [sink.a] is what its option 'template' names"));
  all_.sinks.clear();
  add("a", "files", R"({ "file": [{ "path": "/etc/nginx.conf", "template": "/etc/t" }] })");
  add("b", "files", R"({ "file": [{ "path": "/etc/u", "template": "/etc/nginx.conf" }] })");
  EXPECT_EQ(faults(), "") << "one sink may write what another one reads";
}

TEST_F(Targets, ASinkMayNotWriteOverWhatASourceReadsAllTheTime) {
  add_source("s", R"({ "path": "/etc/hosts.toml", "inner": { "path": "/etc/in" }, "list": [{ "path": "/etc/li" }],
                      "certificate": "/etc/ca.pem" })");
  for (const std::string file : {"/etc/hosts.toml", "/etc/in", "/etc/li"}) {
    all_.sinks.clear();
    add("a", "nginx", nlohmann::json{{"file", file}}.dump().c_str());
    EXPECT_THAT(faults(), HasSubstr("the target " + file + " of [sink.a] is what [source.s] reads; "));
  }
  all_.sinks.clear();
  add("a", "nginx", R"({ "file": "/etc/ca.pem" })");
  EXPECT_EQ(faults(), "") << "a certificate may well be rendered";
}

TEST_F(Targets, ASinkMayNotWriteOverTheStateOfDrcon) {
  all_.host.state_directory = "/var/lib/drcon";
  for (const char* name : {"lock", "web.state", "web.state.1", "web.state.outdated", "web.state.damaged",
                           "web.state.left", "web.paused", "web.paused.left"}) {
    all_.sinks.clear();
    add("a", "nginx", nlohmann::json{{"file", std::string("/var/lib/../lib/drcon/") + name}}.dump().c_str());
    EXPECT_THAT(faults(), HasSubstr("is a file of drcon's own state; ")) << name;
  }
  for (const char* path : {"/var/lib/drcon/{{name}}", "/var/lib/drcon/x-{{name}}", "/var/lib/drcon/{{name}}.paused"}) {
    all_.sinks.clear();
    add("a", "files", nlohmann::json{{"file", {{{"path", path}}}}}.dump().c_str());
    EXPECT_THAT(faults(), HasSubstr("is with a name that the registry may have one of drcon's own state")) << path;
  }
  for (const char* path : {"/var/lib/drcon/{{name}}.conf", "/var/lib/drcon/web/{{name}}", "/var/lib/drcon/up.conf",
                           "/var/lib/other/web.state"}) {
    all_.sinks.clear();
    add("a", "files", nlohmann::json{{"file", {{{"path", path}}}}}.dump().c_str());
    EXPECT_EQ(faults(), "") << path;
  }
}

TEST_F(Targets, ASinkMayNotWriteOverFilesOfDrconItself) {
  all_.host.log.file = "/var/log/drcon.log";
  all_.host.admin.private_key = "/etc/drcon/key.pem";
  for (const auto& [file, what] : {std::pair("/etc/drcon/../drcon/drcon.toml", "a file of drcon's configuration"),
                                   std::pair("/etc/drcon/pipelines.d/a.toml", "a file of drcon's configuration"),
                                   std::pair("/var/log/drcon.log", "the 'file' of [log]"),
                                   std::pair("/etc/drcon/key.pem", "the private key of [admin]")}) {
    all_.sinks.clear();
    add("a", "nginx", nlohmann::json{{"file", file}}.dump().c_str());
    EXPECT_THAT(faults(), HasSubstr(std::string("of [sink.a] is ") + what)) << file;
  }
}

TEST_F(Targets, AFileThatAnOptionAddsIsATargetOfItsOwn) {
  add("a", "files", R"({ "file": [{ "path": "/etc/out", "backup": true }] })");
  add("b", "nginx", R"({ "file": "/etc/out.bak" })");
  EXPECT_THAT(faults(), HasSubstr("the target /etc/out.bak of [sink.b] is that of [sink.a] as well"));
  all_.sinks.clear();
  add("a", "files", R"({ "file": [{ "path": "/etc/out", "backup": false }] })");
  add("b", "nginx", R"({ "file": "/etc/out.bak" })");
  EXPECT_EQ(faults(), "");
  add("c", "files",
      R"({ "file": [{ "path": "/etc/v", "backup": true }, { "path": "/etc/w", "template": "/etc/v.bak" }] })");
  EXPECT_THAT(faults(), HasSubstr("the target /etc/v.bak of [sink.c] is what its option 'template' names"));
}

TEST_F(Targets, WhatIsNotMarkedMayBeTheSame) {
  add("a", "nginx", R"({ "file": "/etc/x.conf", "check": "true" })");
  add("b", "nginx", R"({ "file": "/etc/y.conf", "check": "true" })");
  EXPECT_EQ(faults(), "");
}

TEST(WrittenPaths, AreTheFilesThatASinkOwnsHoweverItNamesThem) {
  const auto of = [](const char* schema, const char* options) {
    return written_paths({.name = "a", .plugin = "p", .options = parsed_json(options)}, parsed_json(schema));
  };
  EXPECT_THAT(of(schema_of_files, R"({ "file": [{ "path": "/d/{{name}}.conf", "backup": true, "template": "/t" },
                                                { "path": "/d/y", "backup": false }], "below": ["/e"] })"),
              ::testing::UnorderedElementsAre("/d/{{name}}.conf", "/d/{{name}}.conf.bak", "/d/y", "/e/*"));
  EXPECT_THAT(of(schema_of_a_socket, R"({ "socket": "/run/s", "state_file": "/d/state" })"),
              ::testing::ElementsAre("/d/state"));
  EXPECT_THAT(of(schema_of_a_socket, R"({ "socket": "/run/s", "state_file": "" })"), ::testing::IsEmpty());
}

}  // namespace
}  // namespace drcon::config
