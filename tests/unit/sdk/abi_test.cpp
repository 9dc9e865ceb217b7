// The frozen C ABI: its layout, and what was built against its first header.
#include "plugins/library.hpp"
#include "support/plugin_harness.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

#include <drcon/plugin.h>

#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

namespace drcon {
namespace {

namespace fs = std::filesystem;

const fs::path root = DRCON_SOURCE_ROOT;

// "struct.member" -> "offset size"; "struct" -> its size.
using layout = std::map<std::string, std::string>;

layout layout_now() {
  layout all;
#define STRUCT(type) all[#type] = std::to_string(sizeof(type))
#define MEMBER(type, member) \
  all[#type "." #member] = std::to_string(offsetof(type, member)) + " " + std::to_string(sizeof(type{}.member))
#define NUMBER(name) all[#name] = std::to_string(name)
  STRUCT(drcon_string);
  MEMBER(drcon_string, data);
  MEMBER(drcon_string, size);
  STRUCT(drcon_pair);
  MEMBER(drcon_pair, key);
  MEMBER(drcon_pair, value);
  STRUCT(drcon_endpoint);
  MEMBER(drcon_endpoint, size);
  MEMBER(drcon_endpoint, port);
  MEMBER(drcon_endpoint, weight);
  MEMBER(drcon_endpoint, priority);
  MEMBER(drcon_endpoint, health);
  MEMBER(drcon_endpoint, reserved);
  MEMBER(drcon_endpoint, id);
  MEMBER(drcon_endpoint, node);
  MEMBER(drcon_endpoint, address);
  MEMBER(drcon_endpoint, tags);
  MEMBER(drcon_endpoint, tag_count);
  MEMBER(drcon_endpoint, meta);
  MEMBER(drcon_endpoint, meta_count);
  STRUCT(drcon_service);
  MEMBER(drcon_service, size);
  MEMBER(drcon_service, endpoint_size);
  MEMBER(drcon_service, revision);
  MEMBER(drcon_service, name);
  MEMBER(drcon_service, endpoints);
  MEMBER(drcon_service, endpoint_count);
  MEMBER(drcon_service, values);
  MEMBER(drcon_service, value_count);
  STRUCT(drcon_snapshot);
  MEMBER(drcon_snapshot, size);
  MEMBER(drcon_snapshot, reserved);
  MEMBER(drcon_snapshot, revision);
  MEMBER(drcon_snapshot, services);
  MEMBER(drcon_snapshot, service_count);
  STRUCT(drcon_change);
  MEMBER(drcon_change, size);
  MEMBER(drcon_change, reserved);
  MEMBER(drcon_change, before);
  MEMBER(drcon_change, after);
  STRUCT(drcon_update);
  MEMBER(drcon_update, size);
  MEMBER(drcon_update, flags);
  MEMBER(drcon_update, ticket);
  MEMBER(drcon_update, wanted);
  MEMBER(drcon_update, applied);
  MEMBER(drcon_update, changes);
  MEMBER(drcon_update, change_count);
  MEMBER(drcon_update, change_size);
  STRUCT(drcon_value);
  MEMBER(drcon_value, size);
  MEMBER(drcon_value, type);
  MEMBER(drcon_value, integer);
  MEMBER(drcon_value, number);
  MEMBER(drcon_value, nanoseconds);
  MEMBER(drcon_value, bytes);
  MEMBER(drcon_value, string);
  MEMBER(drcon_value, count);
  STRUCT(drcon_metric);
  MEMBER(drcon_metric, size);
  MEMBER(drcon_metric, kind);
  MEMBER(drcon_metric, name);
  MEMBER(drcon_metric, help);
  MEMBER(drcon_metric, value);
  MEMBER(drcon_metric, labels);
  MEMBER(drcon_metric, label_count);
  STRUCT(drcon_host);
  MEMBER(drcon_host, size);
  MEMBER(drcon_host, abi_minor);
  MEMBER(drcon_host, version);
  MEMBER(drcon_host, option);
  MEMBER(drcon_host, option_key);
  MEMBER(drcon_host, name);
  MEMBER(drcon_host, log_enabled);
  MEMBER(drcon_host, log);
  MEMBER(drcon_host, status);
  MEMBER(drcon_host, metric);
  MEMBER(drcon_host, failed);
  MEMBER(drcon_host, publish);
  MEMBER(drcon_host, withdraw);
  MEMBER(drcon_host, ready);
  MEMBER(drcon_host, unknown);
  MEMBER(drcon_host, done);
  MEMBER(drcon_host, rendered);
  MEMBER(drcon_host, refused);
  MEMBER(drcon_host, ability);
  STRUCT(drcon_source_type);
  MEMBER(drcon_source_type, size);
  MEMBER(drcon_source_type, reserved);
  MEMBER(drcon_source_type, options);
  MEMBER(drcon_source_type, create);
  MEMBER(drcon_source_type, start);
  MEMBER(drcon_source_type, stop);
  MEMBER(drcon_source_type, destroy);
  STRUCT(drcon_sink_type);
  MEMBER(drcon_sink_type, size);
  MEMBER(drcon_sink_type, reserved);
  MEMBER(drcon_sink_type, options);
  MEMBER(drcon_sink_type, create);
  MEMBER(drcon_sink_type, start);
  MEMBER(drcon_sink_type, apply);
  MEMBER(drcon_sink_type, stop);
  MEMBER(drcon_sink_type, destroy);
  MEMBER(drcon_sink_type, render);
  STRUCT(drcon_plugin);
  MEMBER(drcon_plugin, magic);
  MEMBER(drcon_plugin, size);
  MEMBER(drcon_plugin, abi_major);
  MEMBER(drcon_plugin, abi_minor);
  MEMBER(drcon_plugin, reserved);
  MEMBER(drcon_plugin, name);
  MEMBER(drcon_plugin, version);
  MEMBER(drcon_plugin, summary);
  MEMBER(drcon_plugin, source);
  MEMBER(drcon_plugin, sink);
  MEMBER(drcon_plugin, ability);
  NUMBER(DRCON_OK);
  NUMBER(DRCON_RETRY);
  NUMBER(DRCON_REJECTED);
  NUMBER(DRCON_CONFIG);
  NUMBER(DRCON_PASSING);
  NUMBER(DRCON_WARNING);
  NUMBER(DRCON_CRITICAL);
  NUMBER(DRCON_MAINTENANCE);
  NUMBER(DRCON_UPDATE_RECONCILE);
  NUMBER(DRCON_VALUE_NONE);
  NUMBER(DRCON_VALUE_BOOLEAN);
  NUMBER(DRCON_VALUE_INTEGER);
  NUMBER(DRCON_VALUE_NUMBER);
  NUMBER(DRCON_VALUE_STRING);
  NUMBER(DRCON_VALUE_ARRAY);
  NUMBER(DRCON_VALUE_TABLE);
  NUMBER(DRCON_METRIC_GAUGE);
  NUMBER(DRCON_METRIC_COUNTER);
  NUMBER(DRCON_METRIC_HISTOGRAM);
  NUMBER(DRCON_LOG_TRACE);
  NUMBER(DRCON_LOG_DEBUG);
  NUMBER(DRCON_LOG_INFO);
  NUMBER(DRCON_LOG_WARNING);
  NUMBER(DRCON_LOG_ERROR);
  NUMBER(DRCON_STATE_OK);
  NUMBER(DRCON_STATE_DEGRADED);
  NUMBER(DRCON_STATE_AWAY);
#undef STRUCT
#undef MEMBER
#undef NUMBER
  all["magic"] = DRCON_MAGIC;
  all["symbol"] = DRCON_ENTRY_SYMBOL;
  return all;
}

layout read_layout(const fs::path& file) {
  layout all;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    const auto gap = line.find(' ');
    all[line.substr(0, gap)] = line.substr(gap + 1);
  }
  return all;
}

std::string text(const layout& all) {
  std::string lines;
  for (const auto& [name, what] : all) lines.append(name).append(" ").append(what).append("\n");
  return lines;
}

bool is_struct(const std::string& name) { return name.starts_with("drcon_") && name.find('.') == std::string::npos; }

TEST(Abi, HasTheLayoutOfItsVersion) {
  static_assert(sizeof(void*) == 8, "take a snapshot of this machine's layout");
  const auto file =
      root / "sdk/abi" / (std::to_string(DRCON_ABI_MAJOR) + "." + std::to_string(DRCON_ABI_MINOR) + ".txt");
  EXPECT_EQ(text(layout_now()), text(read_layout(file)))
      << "the layout differs from " << file << ": a change of plugin.h needs a version step, and a snapshot of its own";
}

TEST(Abi, KeepsWhatEachEarlierMinorHad) {
  const auto now = layout_now();
  for (const auto& each : fs::directory_iterator(root / "sdk/abi")) {
    if (!each.path().filename().string().starts_with(std::to_string(DRCON_ABI_MAJOR) + ".")) continue;
    for (const auto& [name, what] : read_layout(each.path())) {
      ASSERT_TRUE(now.contains(name)) << name << " of " << each.path() << " is gone";
      if (is_struct(name)) EXPECT_GE(std::stoi(now.at(name)), std::stoi(what)) << name;
      else EXPECT_EQ(now.at(name), what) << name;
    }
  }
}

TEST(Abi, HeaderIsPlainCAndPlainCpp) {
  test::temp_dir directory;
  for (const auto& [compiler, standard, suffix] : std::vector<std::tuple<std::string, std::string, std::string>>{
           {"cc", "c11", ".c"}, {"c++", "c++17", ".cpp"}, {"c++", "c++20", ".cpp"}}) {
    const auto file = directory / ("use" + suffix);
    test::write_file(file, "#include <drcon/plugin.h>\n");
    const auto built = test::run({compiler, "-std=" + standard, "-pedantic", "-Wall", "-Wextra", "-Werror",
                                  "-fsyntax-only", "-I" + (root / "sdk/include").string(), file.string()});
    EXPECT_EQ(built.code, 0) << compiler << " " << standard << ": " << built.err;
  }
}

// ---- the plugin of the first day ----

class FirstPlugin : public ::testing::Test {
protected:
  FirstPlugin() {
    const auto kept = root / "tests/fixtures/abi-1.0";
#if defined(__x86_64__)
    fs::copy_file(kept / "first.so", directory_ / "first.so");
#else
    const auto built = test::run({"cc", "-std=c11", "-fPIC", "-shared", "-I" + kept.string(), "-o",
                                  (directory_ / "first.so").string(), (kept / "first.c").string()});
    EXPECT_EQ(built.code, 0) << built.err;
#endif
    fs::permissions(directory_ / "first.so", fs::perms(0644));
    all_.offer_bundled(DRCON_TEST_PLUGINS);
    all_.load_all();
    all_.load_directories({directory_.path()});
  }
  test::temp_dir directory_;
  plugins::registry all_;
};

TEST_F(FirstPlugin, IsStillLoaded) {
  EXPECT_TRUE(all_.refused().empty()) << all_.refused()[0].text();
  EXPECT_NE(all_.find("first"), nullptr);
}

TEST_F(FirstPlugin, StillPublishes) {
  test::source_harness source("first", "address = \"10.1.2.3\"", all_);
  source.start();
  ASSERT_TRUE(source.wait_ready());
  const auto service = source.now().services.at("first");
  ASSERT_EQ(service.endpoints.size(), 1U);
  EXPECT_EQ(
      service.endpoints[0],
      (endpoint{
          .id = "one", .node = "n", .address = "10.1.2.3", .port = 80, .tags = {"old"}, .meta = {{"abi", "1.0"}}}));
}

TEST_F(FirstPlugin, StillApplies) {
  test::sink_harness sink("first", "", all_);
  sink.start();
  service web{.name = "web", .revision = 1, .endpoints = {}};
  web.endpoints.push_back({.id = "a", .node = {}, .address = "10.0.0.1", .port = 80, .tags = {}, .meta = {}});
  web.endpoints.push_back({.id = "b", .node = {}, .address = "10.0.0.2", .port = 80, .tags = {}, .meta = {}});
  EXPECT_EQ(sink.apply({web}).result, DRCON_OK);
  EXPECT_EQ(sink.status().text, "02 passing");
}

}  // namespace
}  // namespace drcon
