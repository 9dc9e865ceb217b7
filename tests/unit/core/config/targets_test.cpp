#include "config/targets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drcon::config {
namespace {

using testing::HasSubstr;

const char* const schema_of_files = R"({ "type": "object", "properties": {
  "file": { "type": "array", "items": { "type": "object", "properties": {
    "path": { "type": "string", "format": "path", "target": true }, "mode": { "type": "string" } } } } } })";
const char* const schema_of_one_file = R"({ "type": "object", "properties": {
  "file": { "type": "string", "format": "path", "target": true }, "check": { "type": "string" } } })";
const char* const schema_of_a_socket = R"({ "type": "object", "properties": {
  "socket": { "type": "string", "target": true }, "prefix": { "type": "string", "target": true } } })";

class Targets : public testing::Test {
protected:
  void add(const std::string& name, const std::string& plugin, const char* options) {
    instance_config made{.name = name, .plugin = plugin, .options = nlohmann::json::parse(options)};
    made.where = {"drcon.toml", static_cast<int>(sinks_.size()) + 1, 1};
    sinks_.emplace(name, std::move(made));
  }
  std::string faults() const {
    const plugin_catalog plugins{
        .schema = [](kind, const std::string& plugin) -> std::optional<nlohmann::json> {
          if (plugin == "files") return nlohmann::json::parse(schema_of_files);
          return nlohmann::json::parse(plugin == "socket" ? schema_of_a_socket : schema_of_one_file);
        },
        .names = {}};
    diagnostics found;
    check_targets(sinks_, plugins, found);
    return found.text();
  }
  std::map<std::string, instance_config> sinks_;
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

TEST_F(Targets, WhatIsNotMarkedMayBeTheSame) {
  add("a", "nginx", R"({ "file": "/etc/x.conf", "check": "true" })");
  add("b", "nginx", R"({ "file": "/etc/y.conf", "check": "true" })");
  EXPECT_EQ(faults(), "");
}

}  // namespace
}  // namespace drcon::config
