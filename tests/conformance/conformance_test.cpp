// The conformance kit: finds each fault and nothing else, and finds nothing in what is good.
#include "support/drcon_process.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

namespace drcon::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const fs::path plugins = DRCON_PLUGINS_ON_TRIAL;
const fs::path sources = fs::path(DRCON_SOURCE_ROOT) / "tests/conformance";

run_result kit(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {DRCON_BINARY, "plugin", "test"});
  return run(arguments, {}, std::chrono::seconds(200));
}

json findings(const run_result& from) {
  auto found = parsed_json(from.out);
  EXPECT_TRUE(found.is_object()) << from.out << from.err;
  return found;
}

// Names of the cases that are the plugin's fault, without "source." and "sink.".
std::set<std::string> breaches(const json& found) {
  std::set<std::string> names;
  for (const auto& each : found["cases"]) {
    const auto verdict = each["verdict"].get<std::string>();
    if (verdict == "passed" || verdict == "not_run") continue;
    const auto name = each["name"].get<std::string>();
    names.insert(name.substr(name.find('.') + 1));
  }
  return names;
}

std::string case_named_in(const fs::path& fault) {
  std::ifstream in(fault);
  std::string line;
  std::getline(in, line);
  const auto start = line.find(' ') + 1;
  return line.substr(start, line.find(':') - start);
}

std::vector<fs::path> files_of(const std::string& folder) {
  std::vector<fs::path> all;
  for (const auto& each : fs::directory_iterator(sources / folder))
    if (each.path().extension() == ".c" || each.path().extension() == ".cpp") all.push_back(each.path());
  std::ranges::sort(all);
  return all;
}

// The plugin of a source file; options beside it, if there are any, are its own.
std::vector<std::string> on_trial(const std::string& folder, const fs::path& source) {
  std::vector<std::string> arguments{(plugins / folder / source.stem()).string() + ".so", "--json"};
  auto options = source;
  if (fs::exists(options.replace_extension(".toml"))) arguments.insert(arguments.end(), {"--options", options});
  if (fs::exists(options.replace_extension(".unreachable.toml")))
    arguments.insert(arguments.end(), {"--unreachable", options});
  return arguments;
}

std::string name_of(const ::testing::TestParamInfo<fs::path>& from) { return from.param.stem(); }

class ConformanceOfAFault : public ::testing::TestWithParam<fs::path> {};

TEST_P(ConformanceOfAFault, IsCaughtByItsCaseAndByNoOther) {
  const auto ran = kit(on_trial("faults", GetParam()));
  EXPECT_EQ(ran.code, 1) << ran.err;
  const auto found = findings(ran);
  EXPECT_EQ(breaches(found), std::set{case_named_in(GetParam())}) << found.dump(2);
}
INSTANTIATE_TEST_SUITE_P(Seeded, ConformanceOfAFault, ::testing::ValuesIn(files_of("faults")), name_of);

class ConformanceOfAGoodPlugin : public ::testing::TestWithParam<fs::path> {};

TEST_P(ConformanceOfAGoodPlugin, KeepsEveryPromise) {
  const auto ran = kit(on_trial("good", GetParam()));
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  const auto found = findings(ran);
  // Without a render, a probe, and options for a peer that cannot be reached, these have nothing to look at.
  std::set<std::string> not_tried{"sink.renders-without-touching", "sink.writes-what-it-renders"};
  if (GetParam().stem() != "good_probe")
    not_tried.insert({"source.probes-without-touching", "sink.probes-without-touching"});
  auto unreachable = GetParam();
  if (!fs::exists(unreachable.replace_extension(".unreachable.toml")))
    not_tried.insert({"source.error-is-not-empty", "sink.retries-unreachable"});
  for (const auto& each : found["cases"])
    if (each["verdict"] != "passed") {
      EXPECT_TRUE(not_tried.contains(each["name"])) << each.dump();
      EXPECT_EQ(each["verdict"], "not_run") << each.dump();
    }
  EXPECT_GT(found["cases"].size(), 20);
}
INSTANTIATE_TEST_SUITE_P(Written, ConformanceOfAGoodPlugin, ::testing::ValuesIn(files_of("good")), name_of);

TEST(ConformanceKit, KnowsAFaultForEachCase) {
  std::set<std::string> seeded;
  for (const auto& each : files_of("faults")) seeded.insert(case_named_in(each));
  const auto all = parsed_json(kit({"--list", "--json"}).out);
  for (const auto& each : all) {
    const auto name = each["name"].get<std::string>();
    const auto plain = name.substr(name.find('.') + 1);
    // What keeps a library from being loaded is tested with the loader.
    const std::set<std::string> elsewhere{"loads"};
    EXPECT_TRUE(seeded.contains(plain) || elsewhere.contains(plain)) << "no plugin in faults/ breaks " << name;
  }
}

TEST(ConformanceKit, SaysWhatWasPromisedSeenAndToBeDone) {
  const auto ran = kit({(plugins / "faults/leaks.so").string(), "--only", "frees"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_NE(ran.out.find("FAIL       source.frees-itself"), std::string::npos) << ran.out;
  for (const auto* each : {"promised  ", "seen      each create, start, stop and destroy loses", "do        "})
    EXPECT_NE(ran.out.find(each), std::string::npos) << each << "\n" << ran.out;
  EXPECT_NE(ran.out.find("1 case: 0 passed, 1 failed"), std::string::npos) << ran.out;
}

// A source that was never in trouble has not shown that it reports trouble: that is no pass.
TEST(ConformanceKit, DoesNotCallAPassWhatItHasNotTried) {
  const auto plugin = (plugins / "good/good_client.so").string();
  const auto untried = kit({plugin, "--only", "error-is-not-empty|retries-unreachable"});
  EXPECT_EQ(untried.code, 0);
  EXPECT_NE(untried.out.find("2 cases: 0 passed, 2 not run"), std::string::npos) << untried.out;
  EXPECT_NE(untried.out.find("--unreachable FILE.toml"), std::string::npos) << untried.out;
  const auto tried = kit({plugin, "--only", "error-is-not-empty|retries-unreachable", "--unreachable",
                          (sources / "good/good_client.unreachable.toml").string()});
  EXPECT_NE(tried.out.find("2 cases: 2 passed"), std::string::npos) << tried.out;
}

TEST(ConformanceKit, NamesTheSignalOfACrashAndWhereItCame) {
  const auto ran = kit({(plugins / "faults/stop_needs_a_start.so").string(), "--only", "stops-unstarted"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_NE(ran.out.find("crashed    source.stops-unstarted"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("SIGABRT"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("within stop"), std::string::npos) << ran.out;
}

TEST(ConformanceKit, NamesTheCallThatDidNotReturn) {
  const auto ran = kit({(plugins / "faults/start_blocks.so").string(), "--only", "starts$"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_NE(ran.out.find("timed out  source.starts"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("start did not return"), std::string::npos) << ran.out;
}

TEST(ConformanceKit, SaysWhichOptionsAreRequiredWhenNoneAreGiven) {
  const auto ran = kit({(plugins / "good/good_both.so").string()});
  EXPECT_EQ(ran.code, 1);
  EXPECT_NE(ran.out.find("--options FILE.toml"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("name (string): The service to publish."), std::string::npos) << ran.out;
}

TEST(ConformanceKit, ReportsWhereAnOptionIsWrong) {
  const temp_dir directory;
  write_file(directory / "o.toml", "name = 5\n");
  const auto ran = kit({(plugins / "good/good_source.so").string(), "--options", directory / "o.toml"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_NE(ran.out.find("o.toml:1:8: 'name' in the options"), std::string::npos) << ran.out;
}

TEST(ConformanceKit, ReportsWhyALibraryIsRefused) {
  const temp_dir directory;
  write_file(directory / "x.so", "#!/bin/sh\n");
  const auto ran = kit({directory / "x.so", "--json"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(breaches(findings(ran)), std::set<std::string>{"loads"}) << ran.out;
}

// A newer C library refuses to load it, in words of its own: the author learns first what is wrong and what to do.
TEST(ConformanceKit, ReadsTheFileOfALibraryBeforeItLoadsIt) {
  const auto ran = kit({(plugins / "faults/executable_stack.so").string(), "--json"});
  EXPECT_EQ(ran.code, 1);
  const auto cases = findings(ran)["cases"];
  ASSERT_EQ(cases.size(), 2U) << cases.dump(2);
  EXPECT_EQ(cases[0]["name"], "has-no-executable-stack");
  EXPECT_EQ(cases[0]["verdict"], "failed");
  EXPECT_NE(cases[0]["seen"].get<std::string>().find("executable stack"), std::string::npos) << cases.dump(2);
  EXPECT_NE(cases[0]["help"].get<std::string>().find("noexecstack"), std::string::npos) << cases.dump(2);
  EXPECT_EQ(cases[1]["name"], "loads");
  EXPECT_EQ(cases[1]["verdict"], "not_run");
}

TEST(ConformanceKit, LeavesNothingBehind) {
  const temp_dir directory;
  const auto ran = run({DRCON_BINARY, "plugin", "test", (plugins / "faults/renders_into_a_file.so").string(), "--only",
                        "renders|answers"},
                       {"TMPDIR=" + directory.path().string()});
  EXPECT_EQ(ran.code, 1) << ran.out;
  EXPECT_TRUE(fs::is_empty(directory.path()));
}

}  // namespace
}  // namespace drcon::test
