// A plugin that breaks its contract harms itself and nobody else: within drcon, and in a process of its own.
#include "log/log.hpp"
#include "plugins/child.hpp"
#include "plugins/isolated_calls.hpp"
#include "plugins/options.hpp"
#include "support/drcon_process.hpp"
#include "support/plugin_harness.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>

namespace drcon::test {
namespace misbehaviour_test {

using namespace std::chrono_literals;

plugins::registry& with_naughty() {
  static plugins::registry& loaded = *[] {
    auto* all = new plugins::registry;
    all->offer_bundled(DRCON_TEST_PLUGINS);
    all->load_all();
    all->load_directories({DRCON_NAUGHTY_PLUGINS});
    return all;
  }();
  return loaded;
}

service web(int endpoints) {
  service made{.name = "web", .revision = 1, .endpoints = {}};
  for (int i = 0; i < endpoints; ++i)
    made.endpoints.push_back(
        {.id = "e" + std::to_string(i), .node = {}, .address = "10.0.0.1", .port = 80, .tags = {}, .meta = {}});
  return made;
}

// The value of a counter that the one instance of the harness has; -1 when it has none of that name.
int value_of(const plugin_harness& of, const std::string& figure) {
  const auto text = of.metrics();
  const auto line = text.find("\n" + figure + "{kind=\"");
  if (line == std::string::npos) return -1;
  return std::stoi(text.substr(text.find("} ", line) + 2));
}

// What is logged while this lives.
class log_capture {
public:
  log_capture() {
    if (const auto opened = log::to_file(file_); !opened) throw std::runtime_error(opened.error().why);
    log::info({base::subject_kind::source, "test"}, "begins");  // ends the folding of what an earlier test has logged
  }
  ~log_capture() {
    if (!log::to_file({})) std::abort();
  }
  log_capture(const log_capture&) = delete;
  log_capture& operator=(const log_capture&) = delete;

  /// How many lines hold the text.
  int count(const std::string& text) const {
    const auto all = read_file(file_);
    int found = 0;
    for (auto at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) ++found;
    return found;
  }

private:
  temp_dir directory_;
  std::filesystem::path file_ = directory_ / "log";
};

constexpr auto late_line =
    "[source test] plugin 'naughty' misbehaved: it called the host after its stop had returned; such calls are ignored";

// Each promise holds for both places in which a plugin may run.
class Misbehaviour : public ::testing::TestWithParam<const char*> {
protected:
  Misbehaviour() { plugins::run_children_with(DRCON_BINARY); }
  static std::string options(const std::string& does) {
    // Memory to spare: AddressSanitizer keeps what was freed.
    return "isolation = { mode = \"" + std::string(GetParam()) + "\", memory = \"8GiB\" }\ndoes = \"" + does + "\"\n";
  }
  static source_harness source(const std::string& does) { return {"naughty", options(does), with_naughty()}; }
  static sink_harness sink(const std::string& does) { return {"naughty", options(does), with_naughty()}; }
  static bool isolated() { return GetParam() == std::string("process"); }
  static std::string refusal(const std::string& does) {
    try {
      source(does);
    } catch (const std::exception& error) {
      return error.what();
    }
    return "it was made";
  }
  static bool counted(const plugin_harness& of) { return value_of(of, "drcon_plugin_misbehaviour_total") > 0; }
};
INSTANTIATE_TEST_SUITE_P(Plugin, Misbehaviour, ::testing::Values("none", "process"), [](const auto& each) {
  return each.param == std::string("none") ? "InDrcon" : "InItsProcess";
});

TEST_P(Misbehaviour, AnExceptionFromCreateIsAConfigError) {
  EXPECT_EQ(refusal("throw from create"), ": its create threw: no luck in create");
  EXPECT_EQ(refusal("throw a number"), ": its create threw: an exception of a type unknown here");
}

TEST_P(Misbehaviour, ACreateThatMakesNothingIsAConfigError) {
  EXPECT_NE(refusal("make nothing").find("plugin 'naughty' made no source and did not say why"), std::string::npos);
}

TEST_P(Misbehaviour, AStartThatThrowsIsTriedAgain) {
  auto naughty = source("throw from start");
  naughty.start();
  EXPECT_TRUE(wait_until([&] {
    return naughty.status().state == DRCON_STATE_AWAY &&
           naughty.status().text.find("its start threw: no luck in start") != std::string::npos;
  })) << naughty.status().text;
  EXPECT_TRUE(naughty.stop());
}

TEST_P(Misbehaviour, AStartThatBlocksIsReported) {
  auto naughty = source("block in start");
  naughty.start();
  EXPECT_TRUE(wait_until([&] { return naughty.status().text == "its start does not return"; }));
  EXPECT_TRUE(naughty.wait_ready());  // it does, after 8 s
  EXPECT_TRUE(naughty.stop());
}

TEST_P(Misbehaviour, AStopThatThrowsIsAStop) {
  auto naughty = source("throw from stop");
  naughty.start();
  EXPECT_TRUE(naughty.wait_ready());
  EXPECT_TRUE(naughty.stop());
  EXPECT_TRUE(counted(naughty));
}

TEST_P(Misbehaviour, AThreadThatIsLeftBehindIsNotHeard) {
  const log_capture log;
  auto naughty = source("stay behind");
  naughty.start();
  ASSERT_TRUE(naughty.wait_for([](const auto& state) { return state.words > 2; }));
  EXPECT_TRUE(naughty.stop());
  const auto words = naughty.now().words;
  std::this_thread::sleep_for(100ms);  // while it goes on speaking
  EXPECT_EQ(naughty.now().words, words);
  if (isolated()) return;  // its process ends, and the thread with it
  EXPECT_TRUE(wait_until([&] { return value_of(naughty, "drcon_plugin_late_calls_total") > 5; })) << "each call counts";
  EXPECT_EQ(log.count(late_line), 1) << "only the first is logged";
  EXPECT_EQ(value_of(naughty, "drcon_plugin_misbehaviour_total"), 1);
}

TEST_P(Misbehaviour, ACallAfterStopIsRefusedCountedAndLoggedWithThePluginsName) {
  const log_capture log;
  auto naughty = source("speak after stop");
  naughty.start();
  ASSERT_TRUE(naughty.wait_ready());
  EXPECT_TRUE(naughty.stop());
  EXPECT_FALSE(naughty.now().services.contains("late"));
  EXPECT_EQ(value_of(naughty, "drcon_plugin_late_calls_total"), 1);
  EXPECT_EQ(value_of(naughty, "drcon_plugin_misbehaviour_total"), 1);
  EXPECT_EQ(log.count(late_line), 1);
}

TEST_P(Misbehaviour, AFloodOfAMillionPublishesIsFolded) {
  auto naughty = source("flood");
  naughty.start();
  ASSERT_TRUE(naughty.wait_ready(120s));
  const auto state = naughty.now();
  EXPECT_EQ(state.services.at("web").endpoints.at(0).port, 7U);
  EXPECT_LT(state.words, 1000000);
}

TEST_P(Misbehaviour, AHundredThousandEndpointsArrive) {
  auto naughty = source("huge");
  naughty.start();
  ASSERT_TRUE(naughty.wait_ready(60s));
  EXPECT_EQ(naughty.now().services.at("web").endpoints.size(), 100000U);
}

TEST_P(Misbehaviour, RubbishIsLeftOutAndTheRestStands) {
  auto naughty = source("rubbish");
  naughty.start();
  ASSERT_TRUE(naughty.wait_ready());
  const auto state = naughty.now();
  ASSERT_EQ(state.services.at("web").endpoints.size(), 1U);
  EXPECT_EQ(state.services.at("web").endpoints[0].id, "same");
  EXPECT_TRUE(wait_until([&] { return naughty.refused().size() >= 3; })) << naughty.refused().size();
}

TEST_P(Misbehaviour, StructsThatAreNoneAreNotRead) {
  auto naughty = source("broken structs");
  naughty.start();
  ASSERT_TRUE(naughty.wait_ready());
  EXPECT_FALSE(naughty.now().services.contains("broken"));
  EXPECT_TRUE(naughty.now().services.contains("web"));
  EXPECT_TRUE(counted(naughty));
}

TEST_P(Misbehaviour, ASecondAnswerIsNotTaken) {
  auto naughty = sink("answer twice");
  naughty.start();
  EXPECT_EQ(naughty.apply({web(1)}).result, DRCON_OK);
  EXPECT_EQ(naughty.apply({web(2)}).result, DRCON_OK);
  EXPECT_TRUE(wait_until([&] { return counted(naughty); }));
}

TEST_P(Misbehaviour, AnAnswerToAnotherUpdateIsNotTaken) {
  auto naughty = sink("answer another");
  naughty.start();
  EXPECT_EQ(naughty.apply({web(1)}).result, DRCON_OK);
  EXPECT_TRUE(wait_until([&] { return counted(naughty); }));
}

TEST_P(Misbehaviour, AnApplyThatThrowsIsTriedAgain) {
  auto naughty = sink("throw from apply");
  naughty.start();
  EXPECT_EQ(naughty.apply({web(1)}).result, DRCON_RETRY);
  EXPECT_TRUE(counted(naughty));
}

TEST_P(Misbehaviour, AnAnswerThatNeverComesDoesNotHoldUpTheStop) {
  auto naughty = sink("answer never");
  naughty.start();
  EXPECT_EQ(naughty.apply({web(1)}, 200ms).result, -1);
  EXPECT_TRUE(naughty.stop());
}

TEST_P(Misbehaviour, WhatIsRenderedOutsideOfRenderIsNotTaken) {
  auto naughty = sink("render at any time");
  naughty.start();
  EXPECT_EQ(naughty.apply({web(1)}).result, DRCON_OK);
  EXPECT_TRUE(counted(naughty));
}

// ---- what only a process of its own can bear ----

class Isolation : public ::testing::Test {
protected:
  Isolation() { plugins::run_children_with(DRCON_BINARY); }
  static std::string options(const std::string& does) {
    return "isolation = { mode = \"process\", memory = \"200MiB\", restart_min = \"10ms\", restart_max = \"20ms\" }\n"
           "does = \"" +
           does + "\"\n";
  }
};

TEST_F(Isolation, ACrashInCreateIsAConfigError) {
  try {
    source_harness("naughty", options("crash in create"), with_naughty());
    FAIL() << "it was made";
  } catch (const std::exception& error) {
    EXPECT_NE(std::string(error.what()).find("its process was ended by SIGABRT"), std::string::npos) << error.what();
  }
}

TEST_F(Isolation, ACrashedSourceIsStartedAgainAndItsStateStands) {
  source_harness naughty("naughty", options("crash"), with_naughty());
  naughty.start();
  ASSERT_TRUE(naughty.wait_ready());
  ASSERT_TRUE(wait_until([&] { return value_of(naughty, "drcon_plugin_crashes_total") >= 5; }, 60s));
  EXPECT_EQ(naughty.now().services.at("web").endpoints.size(), 2U);
  EXPECT_TRUE(wait_until([&] { return naughty.status().text.find("was ended by SIGABRT") != std::string::npos; }));
  EXPECT_TRUE(naughty.stop());
}

TEST_F(Isolation, ACrashInApplyIsAnAnswer) {
  sink_harness naughty("naughty", options("crash"), with_naughty());
  naughty.start();
  for (int i = 0; i < 3; ++i) {
    const auto answer = naughty.apply({web(1)});
    EXPECT_EQ(answer.result, DRCON_RETRY);
    EXPECT_NE(answer.why.find("its process "), std::string::npos) << answer.why;
  }
}

TEST_F(Isolation, ALeakCostsARestart) {
  source_harness naughty("naughty", options("leak"), with_naughty());
  naughty.start();
  ASSERT_TRUE(wait_until([&] { return value_of(naughty, "drcon_plugin_crashes_total") >= 1; }, 60s));
  EXPECT_TRUE(wait_until([&] {
    return naughty.status().text.find("MiB of memory, 200 are allowed") != std::string::npos;
  })) << naughty.status().text;
}

// The rest of the frame never comes, and drcon must not wait for it: it would see nothing of the process meanwhile.
TEST_F(Isolation, AProcessThatStopsWithinAFrameIsStillWatched) {
  source_harness naughty("naughty", options("leak within a frame"), with_naughty());
  naughty.start();
  EXPECT_TRUE(wait_until(
      [&] { return naughty.status().text.find("MiB of memory, 200 are allowed") != std::string::npos; }, 60s))
      << naughty.status().text;
  EXPECT_TRUE(naughty.stop());
}

TEST_F(Isolation, AProcessThatDiesWithinAFrameIsStartedAgain) {
  source_harness naughty("naughty", options("die within a frame"), with_naughty());
  naughty.start();
  EXPECT_TRUE(wait_until([&] { return value_of(naughty, "drcon_plugin_crashes_total") >= 3; }, 60s));
  EXPECT_TRUE(naughty.stop());
}

// What was checked and tried is what runs, whatever the file's name stands for when the process is started.
TEST_F(Isolation, RunsTheFileThatDrconHasChecked) {
  temp_dir directory;
  const auto file = directory / "naughty.so";
  std::filesystem::copy_file(std::filesystem::path(DRCON_NAUGHTY_PLUGINS) / "naughty.so", file);
  plugins::registry loaded;
  loaded.offer_bundled(DRCON_TEST_PLUGINS);
  loaded.load_all();
  loaded.load_directories({directory.path()});
  ASSERT_TRUE(loaded.refused().empty()) << loaded.refused()[0].text();
  write_file(directory / "other", "this is no plugin");
  std::filesystem::rename(directory / "other", file);
  source_harness naughty("naughty", options("crash"), loaded);
  naughty.start();
  EXPECT_TRUE(naughty.wait_ready());
  EXPECT_TRUE(wait_until([&] { return value_of(naughty, "drcon_plugin_crashes_total") >= 2; }, 60s))
      << "and so it is when the process is started again";
}

// The process that runs a plugin for this one; 0 when there is none.
pid_t plugin_process_of_this() {
  for (const auto& each : std::filesystem::directory_iterator("/proc")) {
    const auto status = read_file(each.path() / "status");
    if (status.find("\nPPid:\t" + std::to_string(::getpid()) + "\n") != std::string::npos &&
        read_file(each.path() / "cmdline").find("plugin-process") != std::string::npos)
      return std::stoi(each.path().filename());
  }
  return 0;
}

// The host may let go of an instance within a call that the plugin's process makes: on the thread of its supervisor,
// which then must not return into what is no more.
TEST_F(Isolation, AnInstanceMayEndWithinACallOfItsProcess) {
  struct ending {
    std::unique_ptr<plugins::calls> made;
    std::promise<void> ended;
  } all;
  drcon_host host{};
  host.size = sizeof host;
  host.status = [](drcon_instance*, std::int32_t, drcon_string) {};
  host.log = [](drcon_instance*, std::int32_t, drcon_string) {};
  host.publish = [](drcon_instance*, const drcon_service*) {};
  host.ready = [](drcon_instance* instance) {
    auto& here = *reinterpret_cast<ending*>(instance);
    here.made.reset();
    here.ended.set_value();
  };
  config::instance_config config{.name = "test", .plugin = "naughty", .options = {{"does", "nothing"}}};
  all.made = plugins::isolated_calls(
      config::kind::source, *with_naughty().find("naughty"), config,
      {.host = host, .instance = reinterpret_cast<drcon_instance*>(&all), .misbehaved = [](const std::string&) {}},
      {.crashed = [](const std::string&) {}, .restarted = [] {}, .late_call = [] {}});
  ASSERT_EQ(all.made->create({config.options}), DRCON_OK);
  ASSERT_EQ(all.made->start(), DRCON_OK);
  EXPECT_EQ(all.ended.get_future().wait_for(60s), std::future_status::ready);
  EXPECT_TRUE(wait_until([] { return plugin_process_of_this() == 0; })) << "and its process with it";
}

TEST_F(Isolation, InheritsNothingButItsSocketItsLibraryAndTheLog) {
  temp_dir directory;
  const int secret = ::open((directory / "secret").c_str(), O_CREAT | O_RDWR, 0600);  // it would survive an exec
  ASSERT_GE(secret, 0);
  source_harness naughty("naughty", options("flood"), with_naughty());
  const auto child = plugin_process_of_this();
  ASSERT_NE(child, 0);
  std::map<int, std::string> open;
  for (const auto& each : std::filesystem::directory_iterator("/proc/" + std::to_string(child) + "/fd"))
    open[std::stoi(each.path().filename())] = std::filesystem::read_symlink(each.path());
  ::close(secret);
  EXPECT_EQ(open[0], "/dev/null");
  EXPECT_TRUE(open[3].starts_with("socket:")) << open[3];
  EXPECT_EQ(std::filesystem::path(open[4]).filename(), "naughty.so");
  for (const auto& [descriptor, what] : open) EXPECT_LE(descriptor, 4) << what;
}

// The bundled plugins' own tests say more; this one is that they work there at all.
TEST_F(Isolation, BundledPluginsRunThereToo) {
  temp_dir directory;
  write_file(directory / "hosts.toml",
             "[[service]]\nname = \"web\"\n[[service.endpoint]]\naddress = \"10.0.0.1\"\nport = 80\n");
  source_harness file("file", "isolation = \"process\"\npath = \"" + (directory / "hosts.toml").string() + "\"\n");
  file.start();
  ASSERT_TRUE(file.wait_ready());
  write_file(directory / "hosts.toml",
             "[[service]]\nname = \"api\"\n[[service.endpoint]]\naddress = \"10.0.0.2\"\nport = 80\n");
  EXPECT_TRUE(file.wait_for(
      [](const auto& state) { return state.services.contains("api") && !state.services.contains("web"); }));
  write_file(directory / "t", "{{#services}}{{name}}{{/services}}");
  sink_harness list("template", "isolation = \"process\"\n[[sink.test.file]]\nescape = \"none\"\ntemplate = \"" +
                                    (directory / "t").string() + "\"\npath = \"" + (directory / "out").string() +
                                    "\"\n");
  const auto rendered = list.render({web(1)});
  ASSERT_EQ(rendered.size(), 1U);
  EXPECT_EQ(rendered[0].wanted, "web");
  list.start();
  EXPECT_EQ(list.apply({web(1)}).result, DRCON_OK);
  EXPECT_EQ(read_file(directory / "out"), "web");
}

// One source dies a hundred times; another pipeline's changes all arrive meanwhile, and nothing of its own is lost.
TEST(IsolationEndToEnd, AHundredCrashesHarmNobody) {
  temp_dir files;
  const auto hosts = [&](int port) {
    write_file(files / "next", "[[service]]\nname = \"api\"\n[[service.endpoint]]\naddress = \"10.0.0.9\"\nport = " +
                                   std::to_string(port) + "\n");
    std::filesystem::rename(files / "next", files / "hosts.toml");
  };
  const auto sink = [&](const std::string& name) {
    return "[sink." + name + "]\nplugin = \"template\"\n[[sink." + name + ".file]]\nescape = \"none\"\ntemplate = \"" +
           (files / "t").string() + "\"\npath = \"" + (files / name).string() + "\"\n";
  };
  hosts(1000);
  write_file(files / "t", "{{#services}}{{name}}{{#endpoints}} {{id}}{{/endpoints}}{{/services}}");
  drcon_process drcon(std::string("host.plugin_directories = [\"") + DRCON_NAUGHTY_PLUGINS +
                      "\"]\n"
                      "[source.naughty]\nplugin = \"naughty\"\ndoes = \"crash\"\n"
                      "isolation = { mode = \"process\", restart_min = \"50ms\", restart_max = \"50ms\" }\n"
                      "[source.file]\nplugin = \"file\"\npath = \"" +
                      (files / "hosts.toml").string() + "\"\n" + sink("one") + sink("two") +
                      "[pipeline.one]\nsources = [\"naughty\"]\nsinks = [\"one\"]\n"
                      "[pipeline.two]\nsources = [\"file\"]\nsinks = [\"two\"]\n");
  drcon.start();
  const auto crashes = [&] {
    const auto text = drcon.metrics();
    const std::string name = "\ndrcon_plugin_crashes_total{kind=\"source\",name=\"naughty\",plugin=\"naughty\"} ";
    const auto at = text.find(name);
    return at == std::string::npos ? 0 : std::stoi(text.substr(at + name.size()));
  };
  ASSERT_TRUE(wait_until([&] { return read_file(files / "one") == "web e0 e1"; })) << drcon.log();
  int changes = 0;
  for (int port = 1001; crashes() < 100 || changes < 10; ++port, ++changes) {
    hosts(port);
    ASSERT_TRUE(wait_until([&] { return read_file(files / "two") == "api 10.0.0.9:" + std::to_string(port); }))
        << "change " << changes << "\n"
        << drcon.log();
    ASSERT_EQ(read_file(files / "one"), "web e0 e1");
  }
  EXPECT_GE(changes, 10);
  EXPECT_TRUE(drcon.running());
  EXPECT_EQ(drcon.status()["pipelines"]["one"]["endpoints"], 2);
  EXPECT_EQ(drcon.stop(), 0);
}

}  // namespace misbehaviour_test
}  // namespace drcon::test
