// The SDK's examples in C and C++, and both of them together under the program.
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

// ---- watch-directory, in C ----

class WatchDirectory : public ::testing::Test {
protected:
  void put(const std::string& name, const std::string& text) {
    write_file(directory_ / ".next", text);
    fs::rename(directory_ / ".next", directory_ / name);
  }
  void start() {
    source_ = std::make_unique<source_harness>(
        "watch-directory", "directory = \"" + directory_.path().string() + "\"\nretry = \"20ms\"\n");
    source_->start();
  }
  bool sees(const std::string& service, const std::vector<std::string>& ids) {
    return source_->wait_for([&](const auto& state) {
      const auto at = state.services.find(service);
      if (at == state.services.end() || state.unknown.contains(service)) return false;
      std::vector<std::string> now;
      for (const auto& each : at->second.endpoints) now.push_back(each.id);
      return now == ids;
    });
  }
  bool unknown(const std::string& service, const std::string& why) {
    return source_->wait_for([&](const auto& state) {
      const auto at = state.unknown.find(service);
      return at != state.unknown.end() && at->second.find(why) != std::string::npos;
    });
  }
  temp_dir directory_;
  std::unique_ptr<source_harness> source_;
};

TEST_F(WatchDirectory, FollowsFilesThatComeChangeAndGo) {
  put("web", "# two of them\n10.0.0.1 80\n10.0.0.2 80 3\n");
  start();
  ASSERT_TRUE(source_->wait_ready());
  ASSERT_TRUE(sees("web", {"10.0.0.1:80", "10.0.0.2:80"}));
  EXPECT_EQ(source_->now().services.at("web").endpoints[1].weight, 3U);
  put("api", "::1 9000\n");
  EXPECT_TRUE(sees("api", {"::1:9000"}));
  put("web", "10.0.0.2 80\n");
  EXPECT_TRUE(sees("web", {"10.0.0.2:80"}));
  fs::remove(directory_ / "web");
  EXPECT_TRUE(source_->wait_for([](const auto& state) { return !state.services.contains("web"); }));
  put("api", "# none\n");
  EXPECT_TRUE(sees("api", {}));
}

TEST_F(WatchDirectory, NeverTakesABrokenFileForAnEmptyService) {
  put("web", "10.0.0.1 80\n");
  start();
  ASSERT_TRUE(sees("web", {"10.0.0.1:80"}));
  for (const auto& [text, why] : std::vector<std::pair<std::string, std::string>>{
           {"10.0.0.1 80\n10.0.0.2\n", "web:2: expected 'address port [weight]'"},
           {"", "is empty"},
           {"10.0.0.1 99999\n", "web:1: expected"},
           {"10.0.0.1 80 -1\n", "web:1: expected"},
           {std::string("10.0.0.1 80\n\0x", 14), "is not text"}}) {
    put("web", text);
    EXPECT_TRUE(unknown("web", why)) << why;
    EXPECT_EQ(source_->now().services.at("web").endpoints.size(), 1U);
    put("web", "10.0.0.1 80\n");
    EXPECT_TRUE(sees("web", {"10.0.0.1:80"}));
  }
}

TEST_F(WatchDirectory, KnowsNothingWhileItsDirectoryIsAway) {
  put("web", "10.0.0.1 80\n");
  start();
  ASSERT_TRUE(sees("web", {"10.0.0.1:80"}));
  temp_dir elsewhere;
  fs::rename(directory_.path(), elsewhere / "moved");
  ASSERT_TRUE(source_->wait_for([](const auto& state) { return !state.all_unknown.empty(); }));
  EXPECT_TRUE(source_->now().services.contains("web"));
  fs::rename(elsewhere / "moved", directory_.path());
  EXPECT_TRUE(source_->wait_for([](const auto& state) { return state.all_unknown.empty(); }));
  EXPECT_TRUE(source_->stop());
}

TEST_F(WatchDirectory, LeavesHostileLinesToTheHostAndTheRestStands) {
  put("web", "10.0.0.1 80\n;rm 80\n10.0.0.2 80\n");
  start();
  EXPECT_TRUE(sees("web", {"10.0.0.1:80", "10.0.0.2:80"}));
  EXPECT_TRUE(wait_until([&] { return source_->refused().size() == 1; }));
}

// ---- run-command, in C++ ----

class RunCommand : public ::testing::Test {
protected:
  outcome apply(const std::string& shell, const std::string& more = {}) {
    sink_harness sink("run-command", "command = [\"sh\", \"-c\", '''" + shell + "''']\n" + more);
    sink.start();
    return sink.apply({web()});
  }
  static service web() {
    service made{.name = "web", .revision = 1, .endpoints = {}};
    made.endpoints.push_back({.id = "a",
                              .node = {},
                              .address = "10.0.0.1",
                              .port = 80,
                              .tags = {"quote\" ' $(x) `y`"},
                              .meta = {{"k", "v"}}});
    return made;
  }
  temp_dir directory_;
};

TEST_F(RunCommand, ReadsTheSnapshotAsJson) {
  const auto out = (directory_ / "out").string();
  ASSERT_EQ(apply("cat > " + out).result, DRCON_OK);
  const auto all = parsed_json(read_file(out));
  const auto& endpoint = all["services"]["web"][0];
  EXPECT_EQ(endpoint["address"], "10.0.0.1");
  EXPECT_EQ(endpoint["tags"][0], "quote\" ' $(x) `y`");
  EXPECT_EQ(endpoint["meta"]["k"], "v");
}

TEST_F(RunCommand, ReportsWhatTheExitCodeMeans) {
  EXPECT_EQ(apply("exit 0").result, DRCON_OK);
  EXPECT_EQ(apply("exit 75").result, DRCON_RETRY);
  EXPECT_EQ(apply("kill -9 $$").result, DRCON_RETRY);
  const auto rejected = apply("echo it does not fit >&2; exit 3");
  EXPECT_EQ(rejected.result, DRCON_REJECTED);
  EXPECT_EQ(rejected.why, "sh ended with exit code 3: it does not fit");
}

TEST_F(RunCommand, EndsWhatRunsForTooLong) {
  const auto late = apply("sleep 60 & sleep 60", "timeout = \"100ms\"\n");
  EXPECT_EQ(late.result, DRCON_RETRY);
  EXPECT_NE(late.why.find("did not end in time"), std::string::npos) << late.why;
}

TEST_F(RunCommand, TriesAgainWhenThereIsNoSuchCommand) {
  sink_harness sink("run-command", "command = [\"/nowhere/command\"]\n");
  sink.start();
  EXPECT_EQ(sink.apply({web()}).result, DRCON_RETRY);
}

TEST_F(RunCommand, StopsInTheMiddle) {
  sink_harness sink("run-command", "command = [\"sleep\", \"60\"]\n");
  sink.start();
  EXPECT_EQ(sink.apply({web()}, 100ms).result, -1) << "it runs";
  EXPECT_TRUE(sink.stop());
}

TEST_F(RunCommand, RendersWhatTheCommandWouldRead) {
  sink_harness sink("run-command", "command = [\"cat\"]\n");
  const auto rendered = sink.render({web()});
  ASSERT_EQ(rendered.size(), 1U);
  EXPECT_NE(rendered[0].wanted.find("\"address\": \"10.0.0.1\""), std::string::npos);
}

// ---- a source in C feeds a sink in C++ ----

TEST(Examples, ASourceInCFeedsASinkInCpp) {
  temp_dir files;
  fs::create_directory(files / "services");
  write_file(files / "services/web", "10.0.0.1 80\n");
  const auto out = files / "out.json";
  drcon_process drcon("host.plugin_directories = [\"" DRCON_TEST_EXAMPLES
                      "\"]\n[source.s]\nplugin = \"watch-directory\"\ndirectory = \"" +
                      (files / "services").string() +
                      "\"\n[sink.t]\nplugin = \"run-command\"\ncommand = [\"sh\", \"-c\", \"cat > " + out.string() +
                      "\"]\n[pipeline.p]\nsources = [\"s\"]\nsinks = [\"t\"]\n");
  drcon.start();
  const auto addresses = [&] {
    std::vector<std::string> all;
    const auto read = parsed_json(read_file(out));
    if (!read.is_object()) return all;
    for (const auto& each : read["services"]["web"]) all.push_back(each["address"]);
    return all;
  };
  EXPECT_TRUE(wait_until([&] { return addresses() == std::vector<std::string>{"10.0.0.1"}; })) << drcon.log();
  write_file(files / "services/.web", "10.0.0.1 80\n10.0.0.2 80\n");
  fs::rename(files / "services/.web", files / "services/web");
  EXPECT_TRUE(wait_until([&] {
    return addresses() == (std::vector<std::string>{"10.0.0.1", "10.0.0.2"});
  })) << drcon.log();
  EXPECT_EQ(drcon.stop(), 0);
}

}  // namespace
}  // namespace drcon::test
