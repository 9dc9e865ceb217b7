// Programs that a template sink keeps, with the real drcon: start, reload, restart, end, signals, exit codes,
// process 1.
#include "support/drcon_process.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

#include <nlohmann/json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <sstream>

namespace drcon::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Notes in `events` what happens to it: a line each, with the signal and what is in the rendered file at that time.
constexpr auto program_text = R"BASH(#!/bin/bash
cd "$(dirname "$0")"
note() { echo "$1 $(tr '\n' ' ' < out)" >> events; }
for signal in HUP USR1 USR2 WINCH; do trap "note $signal" $signal; done
for signal in TERM INT; do trap "note $signal; exit 0" $signal; done
trap "note QUIT; exit 7" QUIT
echo $$ > pid
note start
while :; do sleep 0.02; done
)BASH";

std::string services(int count) {
  std::string text = "[[service]]\nname = \"web\"\n";
  for (int i = 1; i <= count; ++i)
    text += "[[service.endpoint]]\naddress = \"10.0.0." + std::to_string(i) + "\"\nport = 80\n";
  return text;
}

class KeptProgram : public ::testing::Test {
protected:
  KeptProgram() {
    write_file(path("t.mustache"), "{{#service.web.endpoints}}{{server}}\n{{/service.web.endpoints}}");
    write_file(path("services.toml"), services(1));
    write_program(program_text);
  }

  std::string path(const std::string& name) const { return (directory_ / name).string(); }
  void write_program(const std::string& text) const {
    write_file(path("new-program"), text);
    ::chmod(path("new-program").c_str(), 0755);
    std::filesystem::rename(path("new-program"), path("program"));
  }
  std::string sink(const std::string& name, const std::string& file, const std::string& more) const {
    return "[sink." + name + "]\nplugin = \"template\"\nwatch = \"100ms\"\n" + more + "\n[[sink." + name +
           ".file]]\npath = \"" + path(file) + "\"\ntemplate = \"" + path("t.mustache") + "\"\nescape = \"none\"\n";
  }
  // A whole configuration; `supervise` is what the table has besides the command.
  std::string config(const std::string& supervise = "", const std::string& command = "") const {
    return source() + sink("app", "out", supervise_of(supervise, command)) + pipeline("\"app\"");
  }
  std::string supervise_of(const std::string& more, const std::string& command = "") const {
    return "supervise = { command = [\"" + (command.empty() ? path("program") : command) + "\"]" +
           (more.empty() ? "" : ", ") + more + " }";
  }
  std::string source() const { return "[source.file]\nplugin = \"file\"\npath = \"" + path("services.toml") + "\"\n"; }
  static std::string pipeline(const std::string& sinks) {
    return "[pipeline.web]\nsources = [\"file\"]\nsinks = [" + sinks + "]\nbrake = { hold = \"0s\" }\n";
  }
  void start(const std::string& text) {
    drcon_ = std::make_unique<drcon_process>(text);
    drcon_->start();
    EXPECT_TRUE(drcon_->settled()) << drcon_->log();
  }
  void change(int count) const { write_file(path("services.toml"), services(count)); }
  std::vector<std::string> events() const {
    std::vector<std::string> all;
    std::istringstream lines(read_file(path("events")));
    for (std::string line; std::getline(lines, line);) all.push_back(line.substr(0, line.find_last_not_of(' ') + 1));
    return all;
  }
  bool wait_events(std::size_t count) const {
    return wait_until([&] { return events().size() >= count; });
  }
  pid_t program_pid() const { return static_cast<pid_t>(std::atoi(read_file(path("pid")).c_str())); }
  static bool runs(pid_t pid) { return ::kill(pid, 0) == 0; }
  // What the status says of the sink.
  std::string said_of_sink() const {
    const auto all = drcon_->status();
    return all.is_discarded() ? std::string() : all["sinks"].dump();
  }
  std::optional<int> wait_end() {
    int code = 0;
    if (!wait_until([&] { return !drcon_->running(); })) return {};
    code = drcon_->stop();
    return code;
  }

  temp_dir directory_;
  std::unique_ptr<drcon_process> drcon_;
};

TEST_F(KeptProgram, StartsWhenTheFileIsThereAndGetsTheReloadSignalWhenItChanges) {
  start(config("reload_signal = \"HUP\""));
  ASSERT_TRUE(wait_events(1));
  const auto pid = program_pid();
  EXPECT_TRUE(wait_until([&] {
    return said_of_sink().find("runs as process " + std::to_string(pid)) != std::string::npos;
  })) << said_of_sink();
  change(2);
  ASSERT_TRUE(wait_events(2));
  EXPECT_THAT(events(), ElementsAre("start 10.0.0.1:80", "HUP 10.0.0.1:80 10.0.0.2:80"));
  EXPECT_TRUE(drcon_->settled());
  EXPECT_TRUE(wait_until([&] { return said_of_sink().find("reloaded 1 times") != std::string::npos; }))
      << said_of_sink();
  EXPECT_EQ(program_pid(), pid);
  EXPECT_THAT(drcon_->metrics(), HasSubstr("program_signals_total"));
  EXPECT_EQ(drcon_->stop(), 0) << drcon_->log();
  EXPECT_THAT(events(), ::testing::Contains("TERM 10.0.0.1:80 10.0.0.2:80"));
  EXPECT_FALSE(runs(pid));
}

TEST_F(KeptProgram, IsRestartedWhenItHasNoReloadSignal) {
  start(config("kill_signal = \"INT\""));
  ASSERT_TRUE(wait_events(1));
  const auto before = program_pid();
  change(2);
  ASSERT_TRUE(wait_events(3));
  EXPECT_THAT(events(),
              ElementsAre("start 10.0.0.1:80", "INT 10.0.0.1:80 10.0.0.2:80", "start 10.0.0.1:80 10.0.0.2:80"));
  EXPECT_TRUE(drcon_->settled()) << drcon_->log();
  EXPECT_NE(program_pid(), before);
  EXPECT_FALSE(runs(before));
  EXPECT_TRUE(wait_until([&] {
    return said_of_sink().find("the process before it ended with code 0") != std::string::npos;
  })) << said_of_sink();
}

TEST_F(KeptProgram, IsKilledWithAllInItsGroupWhenItDoesNotEndInTime) {
  write_program(
      "#!/bin/bash\ncd \"$(dirname \"$0\")\"\ntrap '' TERM\nsleep 1000 & echo $! > helper\n"
      "echo $$ > pid\necho start >> events\nwhile :; do sleep 0.02; done\n");
  start(config("kill_timeout = \"200ms\""));
  ASSERT_TRUE(wait_events(1));
  const auto before = program_pid();
  const auto helper = static_cast<pid_t>(std::atoi(read_file(path("helper")).c_str()));
  ASSERT_TRUE(runs(helper));
  change(2);
  ASSERT_TRUE(wait_events(2)) << drcon_->log();
  EXPECT_FALSE(runs(before));
  EXPECT_TRUE(wait_until([&] { return !runs(helper); }));
  EXPECT_THAT(drcon_->log(), HasSubstr("runs 200ms after TERM: killed"));
  EXPECT_EQ(drcon_->stop(), 137) << "it had to be killed again: " << drcon_->log();
}

TEST_F(KeptProgram, EndsDrconWithItsExitCodeAfterTheOtherSinksAreClosed) {
  start(source() + sink("app", "out", supervise_of("")) + sink("other", "second", "") + pipeline("\"app\", \"other\""));
  ASSERT_TRUE(wait_events(1));
  ::kill(drcon_->pid(), SIGQUIT);
  EXPECT_EQ(wait_end(), 7);
  EXPECT_THAT(events(), ::testing::Contains("QUIT 10.0.0.1:80"));
  EXPECT_THAT(drcon_->log(), HasSubstr("ended with code 7; drcon stops, and ends with code 7 as well"));
  EXPECT_THAT(drcon_->log(), HasSubstr("stopped"));
}

TEST_F(KeptProgram, EndedByASignalEndsDrconWith128AndItsNumber) {
  start(config());
  ASSERT_TRUE(wait_events(1));
  ::kill(program_pid(), SIGKILL);
  EXPECT_EQ(wait_end(), 128 + SIGKILL);
  EXPECT_THAT(drcon_->log(), HasSubstr("was ended by signal KILL"));
}

TEST_F(KeptProgram, GetsTheSignalsThatDrconGets) {
  start(config("reload_signal = \"HUP\""));
  ASSERT_TRUE(wait_events(1));
  std::size_t count = 1;
  for (const int signal : {SIGUSR1, SIGUSR2, SIGWINCH}) {
    ::kill(drcon_->pid(), signal);
    ASSERT_TRUE(wait_events(++count));
  }
  EXPECT_THAT(events(), ElementsAre("start 10.0.0.1:80", "USR1 10.0.0.1:80", "USR2 10.0.0.1:80", "WINCH 10.0.0.1:80"));
  ::kill(drcon_->pid(), SIGINT);
  EXPECT_EQ(wait_end(), 0);
  EXPECT_EQ(events().back(), "TERM 10.0.0.1:80") << "a stop of drcon gives the program its kill_signal";
}

TEST_F(KeptProgram, HasItsTimeToEndBeyondTheDeadlineOfTheHost) {
  write_program(
      "#!/bin/bash\ncd \"$(dirname \"$0\")\"\ntrap 'sleep 1.5; echo bye >> events; exit 3' TERM\n"
      "echo start >> events\nwhile :; do sleep 0.02; done\n");
  write_file(path("drcon.toml"), "host.state_directory = \"state\"\nhost.stop_deadline = \"1s\"\n" + config());
  process drcon({DRCON_BINARY, "run", "-c", path("drcon.toml")}, path("log"));
  ASSERT_TRUE(wait_events(1)) << read_file(path("log"));
  EXPECT_EQ(drcon.terminate(), 3) << read_file(path("log"));
  EXPECT_THAT(events(), ElementsAre("start", "bye"));
}

TEST_F(KeptProgram, GoesOnThroughAReloadThatDoesNotChangeIt) {
  start(config("reload_signal = \"HUP\""));
  ASSERT_TRUE(wait_events(1));
  const auto pid = program_pid();
  // The sink is another one: it writes a second file.
  drcon_->reload(config("reload_signal = \"HUP\"") + "[[sink.app.file]]\npath = \"" + path("second") +
                 "\"\ntemplate = \"" + path("t.mustache") + "\"\nescape = \"none\"\n");
  ASSERT_TRUE(wait_events(2)) << drcon_->log();
  EXPECT_THAT(events(), ElementsAre("start 10.0.0.1:80", "HUP 10.0.0.1:80")) << "its files have changed";
  EXPECT_EQ(program_pid(), pid);
  EXPECT_TRUE(runs(pid));
  // Another signal for the same program.
  drcon_->reload(config("reload_signal = \"USR1\""));
  EXPECT_TRUE(wait_until([&] { return drcon_->log().find("reloaded: ") != drcon_->log().rfind("reloaded: "); }));
  change(2);
  ASSERT_TRUE(wait_events(3)) << drcon_->log();
  EXPECT_EQ(events().back(), "USR1 10.0.0.1:80 10.0.0.2:80");
  EXPECT_EQ(program_pid(), pid);
  EXPECT_TRUE(drcon_->settled());
  ::kill(drcon_->pid(), SIGQUIT);
  EXPECT_EQ(wait_end(), 7) << "its signals and its end still are drcon's";
}

TEST_F(KeptProgram, IsRestartedByAReloadThatChangesItAndEndedByOneThatRemovesIt) {
  start(config());
  ASSERT_TRUE(wait_events(1));
  const auto first = program_pid();
  drcon_->reload(config("environment = { COLOUR = \"red\" }"));
  ASSERT_TRUE(wait_events(3)) << drcon_->log();
  EXPECT_THAT(events(), ElementsAre("start 10.0.0.1:80", "TERM 10.0.0.1:80", "start 10.0.0.1:80"));
  EXPECT_FALSE(runs(first));
  const auto second = program_pid();
  EXPECT_THAT(read_file("/proc/" + std::to_string(second) + "/environ"), HasSubstr("COLOUR=red"));
  drcon_->reload(source() + sink("app", "out", "") + pipeline("\"app\""));
  ASSERT_TRUE(wait_events(4)) << drcon_->log();
  EXPECT_TRUE(wait_until([&] { return !runs(second); }));
  EXPECT_TRUE(drcon_->settled());
  EXPECT_TRUE(drcon_->running()) << "its end was asked for by the reload";
  EXPECT_EQ(drcon_->stop(), 0);
}

TEST_F(KeptProgram, StaysWhenAReloadIsRefused) {
  start(config());
  ASSERT_TRUE(wait_events(1));
  drcon_->reload(config("kill_signal = \"NOSUCH\""));
  EXPECT_TRUE(wait_until([&] { return drcon_->log().find("the new configuration is not used") != std::string::npos; }));
  EXPECT_TRUE(runs(program_pid()));
  EXPECT_EQ(events().size(), 1U);
}

TEST_F(KeptProgram, ThatCannotBeStartedIsAFailureAndIsTriedAgain) {
  drcon_ = std::make_unique<drcon_process>(config("", path("missing")));
  drcon_->start();
  EXPECT_TRUE(wait_until([&] {
    return said_of_sink().find("cannot run " + path("missing") + ": No such file or directory") != std::string::npos;
  })) << said_of_sink();
  EXPECT_NE(drcon_->ask("GET", "/readyz").status, 200);
  EXPECT_EQ(read_file(path("out")), "10.0.0.1:80\n") << "the file is there for it";
  std::filesystem::copy(path("program"), path("missing-new"));
  std::filesystem::rename(path("missing-new"), path("missing"));
  EXPECT_TRUE(drcon_->settled()) << drcon_->log();
  EXPECT_TRUE(wait_events(1));
}

TEST_F(KeptProgram, IsStartedAndSignalledThoughOneOfManyFilesCannotBeRendered) {
  write_file(path("each.ctmpl"), "{{if eq .Name \"bad\"}}{{index \"x\" 9}}{{end}}{{len (service \"web\")}}");
  write_file(path("services.toml"), services(1) + "[[service]]\nname = \"bad\"\n[[service.endpoint]]\n" +
                                        "address = \"10.0.1.1\"\nport = 80\n");
  drcon_ = std::make_unique<drcon_process>(
      source() + sink("app", "out", supervise_of("reload_signal = \"HUP\", after = \"own\"")) +
      "[[sink.app.file]]\npath = \"" + path("each-{{name}}") + "\"\ntemplate = \"" + path("each.ctmpl") +
      "\"\nescape = \"none\"\nfor_each = \"service\"\n" + pipeline("\"app\""));
  drcon_->start();
  ASSERT_TRUE(wait_events(1)) << said_of_sink() << drcon_->log();
  EXPECT_EQ(read_file(path("each-web")), "1");
  EXPECT_TRUE(wait_until([&] { return said_of_sink().find("each-bad cannot be rendered") != std::string::npos; }))
      << "that one cannot be rendered is reported still: " << said_of_sink();
  write_file(path("services.toml"), services(2) + "[[service]]\nname = \"bad\"\n[[service.endpoint]]\n" +
                                        "address = \"10.0.1.1\"\nport = 80\n");
  ASSERT_TRUE(wait_events(2)) << said_of_sink();
  EXPECT_EQ(events().back(), "HUP 10.0.0.1:80 10.0.0.2:80");
}

TEST_F(KeptProgram, IsStartedThoughTheReloadNeedsIt) {
  const auto needs = "\nreload = { command = [\"test\", \"-e\", \"" + path("events") + "\"] }";
  start(source() + sink("app", "out", supervise_of("") + needs) + pipeline("\"app\""));
  EXPECT_TRUE(wait_events(1)) << drcon_->log();
}

TEST_F(KeptProgram, IsStartedThoughTheReloadNeedsItAndAnOlderFileIsThere) {
  write_file(path("out"), "10.0.0.9:80\n");
  const auto needs = "\nreload = { command = [\"test\", \"-e\", \"" + path("events") + "\"] }";
  start(source() + sink("app", "out", supervise_of("reload_signal = \"HUP\"") + needs) + pipeline("\"app\""));
  ASSERT_TRUE(wait_events(2)) << drcon_->log();
  EXPECT_EQ(events().back(), "HUP 10.0.0.1:80");
}

TEST_F(KeptProgram, StartsWhenEverySinkOfItsPipelineHasApplied) {
  const auto check = "check = { shell = \"test -e " + path("allowed") + "; # {file}\" }\n";
  drcon_ = std::make_unique<drcon_process>(source() + sink("app", "out", supervise_of("")) +
                                           sink("other", "second", "") + check + pipeline("\"app\", \"other\""));
  drcon_->start();
  EXPECT_TRUE(wait_until([&] {
    return said_of_sink().find("is started when the other sinks of its pipelines have applied") != std::string::npos;
  })) << said_of_sink();
  EXPECT_EQ(events().size(), 0U);
  write_file(path("allowed"), "");
  EXPECT_TRUE(wait_events(1)) << drcon_->log();
  EXPECT_TRUE(drcon_->settled()) << drcon_->log();
  EXPECT_EQ(read_file(path("second")), "10.0.0.1:80\n");
}

TEST_F(KeptProgram, StartsBeforeASinkThatNeedsItWhereThatIsAskedFor) {
  const auto needs = "reload = { command = [\"test\", \"-e\", \"" + path("events") + "\"] }";
  start(source() + sink("app", "out", supervise_of("after = \"own\"")) + sink("other", "second", needs) +
        pipeline("\"app\", \"other\""));
  EXPECT_TRUE(wait_events(1));
}

TEST_F(KeptProgram, OfAShellLineIsEndedWithAllThatTheLineHasStarted) {
  start(source() +
        sink("app", "out", "supervise = { shell = \"" + path("program") + "; echo over >> " + path("events") + "\" }") +
        pipeline("\"app\""));
  ASSERT_TRUE(wait_events(1));
  const auto pid = program_pid();
  EXPECT_EQ(drcon_->stop(), 0) << drcon_->log();
  EXPECT_FALSE(runs(pid));
  EXPECT_THAT(events(), ::testing::Contains("TERM 10.0.0.1:80")) << "the program itself has got the signal";
}

TEST_F(KeptProgram, IsKilledByASecondSignalToDrcon) {
  write_program(
      "#!/bin/bash\ncd \"$(dirname \"$0\")\"\ntrap 'echo ignored >> events' TERM\n"
      "echo $$ > pid\necho start >> events\nwhile :; do sleep 0.02; done\n");
  start(config());
  ASSERT_TRUE(wait_events(1));
  ::kill(drcon_->pid(), SIGTERM);
  ASSERT_TRUE(wait_events(2));
  EXPECT_TRUE(runs(program_pid()));
  ::kill(drcon_->pid(), SIGTERM);
  EXPECT_EQ(wait_end(), 4) << "not in order";
  EXPECT_TRUE(wait_until([&] { return !runs(program_pid()); }));
}

TEST_F(KeptProgram, DoesNotOutliveADrconThatIsKilled) {
  start(config());
  ASSERT_TRUE(wait_events(1));
  const auto pid = program_pid();
  drcon_->kill9();
  EXPECT_TRUE(wait_until([&] { return !runs(pid); }));
}

TEST_F(KeptProgram, IsRefusedInAProcessOfThePluginsOwn) {
  drcon_ = std::make_unique<drcon_process>(
      source() + sink("app", "out", supervise_of("") + "\nisolation = \"process\"") + pipeline("\"app\""));
  const auto checked = drcon_->verb("check");
  EXPECT_EQ(checked.code, 1);
  EXPECT_THAT(checked.err + checked.out, HasSubstr("leave out isolation = \"process\" of this sink"));
}

TEST_F(KeptProgram, OfAShellThatTheReloadSignalWouldEndIsRefused) {
  const auto checked = [this](const std::string& line) {
    drcon_ = std::make_unique<drcon_process>(
        source() + sink("app", "out", "supervise = { shell = \"" + line + "\", reload_signal = \"HUP\" }") +
        pipeline("\"app\""));
    return drcon_->verb("check");
  };
  const auto refused = checked(path("program") + "; true");
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err + refused.out, HasSubstr("write `exec` before the last command of 'shell'"));
  EXPECT_EQ(checked("true; exec " + path("program")).code, 0);
}

TEST_F(KeptProgram, OfDrconOnceIsWaitedForAndGivesItsExitCode) {
  write_file(path("drcon.toml"), "host.state_directory = \"state\"\n" + config("reload_signal = \"HUP\""));
  process drcon({DRCON_BINARY, "once", "-c", path("drcon.toml")}, path("log"));
  ASSERT_TRUE(wait_events(1)) << read_file(path("log"));
  EXPECT_TRUE(drcon.running());
  drcon.signal(SIGUSR1);
  ASSERT_TRUE(wait_events(2));
  drcon.signal(SIGQUIT);
  EXPECT_EQ(drcon.wait(patience), 7) << read_file(path("log"));
  EXPECT_THAT(events(), ElementsAre("start 10.0.0.1:80", "USR1 10.0.0.1:80", "QUIT 10.0.0.1:80"));
}

TEST_F(KeptProgram, OfDrconOnceIsEndedInOrderWhenDrconIs) {
  write_file(path("drcon.toml"), "host.state_directory = \"state\"\n" + config());
  process drcon({DRCON_BINARY, "once", "-c", path("drcon.toml")}, path("log"));
  ASSERT_TRUE(wait_events(1)) << read_file(path("log"));
  EXPECT_EQ(drcon.terminate(), 0) << read_file(path("log"));
  EXPECT_THAT(events(), ElementsAre("start 10.0.0.1:80", "TERM 10.0.0.1:80"));
}

// ---- process 1, in a pid namespace of its own ----

class ProcessOne : public KeptProgram {
protected:
  void start_as_process_one(const std::string& config, const std::string& verb = "run") {
    write_file(path("drcon.toml"), "host.state_directory = \"state\"\n" + config);
    outside_ = test::as_process_one({DRCON_BINARY, verb, "-c", path("drcon.toml")}, path("log"));
  }
  // Process 1, as it is known outside.
  pid_t process_one() const {
    const auto children = outside_.children();
    return children.empty() ? 0 : *children.begin();
  }

  process outside_;
};

TEST_F(ProcessOne, CollectsEveryOrphanAndEndsWithTheExitCodeOfTheProgram) {
  ASSERT_EQ(::geteuid(), 0U);
  // Each subshell ends at once and leaves its child, which ends a little later, to process 1.
  write_program(R"BASH(#!/bin/bash
cd "$(dirname "$0")"
for i in $(seq 1000); do ( sleep 0.01 & ); done
echo made >> events
left() { cat /proc/[0-9]*/stat 2> /dev/null | grep -c ') Z \|(sleep)'; }
while [ "$(left)" != 0 ]; do :; done
echo none is left >> events
exit 9
)BASH");
  start_as_process_one(config());
  EXPECT_EQ(outside_.wait(std::chrono::minutes(2)), 9) << read_file(path("log"));
  EXPECT_THAT(events(), ElementsAre("made", "none is left"));
}

// What a reload command leaves behind when it ends has no parent but process 1.
TEST_F(ProcessOne, LeavesNoZombieOfAThousandReloadCommandsThatLeaveOrphans) {
  ASSERT_EQ(::geteuid(), 0U);
  constexpr int sinks = 20;
  constexpr int changes = 50;
  auto config = source();
  std::string names;
  for (int i = 0; i < sinks; ++i) {
    const auto name = "s" + std::to_string(i);
    // The orphan ends after the command that left it.
    const auto reload = "( sleep 0.05 & ) ; echo x >> " + path("reloads-" + name);
    config += sink(name, "out-" + name, "reload = { shell = '" + reload + "' }");
    names += (names.empty() ? "\"" : ", \"") + name + "\"";
  }
  start_as_process_one(config + pipeline(names));
  const auto reloads = [&] {
    std::ptrdiff_t least = changes;
    for (int i = 0; i < sinks; ++i)
      least = std::min(least, std::ranges::count(read_file(path("reloads-s" + std::to_string(i))), '\n'));
    return least;
  };
  for (int i = 1; i <= changes; ++i) {
    change(1 + i % 2);
    ASSERT_TRUE(wait_until([&] { return reloads() >= i; })) << i << read_file(path("log"));
  }
  const auto children_of_process_one = [this] { return run({"pgrep", "--parent", std::to_string(process_one())}).out; };
  EXPECT_TRUE(wait_until([&] { return std::ranges::count(children_of_process_one(), '\n') == 1; }))
      << "drcon itself is the only one: " << children_of_process_one();
  ::kill(process_one(), SIGTERM);
  EXPECT_EQ(outside_.wait(patience), 0) << read_file(path("log"));
}

TEST_F(ProcessOne, PassesSignalsOnAndEndsInOrder) {
  ASSERT_EQ(::geteuid(), 0U);
  start_as_process_one(config());
  ASSERT_TRUE(wait_events(1)) << read_file(path("log"));
  ::kill(process_one(), SIGUSR1);
  ASSERT_TRUE(wait_events(2)) << read_file(path("log"));
  ::kill(process_one(), SIGTERM);
  EXPECT_EQ(outside_.wait(patience), 0) << read_file(path("log"));
  EXPECT_THAT(events(), ElementsAre("start 10.0.0.1:80", "USR1 10.0.0.1:80", "TERM 10.0.0.1:80"));
}

// A pid file that came from another container: its process 1 is not the one that is seen here, which would pass the
// signal on to drcon.
TEST_F(ProcessOne, IsNotSignalledByAPidFileThatNamesIt) {
  ASSERT_EQ(::geteuid(), 0U);
  write_file(path("pid"), "1\n");
  start_as_process_one(source() +
                       sink("app", "out", "reload = { signal = \"HUP\", pid_file = \"" + path("pid") + "\" }") +
                       pipeline("\"app\""));
  EXPECT_TRUE(wait_until([&] {
    return read_file(path("log")).find("names process 1, which is not signalled unless") != std::string::npos;
  })) << read_file(path("log"));
  EXPECT_EQ(read_file(path("log")).find("reloaded: "), std::string::npos) << read_file(path("log"));
  ::kill(process_one(), SIGTERM);
  EXPECT_EQ(outside_.wait(patience), 0) << read_file(path("log"));
}

TEST_F(ProcessOne, StaysThroughASignalThatNobodyTakes) {
  ASSERT_EQ(::geteuid(), 0U);
  start_as_process_one(source() + sink("app", "out", "") + pipeline("\"app\""));
  ASSERT_TRUE(wait_until([&] { return read_file(path("out")) == "10.0.0.1:80\n"; })) << read_file(path("log"));
  ::kill(process_one(), SIGUSR1);
  ::kill(process_one(), SIGHUP);
  EXPECT_TRUE(wait_until([&] { return read_file(path("log")).find("reloaded: ") != std::string::npos; }));
  ::kill(process_one(), SIGTERM);
  EXPECT_EQ(outside_.wait(patience), 0) << read_file(path("log"));
}

TEST_F(ProcessOne, OfDrconOnceEndsWithTheExitCodeOfTheProgram) {
  ASSERT_EQ(::geteuid(), 0U);
  write_program("#!/bin/sh\nexit 5\n");
  start_as_process_one(config(), "once");
  EXPECT_EQ(outside_.wait(patience), 5) << read_file(path("log"));
}

}  // namespace
}  // namespace drcon::test
