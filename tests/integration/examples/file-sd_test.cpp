// The example in Rust, made from the C header alone.
#include "support/drcon_process.hpp"
#include "support/plugin_harness.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace drcon::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class FileSd : public ::testing::Test {
protected:
  fs::path file() const { return directory_ / "targets.json"; }
  std::string options(const std::string& more = {}) const { return "file = \"" + file().string() + "\"\n" + more; }
  static service web() {
    service made{.name = "web", .revision = 1, .endpoints = {}, .values = {}};
    made.endpoints.push_back({.id = "a\"\\\n", .node = "n1", .address = "10.0.0.1", .port = 80, .tags = {"v2", "é"}});
    made.endpoints.push_back({.id = "b", .node = "n1", .address = "::1", .port = 81, .health = health::critical});
    made.endpoints.push_back({.id = "c", .node = "n1", .address = "10.0.0.3", .port = 82, .meta = {{"rack-id", "7"}}});
    return made;
  }
  temp_dir directory_;
};

TEST_F(FileSd, WritesATargetForEachEndpoint) {
  sink_harness sink("file-sd", options());
  sink.start();
  ASSERT_EQ(sink.apply({web()}).result, DRCON_OK);
  const auto all = parsed_json(read_file(file()));
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0]["targets"], json::array({"10.0.0.1:80"}));
  EXPECT_EQ(all[0]["labels"]["__meta_drcon_service"], "web");
  EXPECT_EQ(all[0]["labels"]["__meta_drcon_id"], "a\"\\\n");
  EXPECT_EQ(all[0]["labels"]["__meta_drcon_tags"], ",v2,é,");
  EXPECT_EQ(all[1]["targets"], json::array({"[::1]:81"}));
  EXPECT_EQ(all[1]["labels"]["__meta_drcon_health"], "critical");
  EXPECT_EQ(all[2]["labels"]["__meta_drcon_meta_rack_id"], "7");
  EXPECT_TRUE(sink.stop());
}

TEST_F(FileSd, LeavesOutWhatDoesNotServeWhenAskedTo) {
  sink_harness sink("file-sd", options("only_serving = true\n"));
  sink.start();
  ASSERT_EQ(sink.apply({web()}).result, DRCON_OK);
  EXPECT_EQ(parsed_json(read_file(file())).size(), 2U);
}

TEST_F(FileSd, LeavesAnEqualFileAlone) {
  sink_harness sink("file-sd", options());
  sink.start();
  ASSERT_EQ(sink.apply({web()}).result, DRCON_OK);
  fs::permissions(file(), fs::perms::owner_read);  // a file that was written anew would have others
  ASSERT_EQ(sink.reconcile().result, DRCON_OK);
  EXPECT_EQ(fs::status(file()).permissions(), fs::perms::owner_read);
}

TEST_F(FileSd, TriesAgainWhenItCannotWrite) {
  sink_harness sink("file-sd", "file = \"/nowhere/targets.json\"\n");
  sink.start();
  const auto answer = sink.apply({web()});
  EXPECT_EQ(answer.result, DRCON_RETRY);
  EXPECT_NE(answer.why.find("cannot write /nowhere/targets.json: No such file"), std::string::npos) << answer.why;
}

TEST_F(FileSd, RefusesANameThatPrometheusWouldPassOver) {
  EXPECT_THROW(sink_harness("file-sd", "file = \"/tmp/targets.txt\"\n"), std::exception);
}

TEST_F(FileSd, RendersWithoutWriting) {
  sink_harness sink("file-sd", options());
  const auto rendered = sink.render({web()});
  ASSERT_EQ(rendered.size(), 1U);
  EXPECT_EQ(parsed_json(rendered[0].wanted).size(), 3U);
  EXPECT_FALSE(fs::exists(file()));
}

TEST_F(FileSd, FollowsASourceInC) {
  fs::create_directory(directory_ / "services");
  write_file(directory_ / "services/web", "10.0.0.1 80\n");
  drcon_process drcon("host.plugin_directories = [\"" DRCON_TEST_EXAMPLES
                      "\"]\n[source.s]\nplugin = \"watch-directory\"\ndirectory = \"" +
                      (directory_ / "services").string() + "\"\n[sink.t]\nplugin = \"file-sd\"\n" + options() +
                      "[pipeline.p]\nsources = [\"s\"]\nsinks = [\"t\"]\n");
  drcon.start();
  EXPECT_TRUE(wait_until([&] { return read_file(file()).find("10.0.0.1:80") != std::string::npos; })) << drcon.log();
  write_file(directory_ / "services/.web", "10.0.0.2 80\n");
  fs::rename(directory_ / "services/.web", directory_ / "services/web");
  EXPECT_TRUE(wait_until([&] {
    const auto text = read_file(file());
    return text.find("10.0.0.2:80") != std::string::npos && text.find("10.0.0.1:80") == std::string::npos;
  })) << drcon.log();
  EXPECT_EQ(drcon.stop(), 0);
}

}  // namespace
}  // namespace drcon::test
