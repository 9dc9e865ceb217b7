// The template sink with real files, programs and signals.
#include "common/target_lock.hpp"
#include "support/drcon_process.hpp"
#include "support/http.hpp"
#include "support/plugin_harness.hpp"
#include "support/ports.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

#include <gtest/gtest.h>

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <optional>

namespace drcon::test {
namespace template_test {

using nlohmann::json;

service web(int count, const std::string& tag = "v1") {
  service made{.name = "web", .revision = 1, .endpoints = {}};
  for (int i = 0; i < count; ++i)
    made.endpoints.push_back({.id = "e" + std::to_string(i),
                              .node = "n",
                              .address = "10.0.0." + std::to_string(i + 1),
                              .port = 80,
                              .tags = {tag},
                              .meta = {}});
  return made;
}

class TemplateSink : public ::testing::Test {
protected:
  TemplateSink() { write_file(template_file(), "{{#service.web.endpoints}}{{server}}\n{{/service.web.endpoints}}"); }

  std::string template_file() const { return (directory_ / "t.mustache").string(); }
  std::string out() const { return (directory_ / "out").string(); }
  std::string text() const { return read_file(out()); }
  // One file, rendered from the template; `more` goes into its table, `after` into the sink's.
  sink_harness& sink(const std::string& more = "", const std::string& after = "") {
    sink_.reset();
    sink_ = std::make_unique<sink_harness>("template", "file = [{ path = \"" + out() + "\", template = \"" +
                                                           template_file() + "\", escape = \"none\"" + more + " }]\n" +
                                                           after);
    sink_->start();
    return *sink_;
  }
  outcome apply(int count) { return sink_->apply({web(count)}); }
  // Applies one file, and begins again with a second one and a reload that is `test` with these arguments.
  void add_second_file(const std::string& arguments) {
    sink();
    expect_applied(1);
    sink_.reset();
    const auto table = [this](const std::string& name) {
      return "{ path = \"" + path(name) + "\", template = \"" + template_file() + "\", escape = \"none\" }";
    };
    sink_ = std::make_unique<sink_harness>("template", "file = [" + table("out") + ", " + table("second") +
                                                           "]\nreload = { command = [\"test\", " + arguments + "] }\n");
    sink_->start();
  }
  void expect_applied(int count) {
    const auto how = apply(count);
    EXPECT_EQ(how.result, DRCON_OK) << how.why;
  }
  std::string expect_refused(int count) {
    const auto before = text();
    const auto how = apply(count);
    EXPECT_EQ(how.result, DRCON_RETRY);
    EXPECT_EQ(text(), before) << "the old file stands";
    return how.why;
  }
  int lines(const std::string& name) const {
    const auto all = read_file(directory_ / name);
    return static_cast<int>(std::count(all.begin(), all.end(), '\n'));
  }
  std::string path(const std::string& name) const { return (directory_ / name).string(); }

  temp_dir directory_;
  std::unique_ptr<sink_harness> sink_;
};

TEST_F(TemplateSink, RendersTheFileAndRunsTheCommandOnceForEachChange) {
  sink("", "reload = { shell = 'echo r >> " + path("reloads") + "' }\n");
  expect_applied(2);
  EXPECT_EQ(text(), "10.0.0.1:80\n10.0.0.2:80\n");
  EXPECT_EQ(lines("reloads"), 1);
  expect_applied(2);
  EXPECT_EQ(lines("reloads"), 1) << "nothing has changed";
  expect_applied(0);
  EXPECT_EQ(text(), "");
  EXPECT_EQ(lines("reloads"), 2);
  sink_.reset();
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_.path()), {}), 3) << "no file is left aside";
}

TEST_F(TemplateSink, ChangesSeveralFilesTogetherWithOneReload) {
  sink_ = std::make_unique<sink_harness>(
      "template", "file = [{ path = \"" + path("a") + "\", template = \"" + template_file() +
                      "\", escape = \"none\" }, { path = \"" + path("b") + "\", template = \"" + template_file() +
                      "\", escape = \"json\", check = { shell = \"! grep -q 10.0.0.3 {file}\" } }]\n" +
                      "reload = { shell = 'echo r >> " + path("reloads") + "' }\n");
  sink_->start();
  expect_applied(2);
  EXPECT_EQ(read_file(path("a")), read_file(path("b")));
  EXPECT_EQ(lines("reloads"), 1);
  EXPECT_EQ(apply(3).result, DRCON_RETRY);
  EXPECT_EQ(lines("a"), 2) << "neither changes when one is refused";
  EXPECT_EQ(lines("b"), 2);
  EXPECT_EQ(lines("reloads"), 1);
}

TEST_F(TemplateSink, PassesToCommandsWhatHasChanged) {
  sink("", "reload = { shell = 'cat > " + path("in") + "; env > " + path("env") +
               "', environment = { COLOUR = \"red\" } }\n");
  expect_applied(1);
  const auto said = parsed_json(read_file(path("in")));
  EXPECT_EQ(said["files"], json{out()});
  EXPECT_EQ(said["added"], json{"web"});
  EXPECT_EQ(said["services"][0]["endpoints"][0]["address"], "10.0.0.1");
  const auto environment = read_file(path("env"));
  for (const auto* each :
       {"DRCON_SINK=test\n", "DRCON_ADDED=web\n", "DRCON_CHANGED=\n", "DRCON_REVISION=1\n", "COLOUR=red\n"})
    EXPECT_NE(environment.find(each), std::string::npos) << each << environment;
  expect_applied(2);
  EXPECT_EQ(parsed_json(read_file(path("in")))["changed"], json{"web"});
}

TEST_F(TemplateSink, RunsWithoutAShellUnlessAskedAndAsTheUserThatIsNamed) {
  ASSERT_EQ(geteuid(), 0U);
  ::chmod(directory_.path().c_str(), 0777);
  sink("", "reload = { command = [\"touch\", \"" + path("$HOME;x") + "\"], user = \"nobody\" }\n");
  expect_applied(1);
  struct stat made {};
  ASSERT_EQ(::stat(path("$HOME;x").c_str(), &made), 0);
  EXPECT_EQ(made.st_uid, 65534U);
}

TEST_F(TemplateSink, SendsASignalToThePidOfAFile) {
  process reader(
      {"sh", "-c",
       "trap 'echo r >> " + path("reloads") + "' HUP; echo up > " + path("up") + "; while :; do sleep 0.02; done"},
      directory_ / "log");
  ASSERT_TRUE(wait_until([&] { return !read_file(path("up")).empty(); }));
  write_file(path("pid"), std::to_string(reader.pid()) + "\n");
  sink("", "reload = { signal = \"HUP\", pid_file = \"" + path("pid") + "\" }\n");
  expect_applied(1);
  EXPECT_TRUE(wait_until([&] { return lines("reloads") == 1; }));
  std::filesystem::remove(path("pid"));
  const auto how = apply(2);
  EXPECT_EQ(how.result, DRCON_RETRY);
  EXPECT_NE(how.why.find("there is no " + path("pid")), std::string::npos) << how.why;
  EXPECT_EQ(text(), "10.0.0.1:80\n10.0.0.2:80\n") << "nobody has refused it: who starts now finds it";
  write_file(path("pid"), std::to_string(reader.pid()) + "\n");
  expect_applied(2);
  EXPECT_TRUE(wait_until([&] { return lines("reloads") == 2; })) << "sent late, but sent";
}

// HAProxy's master loses signals while it reloads, and with a signal the change.
TEST_F(TemplateSink, SendsNoSignalThatIsLostByAProcessThatExecutesItselfAgain) {
  const auto port = free_port();
  write_file(template_file(),
             "listen web\n  mode http\n  bind 127.0.0.1:" + std::to_string(port) +
                 "\n  timeout client 1s\n  timeout server 1s\n  timeout connect 1s\n"
                 "  http-request return status 200 content-type text/plain string {{service.web.count}}\n");
  sink("", "reload = { signal = \"USR2\", pid_file = \"" + path("pid") + "\" }\n");
  const auto how = apply(1);
  EXPECT_EQ(how.result, DRCON_RETRY) << "nobody runs";
  const process haproxy({"haproxy", "-W", "-p", path("pid"), "-f", out()}, path("log"));
  ASSERT_TRUE(wait_until([this] { return std::filesystem::exists(path("pid")); })) << haproxy.text();
  // While it reloads HAProxy replaces its pid file; whoever finds none is asked to retry, as drcon does.
  const auto applies = [&](int count) { return wait_until([&] { return apply(count).result == DRCON_OK; }); };
  for (int count = 2; count < 20; count += 2) {
    ASSERT_TRUE(applies(count)) << haproxy.text();
    ASSERT_TRUE(applies(count + 1)) << haproxy.text();
    ASSERT_TRUE(wait_until([&] { return get(port, "/").body == std::to_string(count + 1); }))
        << count << " " << get(port, "/").body << haproxy.text();
  }
  // The last reload may still be under way, and its master would take SIGTERM and forget it. The worker ends with it.
  ::kill(haproxy.pid(), SIGKILL);
}

// As HAProxy's master does, but for longer: the handler is installed and the signal is open, and whatever comes in is
// lost, since the process executes itself next.
TEST_F(TemplateSink, WaitsForAProcessThatIsAboutToExecuteItselfAgain) {
  write_file(path("reader"),
             "import os, signal, sys, time\n"
             "if len(sys.argv) == 1:\n"
             "  signal.signal(signal.SIGHUP, lambda *_: None)\n"
             "  open('" +
                 path("up") +
                 "', 'w')\n"
                 "  while time.process_time() < 0.15: pass\n"
                 "  signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])\n"
                 "  os.execv(sys.executable, [sys.executable, sys.argv[0], 'again'])\n"
                 "signal.signal(signal.SIGHUP, lambda *_: open('" +
                 path("heard") +
                 "', 'a').write('heard\\n'))\n"
                 "signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGHUP])\n"
                 "while True: signal.pause()\n");
  const process reader({"python3", path("reader")}, path("log"));
  ASSERT_TRUE(wait_until([this] { return std::filesystem::exists(path("up")); })) << reader.text();
  write_file(path("pid"), std::to_string(reader.pid()) + "\n");
  sink("", "reload = { signal = \"HUP\", pid_file = \"" + path("pid") + "\" }\n");
  ASSERT_TRUE(wait_until([&] { return apply(1).result == DRCON_OK; })) << reader.text();
  EXPECT_TRUE(wait_until([this] { return lines("heard") == 1; })) << reader.text();
}

// A process that nobody has waited for can be sent signals, and takes none.
TEST_F(TemplateSink, DoesNotTakeAProcessThatHasEndedForOneThatWasReloaded) {
  const auto ended = ::fork();
  if (ended == 0) ::_exit(0);
  ASSERT_GT(ended, 0);
  siginfo_t about{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(ended), &about, WEXITED | WNOWAIT), 0);
  write_file(path("pid"), std::to_string(ended) + "\n");
  sink("", "reload = { signal = \"HUP\", pid_file = \"" + path("pid") + "\" }\n");
  const auto how = apply(1);
  EXPECT_EQ(how.result, DRCON_RETRY);
  EXPECT_NE(how.why.find("has ended"), std::string::npos) << how.why;
  ::waitpid(ended, nullptr, 0);
}

TEST_F(TemplateSink, DoesNotEndAProcessThatDoesNotListenYet) {
  process reader(
      {"sh", "-c",
       "echo > " + path("up") + "; while [ ! -e " + path("go") + " ]; do sleep 0.05; done; trap 'echo heard >> " +
           path("heard") + "' HUP; while :; do sleep 0.05; done"},
      path("log"));
  ASSERT_TRUE(wait_until([this] { return std::filesystem::exists(path("up")); }));
  write_file(path("pid"), std::to_string(reader.pid()) + "\n");
  sink("", "reload = { signal = \"HUP\", pid_file = \"" + path("pid") + "\" }\n");
  const auto how = apply(1);
  EXPECT_EQ(how.result, DRCON_RETRY);
  EXPECT_NE(how.why.find("does not listen to the signal yet, and would be ended by it"), std::string::npos) << how.why;
  EXPECT_TRUE(reader.running());
  EXPECT_EQ(text(), "10.0.0.1:80\n") << "it waits";
  write_file(path("go"), "");
  expect_applied(1);
  EXPECT_TRUE(wait_until([this] { return lines("heard") == 1; }));
}

// Two that do not look like it: one reads signals from a descriptor, the other waits for them.
TEST_F(TemplateSink, ReachesAProcessWithoutAHandlerThatListensNevertheless) {
  for (const std::string how :
       {"fd = libc.signalfd(-1, mask, 0)\nwhile os.read(fd, 128)", "while signal.sigwait([1])"}) {
    for (const auto* name : {"ready", "heard"}) std::filesystem::remove(path(name));
    const process reader(
        {"python3", "-c",
         "import ctypes, os, signal\nlibc = ctypes.CDLL(None)\nmask = (ctypes.c_ulong * 16)(1)\n"
         "signal.pthread_sigmask(signal.SIG_BLOCK, [1])\nopen('" +
             path("ready") + "', 'w')\n" + how + ": open('" + path("heard") + "', 'a').write('heard\\n')\n"},
        path("log"));
    ASSERT_TRUE(wait_until([this] { return std::filesystem::exists(path("ready")); })) << reader.text();
    write_file(path("pid"), std::to_string(reader.pid()) + "\n");
    std::filesystem::remove(out());
    sink("", "reload = { signal = \"HUP\", pid_file = \"" + path("pid") + "\" }\n");
    for (const int count : {1, 2}) {
      ASSERT_TRUE(wait_until([&] { return apply(count).result == DRCON_OK; })) << how;
      EXPECT_TRUE(wait_until([&] { return lines("heard") >= count; })) << how << reader.text();
    }
  }
}

TEST_F(TemplateSink, KeepsTheOldFileWhenTheCheckFailsAndHealsWhenItPasses) {
  sink(", check = { command = [\"" + path("check") + "\", \"{file}\"] }");
  write_file(path("check"), "#!/bin/sh\nexit 0\n");
  ::chmod(path("check").c_str(), 0755);
  expect_applied(1);
  write_file(path("check"), "#!/bin/sh\necho no good; exit 3\n");
  const auto why = expect_refused(2);
  EXPECT_NE(why.find("ended with code 3: no good"), std::string::npos) << why;
  write_file(path("check"), "#!/bin/sh\ngrep -q 10.0.0.2 \"$1\" && ! grep -q 10.0.0.2 " + out() + "\n");
  expect_applied(2);
  EXPECT_EQ(lines("out"), 2);
}

TEST_F(TemplateSink, KillsACheckThatHangsWithAllItStarted) {
  write_file(out(), "old\n");
  sink(", check = { shell = \"sleep 1000 & sleep 1000; : {file}\", timeout = \"200ms\" }");
  EXPECT_NE(expect_refused(1).find("took longer than 200 ms"), std::string::npos);
}

TEST_F(TemplateSink, PutsTheOldFilesBackWhenTheReloadFailsAndReloadsThem) {
  sink("",
       "reload = { shell = 'cp " + out() + " " + path("loaded") + "; ! grep -q 10.0.0.2 " + path("loaded") + "' }\n");
  expect_applied(1);
  const auto why = expect_refused(2);
  EXPECT_NE(why.find("the old files are back, and were reloaded"), std::string::npos) << why;
  EXPECT_EQ(lines("loaded"), 1);
  // It does not disturb the reader again and again with what it has refused.
  std::filesystem::remove(path("loaded"));
  expect_refused(2);
  EXPECT_FALSE(std::filesystem::exists(path("loaded")));
  expect_applied(1);
}

// The program that reads it may wait for it, and cannot be reloaded before it runs.
TEST_F(TemplateSink, KeepsANewFileWhenTheReloadFailsAndRetriesTheReload) {
  const auto reload = "reload = { command = [\"test\", \"-e\", \"" + path("up") + "\"] }\n";
  sink("", reload);
  const auto how = apply(1);
  EXPECT_EQ(how.result, DRCON_RETRY);
  EXPECT_NE(how.why.find("they stay, and the reload is retried"), std::string::npos) << how.why;
  EXPECT_EQ(text(), "10.0.0.1:80\n");
  EXPECT_EQ(apply(2).result, DRCON_RETRY);
  EXPECT_EQ(text(), "10.0.0.1:80\n10.0.0.2:80\n") << "newer content is there as soon as it is known";
  sink("", reload);  // a restart knows that the reload is still missing
  EXPECT_EQ(apply(2).result, DRCON_RETRY);
  EXPECT_EQ(text(), "10.0.0.1:80\n10.0.0.2:80\n");
  write_file(path("up"), "");
  EXPECT_TRUE(wait_until([this] { return apply(2).result == DRCON_OK; }));
  std::filesystem::remove(path("up"));
  EXPECT_EQ(apply(1).result, DRCON_RETRY);
  EXPECT_EQ(text(), "10.0.0.1:80\n10.0.0.2:80\n") << "from now on there is something to go back to";
}

// Likewise where one file was there before and another one is new.
TEST_F(TemplateSink, KeepsANewFileBesideAnOldOneWhenTheReaderCannotBeReloadedAtAll) {
  add_second_file("\"-e\", \"" + path("up") + "\"");
  const auto how = apply(2);
  EXPECT_EQ(how.result, DRCON_RETRY);
  EXPECT_NE(how.why.find("the files that were not there before stay"), std::string::npos) << how.why;
  EXPECT_EQ(text(), "10.0.0.1:80\n") << "the old one is back";
  EXPECT_EQ(read_file(path("second")), "10.0.0.1:80\n10.0.0.2:80\n");
  write_file(path("up"), "");
  EXPECT_TRUE(wait_until([this] { return apply(2).result == DRCON_OK; }));
  EXPECT_EQ(text(), "10.0.0.1:80\n10.0.0.2:80\n");
}

TEST_F(TemplateSink, RemovesANewFileThatTheReaderCannotBeReloadedWith) {
  add_second_file("\"!\", \"-e\", \"" + path("second") + "\"");
  const auto how = apply(2);
  EXPECT_NE(how.why.find("the old files are back, and were reloaded"), std::string::npos) << how.why;
  EXPECT_FALSE(std::filesystem::exists(path("second")));
  EXPECT_EQ(text(), "10.0.0.1:80\n");
}

TEST_F(TemplateSink, RunsCommandsHoweverManyServicesThereAre) {
  sink("", "reload = { shell = 'cat > " + path("in") + "; env > " + path("env") + "' }\n");
  std::vector<service> all{web(1)};
  for (int i = 0; i < 900; ++i) {
    all.push_back(web(1));
    all.back().name = std::string(250, 'x') + std::to_string(1000 + i);
  }
  const auto how = sink_->apply(all);
  ASSERT_EQ(how.result, DRCON_OK) << how.why;
  EXPECT_NE(read_file(path("env")).find("DRCON_ADDED_COUNT=901\n"), std::string::npos);
  EXPECT_EQ(parsed_json(read_file(path("in")))["added"].size(), 901U) << "all of them are on standard input";
}

TEST_F(TemplateSink, HidesItsEnvironmentFromTheCommandsOfAnotherUser) {
  ASSERT_EQ(geteuid(), 0U);
  ::chmod(directory_.path().c_str(), 0777);
  ASSERT_EQ(::setenv("DRCON_TEST_TOKEN", "secret", 1), 0);
  const auto environment_of = [this](const std::string& user) {
    sink_.reset();  // it would put the file back, and run its command once more
    std::filesystem::remove(out());
    std::filesystem::remove(path("env"));
    sink("", "reload = { shell = 'env > " + path("env") + "', environment = { COLOUR = \"red\" }" + user + " }\n");
    expect_applied(1);
    return read_file(path("env"));
  };
  EXPECT_NE(environment_of("").find("DRCON_TEST_TOKEN=secret"), std::string::npos);
  const auto theirs = environment_of(", user = \"nobody\"");
  ::unsetenv("DRCON_TEST_TOKEN");
  EXPECT_EQ(theirs.find("DRCON_TEST_TOKEN"), std::string::npos) << theirs;
  for (const auto* each : {"PATH=", "USER=nobody\n", "HOME=/nonexistent\n", "COLOUR=red\n", "DRCON_ADDED=web\n"})
    EXPECT_NE(theirs.find(each), std::string::npos) << each << theirs;
}

// Whoever may write to the directory could have root replace, or show, any file of the machine.
TEST_F(TemplateSink, DoesNotFollowAsRootALinkThatSomebodyElseMade) {
  ASSERT_EQ(geteuid(), 0U);
  write_file(path("roots"), "secret\n");
  const auto theirs = path("theirs");
  std::filesystem::create_directory(theirs);
  ASSERT_EQ(::chown(theirs.c_str(), 65534, 65534), 0);
  for (const auto* link : {"out", "way"})
    std::filesystem::create_symlink(std::string(link) == "out" ? path("roots") : directory_.path().string(),
                                    theirs + "/" + link);
  for (const auto& file : {theirs + "/out", theirs + "/way/roots"}) {
    sink_ = std::make_unique<sink_harness>("template", "file = [{ path = \"" + file + "\", template = \"" +
                                                           template_file() + "\", escape = \"none\" }]\n");
    sink_->start();
    const auto how = apply(1);
    EXPECT_EQ(how.result, DRCON_RETRY);
    EXPECT_NE(how.why.find("is a symbolic link that somebody other than root can have made"), std::string::npos)
        << how.why;
    EXPECT_EQ(read_file(path("roots")), "secret\n");
    EXPECT_FALSE(sink_->render({web(1)}).front().live) << "nor does it show what is there";
  }
}

TEST_F(TemplateSink, TakesNothingThroughALinkForTheFileThatWasThereBefore) {
  write_file(path("roots"), "secret\n");
  std::filesystem::create_symlink(path("roots"), path(".out.previous"));
  write_file(out(), "10.0.0.1:80\n");
  sink("", "reload = { command = [\"false\"] }\n");
  EXPECT_EQ(apply(2).result, DRCON_RETRY);
  EXPECT_EQ(text(), "10.0.0.1:80\n");
}

TEST_F(TemplateSink, DoesNotWaitForAPipeInThePlaceOfItsFile) {
  ASSERT_EQ(run({"mkfifo", out()}).code, 0);
  sink();
  const auto how = apply(1);
  EXPECT_EQ(how.result, DRCON_RETRY);
  EXPECT_NE(how.why.find("no regular file"), std::string::npos) << how.why;
}

// Where a second name for the old file cannot be made, such as for one of another user, it is copied.
TEST_F(TemplateSink, ShowsABackupToNobodyWhoCouldNotReadTheFile) {
  ASSERT_EQ(geteuid(), 0U) << "only root can give up a right and take it back";
  ::chmod(directory_.path().c_str(), 0777);
  write_file(out(), "secret\n");
  ASSERT_EQ(::chown(out().c_str(), 0, 65534), 0);
  ASSERT_EQ(::chmod(out().c_str(), 0640), 0);
  sink(", backup = true");
  ASSERT_EQ(::setegid(65534), 0);
  ASSERT_EQ(::seteuid(65534), 0);
  const auto how = apply(1);
  ASSERT_EQ(::seteuid(0), 0);
  ASSERT_EQ(::setegid(0), 0);
  EXPECT_EQ(how.result, DRCON_OK) << how.why;
  struct stat kept {};
  ASSERT_EQ(::stat((out() + ".bak").c_str(), &kept), 0);
  EXPECT_EQ(read_file(out() + ".bak"), "secret\n");
  EXPECT_EQ(kept.st_mode & 0007U, 0U) << std::oct << kept.st_mode;
}

TEST_F(TemplateSink, WritesNoFileThatAnotherSinkWrites) {
  sink();
  expect_applied(1);
  auto other = std::make_unique<sink_harness>(
      "template", "file = [{ path = \"" + out() + "\", template = \"" + template_file() + "\", escape = \"none\" }]\n");
  other->start();
  const auto how = other->apply({web(2)});
  EXPECT_EQ(how.result, DRCON_RETRY);
  EXPECT_NE(how.why.find("is written by pid " + std::to_string(::getpid()) + ", sink 'test'"), std::string::npos)
      << how.why;
  EXPECT_EQ(text(), "10.0.0.1:80\n");
  EXPECT_EQ(other->apply({web(1)}).result, DRCON_OK) << "there is nothing to write";
  EXPECT_NE(other->status().text.find("the next change will fail: "), std::string::npos) << other->status().text;
  expect_applied(1);
  sink_.reset();
  ASSERT_EQ(other->apply({web(2)}).result, DRCON_OK) << "the first has ended";
  other.reset();
  EXPECT_FALSE(std::filesystem::exists(path(".out.lock"))) << "nothing is left behind";
}

TEST_F(TemplateSink, NoticesByItselfThatItsFileWasEditedOrRemoved) {
  sink("", "watch = \"50ms\"\nreload = { shell = 'test ! -e " + path("broken") + "' }\n");
  expect_applied(1);
  write_file(out(), "somebody's\n");
  EXPECT_TRUE(wait_until([this] { return text() == "10.0.0.1:80\n"; }));
  write_file(path("broken"), "");
  std::filesystem::remove(out());
  EXPECT_TRUE(wait_until([this] { return sink_->status().state == DRCON_STATE_AWAY; })) << sink_->status().text;
  std::filesystem::remove(path("broken"));
  EXPECT_TRUE(wait_until([this] { return sink_->status().state == DRCON_STATE_OK; })) << sink_->status().text;
  EXPECT_EQ(text(), "10.0.0.1:80\n");
}

// The reader may have loaded the new file before the command failed.
TEST_F(TemplateSink, OwesAReloadWhenThatOfTheOldFilesFailsAsWell) {
  const auto reload = "reload = { shell = 'test ! -e " + path("broken") + " && echo r >> " + path("reloads") + "' }\n";
  sink("", reload);
  expect_applied(1);
  write_file(path("broken"), "");
  EXPECT_NE(expect_refused(2).find("what is loaded is not known"), std::string::npos);
  const auto how = apply(1);
  EXPECT_EQ(how.result, DRCON_RETRY) << "the file is as desired, and what is loaded is not known";
  EXPECT_NE(how.why.find("what is loaded is not known; the reload is retried"), std::string::npos) << how.why;
  sink("", reload);
  EXPECT_EQ(apply(1).result, DRCON_RETRY) << "a restart does not forget it";
  EXPECT_EQ(lines("reloads"), 1);
  std::filesystem::remove(path("broken"));
  sink("", reload);
  expect_applied(1);
  EXPECT_EQ(lines("reloads"), 2);
  expect_applied(1);
  EXPECT_EQ(lines("reloads"), 2) << "nothing is owed any more";
  EXPECT_FALSE(std::filesystem::exists(path(".out.reload-owed")));
}

TEST_F(TemplateSink, ReloadsTheNextContentThoughAReloadIsOwed) {
  sink("", "reload = { shell = 'test ! -e " + path("broken") + " && cp " + out() + " " + path("loaded") + "' }\n");
  expect_applied(1);
  write_file(path("broken"), "");
  expect_refused(2);
  std::filesystem::remove(path("broken"));
  expect_applied(3);
  EXPECT_EQ(lines("loaded"), 3);
  EXPECT_FALSE(std::filesystem::exists(path(".out.reload-owed")));
}

TEST_F(TemplateSink, KeepsNoBackupInAFileThatAnotherSinkWrites) {
  sink_harness other("template", "file = [{ path = \"" + out() + ".bak\", template = \"" + template_file() +
                                     "\", escape = \"none\" }]\n");
  other.start();
  ASSERT_EQ(other.apply({web(5)}).result, DRCON_OK);
  sink(", backup = true");
  const auto how = apply(1);
  EXPECT_EQ(how.result, DRCON_RETRY);
  EXPECT_NE(how.why.find("out.bak is written by pid"), std::string::npos) << how.why;
  EXPECT_EQ(lines("out.bak"), 5);
  other.stop();
  EXPECT_TRUE(wait_until([this] { return apply(1).result == DRCON_OK; }));
}

TEST_F(TemplateSink, RunsAgainTheCommandThatACrashPrevented) {
  write_file(out(), "10.0.0.1:80\n");
  write_file(path(".out.previous"), "old\n");  // written, and not told: the old one is still aside
  sink("", "reload = { shell = 'echo r >> " + path("reloads") + "' }\n");
  expect_applied(1);
  EXPECT_EQ(lines("reloads"), 1) << "though the file is as it should be";
  EXPECT_FALSE(std::filesystem::exists(path(".out.previous")));
}

TEST_F(TemplateSink, SetsModeAndOwnerAndKeepsABackup) {
  ASSERT_EQ(geteuid(), 0U);
  sink(R"(, mode = "0640", owner = "nobody", group = "nogroup", backup = true)");
  expect_applied(1);
  expect_applied(2);
  struct stat made {};
  ASSERT_EQ(::stat(out().c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 0777U, 0640U);
  EXPECT_EQ(made.st_uid, 65534U);
  EXPECT_EQ(read_file(out() + ".bak"), "10.0.0.1:80\n");
}

TEST_F(TemplateSink, KeepsTheOldFileWhenTheDiskIsFullOrTheDirectoryReadOnlyAndHeals) {
  const auto small = path("small");
  std::filesystem::create_directory(small);
  ASSERT_EQ(::mount("none", small.c_str(), "tmpfs", 0, "size=64k"), 0);
  const struct unmounts {
    std::string path;
    ~unmounts() { ::umount2(path.c_str(), MNT_DETACH); }
  } unmounts{small};
  const auto file = small + "/out";
  sink_ = std::make_unique<sink_harness>(
      "template", "file = [{ path = \"" + file + "\", template = \"" + template_file() + "\", escape = \"none\" }]\n");
  sink_->start();
  expect_applied(1);
  const auto before = read_file(file);

  write_file(small + "/ballast", std::string(56000, 'x'));
  auto how = apply(1000);
  EXPECT_EQ(how.result, DRCON_RETRY);
  EXPECT_NE(how.why.find("No space left"), std::string::npos) << how.why;
  EXPECT_EQ(read_file(file), before);
  std::filesystem::remove(small + "/ballast");
  expect_applied(1000);
  const auto larger = read_file(file);

  ASSERT_EQ(::mount("none", small.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, "size=64k"), 0);
  how = apply(1);
  EXPECT_EQ(how.result, DRCON_RETRY);
  EXPECT_NE(how.why.find("Read-only file system"), std::string::npos) << how.why;
  EXPECT_EQ(read_file(file), larger);
  ASSERT_EQ(::mount("none", small.c_str(), nullptr, MS_REMOUNT, "size=64k"), 0);
  expect_applied(1);
  EXPECT_EQ(read_file(file), before);
}

TEST_F(TemplateSink, TakesATemplateThatWasEditedAndKeepsTheLastGoodOne) {
  sink();
  expect_applied(1);
  write_file(template_file(), "new {{#service.web.endpoints}}{{port}}{{/service.web.endpoints}}\n");
  EXPECT_TRUE(wait_until([this] { return text() == "new 80\n"; }));
  write_file(template_file(), "broken\n{{#service");
  EXPECT_TRUE(wait_until([this] { return sink_->status().text.find(":2:1: Unclosed tag") != std::string::npos; }))
      << sink_->status().text;
  expect_applied(2);
  EXPECT_EQ(text(), "new 8080\n");
}

TEST_F(TemplateSink, IsAwayAsSoonAsAnEditedTemplateCannotBeRendered) {
  write_file(template_file(), "{{range service \"web\"}}{{.Port}}{{end}}");
  sink(", language = \"go\"", "watch = \"20ms\"\n");
  expect_applied(1);
  write_file(template_file(), "{{key \"none\"}}");
  EXPECT_TRUE(wait_until([this] { return sink_->status().state == DRCON_STATE_AWAY; })) << sink_->status().text;
  EXPECT_NE(sink_->status().text.find("there is no key"), std::string::npos) << sink_->status().text;
  write_file(template_file(), "{{range service \"web\"}}{{.Port}}{{end}}");
  EXPECT_TRUE(wait_until([this] { return sink_->status().state == DRCON_STATE_OK; })) << sink_->status().text;
}

TEST_F(TemplateSink, IsAwayWhileAnEditedTemplateIsRenderedForLongAndEndsThatWhenItStops) {
  write_file(template_file(), "{{range service \"web\"}}{{.Port}}{{end}}");
  sink(", language = \"go\"", "watch = \"20ms\"\n");
  expect_applied(1);
  write_file(template_file(), "{{range loop 100000000000}}{{end}}");
  EXPECT_TRUE(wait_until([this] { return sink_->status().state == DRCON_STATE_AWAY; })) << sink_->status().text;
  EXPECT_NE(sink_->status().text.find("is still being rendered"), std::string::npos) << sink_->status().text;
  EXPECT_TRUE(sink_->stop());
  EXPECT_EQ(text(), "80");
}

TEST_F(TemplateSink, LeavesOutAnEndpointThatCannotBeWrittenAndSaysSo) {
  sink();
  auto bad = web(2);
  bad.endpoints[0].tags = {"a\nb"};
  EXPECT_EQ(sink_->apply({bad}).result, DRCON_OK);
  EXPECT_EQ(text(), "10.0.0.2:80\n");
  ASSERT_EQ(sink_->refused().size(), 1U);
  EXPECT_NE(sink_->refused().front().why.find("control character"), std::string::npos);
}

// No brake has seen that loss: the host has decided ten endpoints in service.
TEST_F(TemplateSink, KeepsTheLastEndpointsOfAServiceWhoseEndpointsItLeavesOut) {
  write_file(template_file(), "{{#services}}{{name}}:{{#endpoints}} {{address}}{{/endpoints}}\n{{/services}}");
  const auto api = [](const std::string& address) {
    return service{.name = "api",
                   .revision = 1,
                   .endpoints = {{.id = "x", .node = "n", .address = address, .port = 80, .tags = {}, .meta = {}}}};
  };
  sink();
  ASSERT_EQ(sink_->apply({api("10.1.0.1"), web(3)}).result, DRCON_OK);
  const std::string all_of_web = "web: 10.0.0.1 10.0.0.2 10.0.0.3\n";
  ASSERT_EQ(text(), "api: 10.1.0.1\n" + all_of_web);
  auto hostile = web(3, "a\nb");
  ASSERT_EQ(sink_->apply({api("10.1.0.2"), hostile}).result, DRCON_OK);
  EXPECT_EQ(text(), "api: 10.1.0.2\n" + all_of_web) << "the rest goes on";
  EXPECT_EQ(sink_->status().state, DRCON_STATE_DEGRADED);
  EXPECT_NE(sink_->status().text.find("service web keeps its last servers, since 3 of its 3 endpoints"),
            std::string::npos)
      << sink_->status().text;
  for (auto& each : hostile.endpoints) each.id = "green-" + each.id;  // others in the place of those
  ASSERT_EQ(sink_->apply({api("10.1.0.2"), hostile}).result, DRCON_OK);
  EXPECT_EQ(text(), "api: 10.1.0.2\n" + all_of_web);
  sink();
  ASSERT_EQ(sink_->apply({api("10.1.0.3"), hostile}).result, DRCON_OK);
  EXPECT_EQ(text(), "api: 10.1.0.3\n" + all_of_web) << "after a restart";
  EXPECT_EQ(sink_->render({api("10.1.0.3"), hostile}).at(0).wanted, text());
  ASSERT_EQ(sink_->apply({api("10.1.0.3"), web(2, "v2")}).result, DRCON_OK);
  EXPECT_EQ(text(), "api: 10.1.0.3\nweb: 10.0.0.1 10.0.0.2\n");
  EXPECT_EQ(sink_->status().state, DRCON_STATE_OK) << sink_->status().text;
  EXPECT_FALSE(std::filesystem::exists(path(".out.kept")));
}

TEST_F(TemplateSink, KeepsTheLastEndpointsBesideTheOneThatIsLeft) {
  write_file(template_file(), "{{#service.web.endpoints}}{{address}} {{/service.web.endpoints}}");
  sink();
  ASSERT_EQ(sink_->apply({web(4)}).result, DRCON_OK);
  auto some = web(4, "a\nb");
  some.endpoints[0].tags = {"v2"};
  some.endpoints[0].address = "10.0.0.9";
  some.endpoints[1].health = health::critical;
  ASSERT_EQ(sink_->apply({some}).result, DRCON_OK);
  EXPECT_EQ(text(), "10.0.0.9 10.0.0.3 10.0.0.4 ") << "nor is one that failed its checks in service again";
  some.endpoints[2].tags = {"v2"};
  ASSERT_EQ(sink_->apply({some}).result, DRCON_OK);
  EXPECT_EQ(text(), "10.0.0.9 10.0.0.3 ") << "enough of it is left";
}

TEST_F(TemplateSink, ShowsWhatItWouldWriteAndWritesNothing) {
  write_file(out(), "old\n");
  sink();
  const auto shown = sink_->render({web(1)});
  ASSERT_EQ(shown.size(), 1U);
  EXPECT_EQ(shown.front().wanted, "10.0.0.1:80\n");
  EXPECT_EQ(text(), "old\n");
}

// The whole program: what failed is tried again without anybody's doing, and the reason is told until it works.
class TemplateProgram : public ::testing::Test {
protected:
  std::string path(const std::string& name) const { return (directory_ / name).string(); }
  void script(const std::string& name, const std::string& text) const {
    write_file(path(name + ".new"), "#!/bin/sh\n" + text + "\n");
    ::chmod(path(name + ".new").c_str(), 0755);
    std::filesystem::rename(path(name + ".new"), path(name));
  }
  void serve(const std::string& address) const {
    write_file(path("hosts.toml.new"),
               "[[service]]\nname = \"web\"\n[[service.endpoint]]\naddress = \"" + address + "\"\nport = 80\n");
    std::filesystem::rename(path("hosts.toml.new"), path("hosts.toml"));
  }
  void start() {
    write_file(path("form"), "{{#service.web.endpoints}}{{address}}{{/service.web.endpoints}}");
    script("check", "exit 0");
    script("reload", "exit 0");
    serve("10.0.0.1");
    drcon_ = std::make_unique<drcon_process>(
        "[source.hosts]\nplugin = \"file\"\npath = \"" + path("hosts.toml") +
        "\"\n[sink.file]\nplugin = \"template\"\n" + "reload = { command = [\"" + path("reload") +
        "\"], timeout = \"300ms\" }\n[[sink.file.file]]\npath = \"" + path("out") + "\"\ntemplate = \"" + path("form") +
        "\"\nescape = \"none\"\ncheck = { command = [\"" + path("check") +
        "\", \"{file}\"], timeout = \"300ms\" }\n[pipeline.p]\nsources = [\"hosts\"]\nsinks = [\"file\"]\n" +
        "brake = { hold = \"0s\" }\n");
    drcon_->start();
    ASSERT_TRUE(holds("10.0.0.1")) << drcon_->log();
  }
  bool holds(const std::string& text) const {
    return wait_until([&] { return read_file(path("out")) == text; });
  }
  void expect_trouble_and_healing(const std::string& broken, const std::string& how, const std::string& reason) {
    start();
    script(broken, how);
    serve("10.0.0.2");
    EXPECT_TRUE(wait_until([&] { return drcon_->log().find(reason) != std::string::npos; })) << drcon_->log();
    EXPECT_EQ(read_file(path("out")), "10.0.0.1");
    script(broken, "exit 0");
    EXPECT_TRUE(holds("10.0.0.2")) << drcon_->log();
    EXPECT_TRUE(drcon_->settled());
  }

  temp_dir directory_;
  std::unique_ptr<drcon_process> drcon_;
};

TEST_F(TemplateProgram, ReportsThePlaceOfAFaultInATemplateBeforeItRuns) {
  start();
  drcon_->stop();
  write_file(path("form"), "Services:\n  {{#services}}\n");
  const auto result = drcon_->verb("check");
  EXPECT_EQ(result.code, 1);
  EXPECT_NE(result.err.find("form:2:3: Unclosed section \"services\""), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("drcon.toml:"), std::string::npos) << result.err;
}

TEST_F(TemplateProgram, TriesAnEditedTemplateAgainUntilItIsTaken) {
  start();
  script("check", "echo no good; exit 7");
  write_file(path("form"), "new {{#service.web.endpoints}}{{address}}{{/service.web.endpoints}}");
  const auto text = [this] { return drcon_->status()["sinks"]["file"]["text"].dump(); };
  EXPECT_TRUE(wait_until([&] { return text().find("no good") != std::string::npos; })) << drcon_->status();
  EXPECT_EQ(read_file(path("out")), "10.0.0.1");
  script("check", "exit 0");
  EXPECT_TRUE(holds("new 10.0.0.1")) << drcon_->status() << drcon_->log();
  EXPECT_TRUE(wait_until([&] { return text().find("no good") == std::string::npos; })) << drcon_->status();
}

TEST_F(TemplateProgram, HealsWhenTheCheckPassesAgain) {
  expect_trouble_and_healing("check", "echo no good; exit 7", "ended with code 7: no good");
}

TEST_F(TemplateProgram, HealsWhenTheCheckHangsNoMore) {
  expect_trouble_and_healing("check", "sleep 1000", "took longer than 300 ms");
}

TEST_F(TemplateProgram, HealsWhenTheReloadWorksAgain) {
  expect_trouble_and_healing("reload", "grep -q 10.0.0.1 " + path("out"), "the old files are back, and were reloaded");
}

TEST_F(TemplateProgram, AStopEndsTheProgramThatATemplateRuns) {
  serve("10.0.0.1");
  write_file(path("form.tmpl"), "{{plugin \"sh\" \"-c\" \"echo $$ > " + path("pid") + "; exec sleep 1000\"}}");
  drcon_process drcon("[source.hosts]\nplugin = \"file\"\npath = \"" + path("hosts.toml") +
                      "\"\n[sink.file]\nplugin = \"template\"\nplugin_timeout = \"1h\"\n[[sink.file.file]]\npath = \"" +
                      path("out") + "\"\ntemplate = \"" + path("form.tmpl") +
                      "\"\nescape = \"none\"\n[pipeline.p]\nsources = [\"hosts\"]\nsinks = [\"file\"]\n" +
                      "brake = { hold = \"0s\" }\n");
  drcon.start();
  ASSERT_TRUE(wait_until([this] { return read_file(path("pid")).ends_with("\n"); })) << drcon.log();
  const auto pid = static_cast<pid_t>(std::stol(read_file(path("pid"))));
  EXPECT_EQ(drcon.stop(), 0) << drcon.log();
  EXPECT_TRUE(wait_until([pid] { return ::kill(pid, 0) != 0; })) << "it is left behind";
}

TEST_F(TemplateProgram, WritesNothingOnceWhileAnotherDrconRuns) {
  start();
  const drcon_process other("[source.hosts]\nplugin = \"file\"\npath = \"" + path("others.toml") +
                            "\"\n[sink.theirs]\nplugin = \"template\"\n[[sink.theirs.file]]\npath = \"" + path("out") +
                            "\"\ntemplate = \"" + path("form") +
                            "\"\nescape = \"none\"\n[pipeline.p]\nsources = [\"hosts\"]\nsinks = [\"theirs\"]\n");
  write_file(path("others.toml"),
             "[[service]]\nname = \"web\"\n[[service.endpoint]]\naddress = \"10.0.0.9\"\nport = 80\n");
  const auto how = other.verb("once", {"--timeout", "2s"});
  EXPECT_EQ(how.code, 3) << how.out << how.err;
  EXPECT_NE((how.out + how.err).find("is written by pid " + std::to_string(drcon_->pid()) + ", sink 'file'"),
            std::string::npos)
      << how.out << how.err;
  EXPECT_EQ(read_file(path("out")), "10.0.0.1");
  drcon_->kill9();
  EXPECT_EQ(other.verb("once").code, 0);
  EXPECT_EQ(read_file(path("out")), "10.0.0.9");
}

TEST_F(TemplateProgram, HealsWhenTheReloadHangsNoMore) {
  expect_trouble_and_healing("reload", "grep -q 10.0.0.1 " + path("out") + " || sleep 1000", "took longer than 300 ms");
}

TEST_F(TemplateProgram, JudgesACheckWhenItWasStartedWithChildrenIgnored) {
  start();
  drcon_->stop();
  script("check", "echo no good; exit 7");
  serve("10.0.0.2");
  const auto config = (drcon_->directory() / "drcon.toml").string();
  const auto how =
      run({"env", "--ignore-signal=CHLD", DRCON_BINARY, "once", "-c", config, "--timeout", "2s"}, {}, patience);
  EXPECT_NE((how.out + how.err).find("ended with code 7: no good"), std::string::npos) << how.out << how.err;
  EXPECT_EQ(read_file(path("out")), "10.0.0.1");
}

TEST_F(TemplateSink, RendersATemplateInGosLanguageByItsNameOrByOption) {
  const auto file = path("t.ctmpl");
  write_file(file, "{{range service \"web\"}}{{.Address}}:{{.Port}}\n{{else}}none\n{{end}}");
  const auto start = [this](const std::string& form, const std::string& more) {
    sink_.reset();
    sink_ = std::make_unique<sink_harness>("template", "file = [{ path = \"" + out() + "\", template = \"" + form +
                                                           "\", escape = \"nginx\"" + more + " }]\n");
    sink_->start();
  };
  start(file, "");
  expect_applied(2);
  EXPECT_EQ(text(), "10.0.0.1:80\n10.0.0.2:80\n");
  expect_applied(0);
  EXPECT_EQ(text(), "none\n");
  write_file(template_file(), "{{<< range service \"web\" >><< .Port >><< end >>}}");
  start(template_file(), ", language = \"go\", delimiters = [\"<<\", \">>\"]");
  expect_applied(1);
  EXPECT_EQ(text(), "{{80}}");
}

TEST_F(TemplateSink, KeepsTheOldFileWhenATemplateAsksForWhatNoSourcePublishes) {
  write_file(template_file(),
             "{{range service \"web\"}}{{.Address}}{{end}}\n{{range service \"api\"}}{{.Address}}{{end}}");
  write_file(out(), "old\n");
  sink(", language = \"go\"");
  const auto why = expect_refused(1);
  EXPECT_NE(why.find("t.mustache:2:9: "), std::string::npos) << why;
  EXPECT_NE(why.find("no source of this pipeline publishes a service \"api\""), std::string::npos) << why;
  EXPECT_NE(why.find("name = \"api\""), std::string::npos) << why;
  service api{.name = "api", .revision = 1, .endpoints = {}};
  EXPECT_EQ(sink_->apply({api, web(1)}).result, DRCON_OK) << "it is there, and empty";
  EXPECT_EQ(text(), "10.0.0.1\n");
  expect_applied(2);
  EXPECT_EQ(text(), "10.0.0.110.0.0.2\n") << "it was there, and is gone: that is no mistake of the template";
  sink(", language = \"go\"", "absent = \"empty\"\n");
  expect_applied(1);
}

TEST_F(TemplateSink, RendersAgainWhenAFileThatTheTemplateReadsHasChanged) {
  write_file(path("motd"), "one");
  write_file(template_file(), "{{file \"" + path("motd") + "\"}}");
  sink(", language = \"go\"", "watch = \"20ms\"\n");
  expect_applied(1);
  EXPECT_EQ(text(), "one");
  write_file(path("motd"), "three");
  EXPECT_TRUE(wait_until([&] { return text() == "three"; }));
}

TEST_F(TemplateSink, ReportsTheFaultsOfATemplateInGosLanguageWithTheirPlace) {
  const auto fault_of = [this](const std::string& form,
                               const std::string& more = ", language = \"go\"") -> std::string {
    write_file(template_file(), form);
    try {
      sink(more);
    } catch (const std::exception& error) {
      return error.what();
    }
    return "taken";
  };
  const auto expect = [](const std::string& fault, const std::string& part) {
    EXPECT_NE(fault.find(part), std::string::npos) << fault;
  };
  expect(fault_of("a\n{{range service \"web\"}}"), "t.mustache:2:");
  expect(fault_of("a\n  {{nosuch 1}}"), "t.mustache:2:5: function \"nosuch\" not defined");
  expect(fault_of("{{secret \"a\"}}"),
         "t.mustache:1:3: the function secret is not available: drcon does not read Vault");
  expect(fault_of("a\n{{range service \"web\"}}server {{.Address}}:{{.Port}};{{end}}", ""),
         "t.mustache:2:1: \"range service");
  expect(fault_of("{{#services}}\n{{#endpoints}}\n{{adress}}\n{{/endpoints}}{{/services}}", ""),
         "t.mustache:3:1: nothing has the name \"adress\" in an endpoint (did you mean \"address\"?)");
  expect(fault_of("{{name}}", ", delimiters = [\"<<\", \">>\"]"), "is for templates in Go's language");
}

TEST_F(TemplateSink, RunsAProgramForATemplateWithoutAShellAndWithinATime) {
  const auto rendered = [this](const std::string& form, const std::string& after = "") {
    write_file(template_file(), form);
    sink(", language = \"go\"", after);
    return sink_->apply({web(1)});
  };
  ASSERT_EQ(rendered("{{plugin \"echo\" \"a b\" \"$HOME;x\"}}").result, DRCON_OK);
  EXPECT_EQ(text(), "a b $HOME;x");
  auto how = rendered("x\n{{plugin \"sh\" \"-c\" \"echo out; echo err >&2; exit 3\"}}");
  EXPECT_EQ(how.result, DRCON_RETRY);
  for (const auto* part : {"t.mustache:2:", "exit status 3", "out", "err"})
    EXPECT_NE(how.why.find(part), std::string::npos) << how.why;
  how = rendered("{{plugin \"sleep\" \"1000\"}}", "plugin_timeout = \"50ms\"\n");
  EXPECT_NE(how.why.find("took longer than 50 ms"), std::string::npos) << how.why;
  EXPECT_EQ(text(), "a b $HOME;x") << "the old file stands";
}

TEST_F(TemplateSink, WritesFilesOfATemplateOnlyBelowTheDirectoriesThatItNames) {
  ::mkdir(path("allowed").c_str(), 0755);
  ::mkdir(path("other").c_str(), 0755);
  ::symlink(path("other").c_str(), path("allowed/link").c_str());
  const auto rendered = [this](const std::string& file, const std::string& below) {
    write_file(template_file(), "x\n{{\"one\" | writeToFile \"" + path(file) +
                                    "\" \"\" \"\" \"0640\"}}{{\"two\" | writeToFile \"" + path(file) +
                                    "\" \"\" \"\" \"0640\" \"append,newline\"}}");
    sink(", language = \"go\"", below);
    return sink_->apply({web(1)});
  };
  const auto below = "write_below = [\"" + path("allowed") + "\"]\n";
  EXPECT_NE(rendered("allowed/a", "").why.find("write_below"), std::string::npos) << "without any nothing is written";
  ASSERT_EQ(rendered("allowed/a", below).result, DRCON_OK);
  EXPECT_EQ(read_file(path("allowed/a")), "onetwo\n");
  struct stat made {};
  ASSERT_EQ(::stat(path("allowed/a").c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 0777U, 0640U);
  ASSERT_EQ(rendered("allowed/a", below).result, DRCON_OK);
  EXPECT_EQ(read_file(path("allowed/a")), "onetwo\n") << "it does not grow";
  for (const auto* file : {"other/a", "allowed/../other/a", "allowed/link/a", "a"}) {
    const auto how = rendered(file, below);
    EXPECT_NE(how.why.find("t.mustache:2:"), std::string::npos) << file << how.why;
    EXPECT_FALSE(std::filesystem::exists(path("other/a"))) << file;
  }
}

// Of a directory that somebody else may write to.
TEST_F(TemplateSink, NeitherWaitsForAPipeNorFollowsALinkInThePlaceOfAFileOfATemplate) {
  ::mkdir(path("allowed").c_str(), 0755);
  ::mkdir(path("other").c_str(), 0755);
  write_file(template_file(), "x{{\"one\" | writeToFile \"" + path("allowed/a") + "\" \"\" \"\" \"0640\"}}");
  sink(", language = \"go\"", "write_below = [\"" + path("allowed") + "\"]\n");
  ::symlink(path("other/a").c_str(), path("allowed/a").c_str());
  const auto link = sink_->apply({web(1)});
  EXPECT_EQ(link.result, DRCON_RETRY);
  EXPECT_NE(link.why.find("allowed/a"), std::string::npos) << link.why;
  EXPECT_FALSE(std::filesystem::exists(path("other/a")));
  ::unlink(path("allowed/a").c_str());
  ASSERT_EQ(::mkfifo(path("allowed/a").c_str(), 0600), 0);
  EXPECT_EQ(sink_->apply({web(1)}).result, DRCON_RETRY);
  ::unlink(path("allowed/a").c_str());
  ASSERT_EQ(sink_->apply({web(1)}).result, DRCON_OK);
  EXPECT_EQ(read_file(path("allowed/a")), "one");
  ::chmod(path("allowed/a").c_str(), 0644);
  ASSERT_EQ(sink_->apply({web(1)}).result, DRCON_OK);
  struct stat made {};
  ASSERT_EQ(::stat(path("allowed/a").c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 0777U, 0640U) << "the mode is what the template says, too";
}

TEST_F(TemplateSink, EndsTheProgramOfATemplateWhenItStops) {
  write_file(template_file(), "{{plugin \"sh\" \"-c\" \"echo $$ > " + path("pid") + "; exec sleep 1000\"}}");
  sink(", language = \"go\"", "plugin_timeout = \"1h\"\n");
  std::jthread applying([this] { static_cast<void>(sink_->apply({web(1)})); });
  ASSERT_TRUE(wait_until([this] { return read_file(path("pid")).ends_with("\n"); }));
  const auto pid = static_cast<pid_t>(std::stol(read_file(path("pid"))));
  EXPECT_TRUE(sink_->stop());
  EXPECT_TRUE(wait_until([pid] { return ::kill(pid, 0) != 0; })) << "it is left behind";
}

TEST_F(TemplateSink, KeepsTheFileWhenAFieldIsNotThereWhereThatIsAsked) {
  write_file(template_file(), "{{range service \"web\"}}{{.ServiceMeta.zone}};{{end}}");
  sink(", language = \"go\"");
  expect_applied(1);
  EXPECT_EQ(text(), ";");
  sink(", language = \"go\", error_on_missing_key = true");
  EXPECT_NE(expect_refused(2).find("map has no entry for key \"zone\""), std::string::npos);
  write_file(template_file(), "{{service.web.count}}");
  try {
    sink(", error_on_missing_key = true");
    ADD_FAILURE() << "taken";
  } catch (const std::exception& error) {
    EXPECT_NE(std::string(error.what()).find("is for templates in Go's language"), std::string::npos) << error.what();
  }
}

// The host asks an instance that applies nothing.
TEST_F(TemplateSink, ShowsWhatATemplateWouldRenderThatWasEditedSinceItBegan) {
  sink();
  ASSERT_EQ(sink_->render({web(1)}).size(), 1U);
  write_file(template_file(), "edited {{service.web.count}}\n");
  const auto shown = sink_->render({web(1)});
  ASSERT_EQ(shown.size(), 1U);
  EXPECT_EQ(shown.front().wanted, "edited 1\n");
}

TEST_F(TemplateSink, RendersAgainWhenAFileChangesWhileItIsRendered) {
  write_file(path("read"), "old\n");
  write_file(template_file(), "{{file \"" + path("read") + "\"}}{{plugin \"sh\" \"-c\" \"grep -q new " + path("read") +
                                  " || echo new > " + path("read") + "\"}}");
  sink(", language = \"go\"", "watch = \"10ms\"\n");
  ASSERT_EQ(sink_->apply({web(1)}).result, DRCON_OK);
  EXPECT_TRUE(wait_until([&] { return text() == "new\n"; })) << text();
}

TEST_F(TemplateSink, ShowsWhatATemplateWouldRenderWithoutWritingItsOtherFiles) {
  write_file(template_file(), "x{{\"one\" | writeToFile \"" + path("more") + "\" \"\" \"\" \"0640\"}}");
  sink(", language = \"go\"", "write_below = [\"" + directory_.path().string() + "\"]\n");
  const auto shown = sink_->render({web(1)});
  ASSERT_EQ(shown.size(), 2U);
  EXPECT_EQ(shown.front().wanted, "x");
  EXPECT_EQ(shown[1].target, path("more"));
  EXPECT_EQ(shown[1].wanted, "one");
  EXPECT_FALSE(std::filesystem::exists(path("more")));
}

// Files that a template writes besides its target.
class TemplateSideFiles : public TemplateSink {
protected:
  TemplateSideFiles() { ::mkdir(path("side").c_str(), 0755); }
  // A file for each service; `more`: further options.
  sink_harness& start(const std::string& more = "") {
    write_file(template_file(), "{{range services}}{{printf \"%d\" (len (service .Name)) | writeToFile (printf \"" +
                                    path("side") + "/%s\" (print \"\" .Name)) \"\" \"\" \"0644\"}}{{end}}x");
    return sink(", language = \"go\"",
                "watch = \"20ms\"\nabsent = \"empty\"\nwrite_below = [\"" + path("side") + "\"]\n" + more);
  }
  std::string side(const std::string& name) const { return read_file(path("side/" + name)); }
  bool is_there(const std::string& name) const { return std::filesystem::exists(path("side/" + name)); }
  static service named(const std::string& name) {
    auto made = web(2);
    made.name = name;
    return made;
  }
};

TEST_F(TemplateSideFiles, AreComparedAndPutBackLikeTheTarget) {
  start();
  ASSERT_EQ(sink_->apply({named("web")}).result, DRCON_OK);
  EXPECT_EQ(side("web"), "2");
  write_file(path("side/web"), "somebody's\n");
  const auto shown = sink_->render({named("web")});
  ASSERT_EQ(shown.size(), 2U);
  EXPECT_EQ(shown[1].wanted, "2");
  EXPECT_TRUE(wait_until([this] { return side("web") == "2"; })) << side("web");
  std::filesystem::remove(path("side/web"));
  EXPECT_TRUE(wait_until([this] { return is_there("web") && side("web") == "2"; }));
}

TEST_F(TemplateSideFiles, GoWithWhatTheyAreForAndAfterARestartToo) {
  start();
  ASSERT_EQ(sink_->apply({named("api"), named("web")}).result, DRCON_OK);
  write_file(path("side/mine"), "mine\n");
  ASSERT_EQ(sink_->apply({named("web")}).result, DRCON_OK);
  EXPECT_FALSE(is_there("api"));
  EXPECT_TRUE(is_there("web"));
  start();
  ASSERT_EQ(sink_->apply({named("db")}).result, DRCON_OK);
  EXPECT_FALSE(is_there("web")) << "what a run before this one wrote goes, too";
  EXPECT_TRUE(is_there("db"));
  EXPECT_EQ(side("mine"), "mine\n");
  write_file(path("side/db"), "2");
  sink_.reset();
  write_file(path("side/db"), "edited\n");
  start();
  ASSERT_EQ(sink_->apply({named("web")}).result, DRCON_OK);
  EXPECT_EQ(side("db"), "edited\n") << "it is somebody else's by now";
}

TEST_F(TemplateSideFiles, StayWhileTheTemplateCannotBeRendered) {
  start();
  ASSERT_EQ(sink_->apply({named("api"), named("web")}).result, DRCON_OK);
  write_file(template_file(), "{{key \"none\"}}");
  EXPECT_TRUE(wait_until([this] { return sink_->status().state == DRCON_STATE_AWAY; })) << sink_->status().text;
  EXPECT_EQ(sink_->apply({named("web")}).result, DRCON_RETRY);
  EXPECT_TRUE(is_there("api"));
}

TEST_F(TemplateSideFiles, HoldUpNothingByANameThatIsNoFile) {
  ::mkdir(path("side/sub").c_str(), 0755);
  ::symlink(path("elsewhere").c_str(), path("side/link").c_str());
  start();
  for (const auto* name : {"../elsewhere", "..", "a/b", "sub", "link"}) {
    ASSERT_EQ(sink_->apply({named(name), named("web")}).result, DRCON_OK) << name;
    EXPECT_EQ(side("web"), "2");
    EXPECT_FALSE(std::filesystem::exists(path("elsewhere"))) << name;
    const auto all = sink_->refused();
    EXPECT_TRUE(std::ranges::any_of(all, [&](const auto& each) {
      return each.why.find(path("side")) != std::string::npos;
    })) << name;
  }
  EXPECT_EQ(text(), "x");
}

TEST_F(TemplateSideFiles, AreNeverThoseOfAnotherHand) {
  write_file(path("side/hosts.toml"), "mine\n");
  start();
  ASSERT_EQ(sink_->apply({named("hosts.toml"), named("web")}).result, DRCON_OK);
  EXPECT_EQ(side("hosts.toml"), "mine\n");
  EXPECT_EQ(side("web"), "2");
  ASSERT_EQ(sink_->refused().size(), 1U);
  EXPECT_NE(sink_->refused().front().why.find("this sink has not written it"), std::string::npos);
  EXPECT_EQ(sink_->status().state, DRCON_STATE_DEGRADED);
  std::filesystem::remove(path("side/hosts.toml"));
  EXPECT_TRUE(wait_until([this] { return is_there("hosts.toml") && side("hosts.toml") == "2"; }))
      << "it was moved away";
  EXPECT_TRUE(wait_until([this] { return sink_->status().state == DRCON_STATE_OK; })) << sink_->status().text;
}

TEST_F(TemplateSideFiles, HaveOneOwner) {
  write_file(path("u.mustache"), "theirs {{service.web.count}}\n");
  // The target of another sink, which has not written it yet when this one begins.
  auto other = std::make_unique<sink_harness>(
      "template", "file = [{ path = \"" + path("side/web") + "\", template = \"" + path("u.mustache") +
                      "\", escape = \"none\", check = { command = [\"false\", \"{file}\"] } }]\nwatch = \"1h\"\n");
  other->start();
  ASSERT_NE(other->apply({web(1)}).result, DRCON_OK);
  start();
  ASSERT_EQ(sink_->apply({named("api"), named("web")}).result, DRCON_OK);
  EXPECT_FALSE(is_there("web"));
  EXPECT_EQ(side("api"), "2");
  EXPECT_NE(sink_->status().text.find("is written by pid"), std::string::npos) << sink_->status().text;
  other.reset();
  EXPECT_TRUE(wait_until([this] { return is_there("web"); })) << "its owner has ended";
  auto late = sink_harness("template", "file = [{ path = \"" + path("side/api") + "\", template = \"" +
                                           path("u.mustache") + "\", escape = \"none\" }]\n");
  late.start();
  EXPECT_NE(late.apply({web(1)}).why.find("is written by pid"), std::string::npos);
  EXPECT_EQ(side("api"), "2");
}

TEST_F(TemplateSideFiles, StayThoseOfTheSinkThoughOneCannotBeReadForATime) {
  const auto replace_by_directory = [this](const std::string& name) {
    std::filesystem::remove(path("side/" + name));
    ::mkdir(path("side/" + name).c_str(), 0755);
  };
  start();
  ASSERT_EQ(sink_->apply({named("api"), named("web")}).result, DRCON_OK);
  replace_by_directory("api");
  replace_by_directory("web");
  ASSERT_EQ(sink_->apply({named("web")}).result, DRCON_OK);
  sink_.reset();
  ::rmdir(path("side/api").c_str());
  ::rmdir(path("side/web").c_str());
  write_file(path("side/api"), "2");
  write_file(path("side/web"), "edited\n");
  start();
  ASSERT_EQ(sink_->apply({named("web")}).result, DRCON_OK);
  EXPECT_EQ(side("web"), "2") << "it is put back, as each that this sink has written";
  EXPECT_FALSE(is_there("api")) << "no template writes it any more";
}

TEST_F(TemplateSideFiles, AreLoadedByAReloadThoughTheTargetIsTheSame) {
  start("reload = { shell = \"echo >> " + path("reloads") + "; test ! -e " + path("broken") + "\" }\n");
  const auto reloads = [this] { return read_file(path("reloads")).size(); };
  ASSERT_EQ(sink_->apply({web(2)}).result, DRCON_OK);
  EXPECT_EQ(reloads(), 1U);
  ASSERT_EQ(sink_->apply({web(3)}).result, DRCON_OK);
  EXPECT_EQ(side("web"), "3");
  EXPECT_EQ(reloads(), 2U);
  ASSERT_EQ(sink_->apply({web(3)}).result, DRCON_OK);
  EXPECT_EQ(reloads(), 2U) << "nothing has changed";
  write_file(path("broken"), "");
  EXPECT_EQ(sink_->apply({web(4)}).result, DRCON_RETRY);
  EXPECT_EQ(side("web"), "4");
  std::filesystem::remove(path("broken"));
  EXPECT_TRUE(wait_until([this] { return sink_->apply({web(4)}).result == DRCON_OK; }));
  EXPECT_EQ(reloads(), 4U);
  ASSERT_EQ(sink_->apply({}).result, DRCON_OK);
  EXPECT_FALSE(is_there("web"));
  EXPECT_TRUE(wait_until([&] { return reloads() == 5U; })) << "its removal is a change as well";
}

TEST_F(TemplateSideFiles, AreNotTheTargetOfTheirOwnSink) {
  write_file(template_file(), "x{{\"side\" | writeToFile \"" + out() + "\" \"\" \"\" \"0644\"}}");
  sink(", language = \"go\"", "write_below = [\"" + directory_.path().string() + "\"]\n");
  ASSERT_EQ(sink_->apply({web(1)}).result, DRCON_OK);
  EXPECT_EQ(text(), "x");
  EXPECT_EQ(sink_->status().state, DRCON_STATE_DEGRADED);
  ASSERT_EQ(sink_->apply({web(2)}).result, DRCON_OK);
  EXPECT_EQ(text(), "x");
}

// One template, many files.
class TemplateForEach : public TemplateSink {
protected:
  static service named(const std::string& name, std::uint32_t port) {
    return {.name = name,
            .revision = 1,
            .endpoints = {{.id = name, .node = "n", .address = "10.0.0.1", .port = port, .tags = {"t1"}, .meta = {}}}};
  }
  void start(const std::string& form, const std::string& each = "service", const std::string& after = "") {
    ::mkdir(path("sites").c_str(), 0755);
    write_file(path("form"), form);
    sink_.reset();
    sink_ = std::make_unique<sink_harness>(
        "template", "file = [{ path = \"" + path("sites/{{name}}.conf") + "\", template = \"" + path("form") +
                        "\", escape = \"nginx\", for_each = \"" + each + "\" }]\n" + after);
    sink_->start();
  }
  std::set<std::string> sites() const {
    std::set<std::string> all;
    for (const auto& each : std::filesystem::directory_iterator(path("sites")))
      if (const auto name = each.path().filename().string(); !name.starts_with('.')) all.insert(name);
    return all;
  }
  std::string site(const std::string& name) const { return read_file(path("sites/" + name + ".conf")); }
};

using names = std::set<std::string>;
constexpr auto site_form = "{{#item}}{{name}}{{#endpoints}} {{server}}{{/endpoints}}{{/item}}\n";

TEST_F(TemplateForEach, AFileAppearsAndGoesWithItsService) {
  start(site_form, "service", "reload = { shell = 'echo r >> " + path("reloads") + "' }\n");
  ASSERT_EQ(sink_->apply({named("api", 1), named("web", 2)}).result, DRCON_OK);
  EXPECT_EQ(sites(), (names{"api.conf", "web.conf"}));
  EXPECT_EQ(site("web"), "web 10.0.0.1:2\n");
  EXPECT_EQ(lines("reloads"), 1) << "once for all files";
  ASSERT_EQ(sink_->apply({named("db", 3), named("web", 2)}).result, DRCON_OK);
  EXPECT_EQ(sites(), (names{"db.conf", "web.conf"}));
  EXPECT_EQ(lines("reloads"), 2);
  ASSERT_EQ(sink_->apply({named("db", 3), named("web", 2)}).result, DRCON_OK);
  EXPECT_EQ(lines("reloads"), 2) << "nothing has changed";
  start(site_form);
  ASSERT_EQ(sink_->apply({named("web", 2)}).result, DRCON_OK);
  EXPECT_EQ(sites(), names{"web.conf"}) << "what a run before this one wrote goes, too";
  ASSERT_EQ(sink_->apply({}).result, DRCON_OK);
  EXPECT_EQ(sites(), names{});
}

TEST_F(TemplateForEach, TouchesNoFileOfAnotherHand) {
  ::mkdir(path("sites").c_str(), 0755);
  write_file(path("sites/mine.conf"), "mine\n");
  write_file(path("sites/api.conf"), "mine, too\n");
  start(site_form);
  ASSERT_EQ(sink_->apply({named("api", 1), named("web", 2)}).result, DRCON_OK);
  EXPECT_EQ(site("api"), "mine, too\n");
  EXPECT_EQ(site("web"), "web 10.0.0.1:2\n");
  ASSERT_EQ(sink_->refused().size(), 1U);
  EXPECT_NE(sink_->refused().front().why.find("this sink has not written it"), std::string::npos);
  EXPECT_EQ(sink_->status().state, DRCON_STATE_DEGRADED) << "what is written is not all that is desired";
  EXPECT_NE(sink_->status().text.find("this sink has not written it"), std::string::npos) << sink_->status().text;
  ASSERT_EQ(sink_->apply({}).result, DRCON_OK);
  EXPECT_EQ(sites(), (names{"api.conf", "mine.conf"}));
  std::filesystem::remove(path("sites/api.conf"));
  ASSERT_EQ(sink_->apply({named("api", 1)}).result, DRCON_OK);
  EXPECT_EQ(site("api"), "api 10.0.0.1:1\n");
}

TEST_F(TemplateForEach, KeepsNamesOfTheRegistryInTheDirectory) {
  start(site_form);
  ASSERT_EQ(sink_
                ->apply({named("../evil", 1), named("..", 2), named(".hidden", 3), named("a/b", 4), named("a b", 5),
                         named("web", 6)})
                .result,
            DRCON_OK);
  EXPECT_EQ(sites(), names{"web.conf"});
  EXPECT_FALSE(std::filesystem::exists(path("evil.conf")));
  EXPECT_EQ(sink_->refused().size(), 5U);
}

TEST_F(TemplateForEach, PutsAllBackWhenTheReloadFails) {
  start(site_form);
  ASSERT_EQ(sink_->apply({named("api", 1), named("web", 2)}).result, DRCON_OK);
  start(site_form, "service", "reload = { shell = 'test -e " + path("sites/api.conf") + "' }\n");
  const auto how = sink_->apply({named("db", 3), named("web", 9)});
  EXPECT_EQ(how.result, DRCON_RETRY);
  EXPECT_NE(how.why.find("the old files are back, and were reloaded"), std::string::npos) << how.why;
  EXPECT_EQ(sites(), (names{"api.conf", "web.conf"}));
  EXPECT_EQ(site("api"), "api 10.0.0.1:1\n");
  EXPECT_EQ(site("web"), "web 10.0.0.1:2\n");
  start(site_form);
  ASSERT_EQ(sink_->apply({named("db", 3), named("web", 9)}).result, DRCON_OK);
  EXPECT_EQ(sites(), (names{"db.conf", "web.conf"}));
}

TEST_F(TemplateForEach, ReloadsAfterACrashInTheMiddleOfARemoval) {
  start(site_form);
  ASSERT_EQ(sink_->apply({named("api", 1), named("web", 2)}).result, DRCON_OK);
  sink_.reset();
  std::filesystem::rename(path("sites/api.conf"), path("sites/.api.conf.previous"));
  start(site_form, "service", "reload = { shell = 'echo r >> " + path("reloads") + "' }\n");
  ASSERT_EQ(sink_->apply({named("web", 2)}).result, DRCON_OK);
  EXPECT_EQ(lines("reloads"), 1) << "nobody knows whether the program had loaded it";
  EXPECT_EQ(sites(), names{"web.conf"});
  EXPECT_FALSE(std::filesystem::exists(path("sites/.api.conf.previous")));
}

TEST_F(TemplateForEach, RemovesWhatAKillLeftBesideItsFiles) {
  start(site_form);
  ASSERT_EQ(sink_->apply({named("api", 1), named("web", 2)}).result, DRCON_OK);
  sink_.reset();
  for (const auto* name : {".web.conf.0badcafe", "..each.conf.files.0badcafe", ".mine.conf.0badcafe"})
    write_file(path("sites/" + std::string(name)), "half");
  start(site_form);
  ASSERT_EQ(sink_->apply({named("api", 1), named("web", 2)}).result, DRCON_OK);
  EXPECT_FALSE(std::filesystem::exists(path("sites/.web.conf.0badcafe")));
  EXPECT_FALSE(std::filesystem::exists(path("sites/..each.conf.files.0badcafe")));
  EXPECT_TRUE(std::filesystem::exists(path("sites/.mine.conf.0badcafe"))) << "that is no file of this sink";
}

TEST_F(TemplateForEach, IsForSettingsAndTagsAndGosLanguageToo) {
  start("{{item.key}}={{item.value}}\n", "key");
  const service settings{
      .name = "kv", .revision = 1, .endpoints = {}, .values = {{"app/a", "1"}, {"app/b", "2"}, {"other/a", "3"}}};
  ASSERT_EQ(sink_->apply({settings}).result, DRCON_OK);
  EXPECT_EQ(sites(), (names{"a.conf", "b.conf"}));
  EXPECT_EQ(site("a"), "app/a=1\n");
  ASSERT_EQ(sink_->refused().size(), 1U) << "of two settings with one name";
  start("{{#item.services}}{{name}} {{/item.services}}", "tag");
  ASSERT_EQ(sink_->apply({named("api", 1), named("web", 2)}).result, DRCON_OK);
  EXPECT_EQ(site("t1"), "api web ");
  write_file(path("form"), "");
  start("{{.Name}}{{range service .Name}} {{.Port}}{{end}} {{.Tags | join \",\"}}", "service\", language = \"go");
  ASSERT_EQ(sink_->apply({named("api", 1), named("web", 2)}).result, DRCON_OK);
  EXPECT_EQ(site("web"), "web 2 t1");
  const auto shown = sink_->render({named("web", 3)});
  ASSERT_EQ(shown.size(), 2U);
  EXPECT_EQ(shown[0].wanted, "") << "api goes";
  EXPECT_EQ(shown[1].wanted, "web 3 t1");
}

TEST_F(TemplateForEach, LeavesOutAnEndpointWithATextThatTheItemHasAndCannotBeWritten) {
  start("{{.Name}} {{.Tags | join \",\"}}{{range service .Name}} {{.Port}}{{end}}", "service\", language = \"go");
  auto web = named("web", 2);
  web.endpoints.push_back({.id = "bad", .node = "n", .address = "10.0.0.2", .port = 3, .tags = {"a;b"}, .meta = {}});
  ASSERT_EQ(sink_->apply({web}).result, DRCON_OK);
  EXPECT_EQ(site("web"), "web t1 2");
}

TEST_F(TemplateForEach, RetriesAFileThatCannotBeReadWhileTheOthersGoOn) {
  ::mkdir(path("sites").c_str(), 0755);
  ::mkdir(path("sites/api.conf").c_str(), 0755);
  start(site_form);
  EXPECT_EQ(sink_->apply({named("api", 1)}).result, DRCON_RETRY) << "nothing of it is applied";
  const auto how = sink_->apply({named("api", 1), named("web", 2)});
  EXPECT_EQ(how.result, DRCON_OK) << how.why;
  EXPECT_EQ(sink_->status().state, DRCON_STATE_DEGRADED);
  EXPECT_NE(sink_->status().text.find("api.conf"), std::string::npos) << sink_->status().text;
  EXPECT_EQ(site("web"), "web 10.0.0.1:2\n");
  ::rmdir(path("sites/api.conf").c_str());
  EXPECT_TRUE(wait_until([this] { return std::filesystem::is_regular_file(path("sites/api.conf")); }));
  EXPECT_TRUE(wait_until([this] { return sink_->status().state == DRCON_STATE_OK; })) << sink_->status().text;
  EXPECT_EQ(site("api"), "api 10.0.0.1:1\n");
}

TEST_F(TemplateForEach, WritesNoHostilePathOfASetting) {
  const service settings{
      .name = "kv", .revision = 1, .endpoints = {}, .values = {{"ok/a", "1"}, {"x; return 444; #/b", "2"}}};
  for (const auto* how : {"key", "key\", language = \"go"}) {
    const bool is_go = std::string(how) != "key";
    start(is_go ? "{{.Path}}={{.Value}}\n" : "{{item.key}}={{item.value}}\n", how);
    ASSERT_EQ(sink_->apply({settings}).result, DRCON_OK) << how;
    EXPECT_EQ(sites(), names{"a.conf"}) << how;
    EXPECT_EQ(site("a"), "ok/a=1\n") << how;
    ASSERT_FALSE(sink_->refused().empty()) << how;
    EXPECT_NE(sink_->refused().front().why.find("path"), std::string::npos) << sink_->refused().front().why;
  }
}

// Whoever may write one key must not stop what follows the other ones, nor take away the file of that key.
TEST_F(TemplateForEach, ARefusedValueKeepsItsFileWhileTheOthersGoOn) {
  const auto settings = [](const std::string& a, const std::string& b) {
    return service{.name = "kv", .revision = 1, .endpoints = {}, .values = {{"app/a", a}, {"app/b", b}}};
  };
  for (const auto* how : {"key", "key\", language = \"go"}) {
    const bool is_go = std::string(how) != "key";
    start(is_go ? "{{.Key}}={{.Value}}\n" : "{{item.name}}={{item.value}}\n", how);
    ASSERT_EQ(sink_->apply({settings("1", "2")}).result, DRCON_OK) << how;
    ASSERT_EQ(sink_->status().state, DRCON_STATE_OK) << how;
    const auto hostile = sink_->apply({settings("x; return 444;", "3")});
    ASSERT_EQ(hostile.result, DRCON_OK) << how << hostile.why;
    EXPECT_EQ(site("a"), "a=1\n") << how;
    EXPECT_EQ(site("b"), "b=3\n") << how;
    EXPECT_EQ(sink_->status().state, DRCON_STATE_DEGRADED) << how;
    EXPECT_FALSE(sink_->refused().empty()) << how;
    ASSERT_EQ(sink_->apply({settings("5", "3")}).result, DRCON_OK) << how;
    EXPECT_EQ(site("a"), "a=5\n") << how;
    EXPECT_EQ(sink_->status().state, DRCON_STATE_OK) << sink_->status().text;
  }
}

TEST_F(TemplateForEach, AFaultOfOneFileIsRetriedWhileTheOthersGoOn) {
  start("{{.Name}} {{key (printf \"cfg/%s\" .Name)}}\n", "service\", language = \"go");
  service settings{.name = "kv", .revision = 1, .endpoints = {}, .values = {{"cfg/web", "1"}}};
  const auto alone = sink_->apply({named("new", 1), settings});
  EXPECT_EQ(alone.result, DRCON_RETRY) << "nothing of it is applied";
  EXPECT_NE(alone.why.find("no key \"cfg/new\""), std::string::npos) << alone.why;
  const auto how = sink_->apply({named("new", 1), named("web", 2), settings});
  EXPECT_EQ(how.result, DRCON_OK) << how.why;
  EXPECT_EQ(sink_->status().state, DRCON_STATE_DEGRADED);
  EXPECT_NE(sink_->status().text.find("no key \"cfg/new\""), std::string::npos) << sink_->status().text;
  const auto refused = sink_->refused();
  EXPECT_TRUE(std::ranges::any_of(refused, [](const auto& each) {
    return each.service == "new" && each.why.find("no key \"cfg/new\"") != std::string::npos;
  }));
  EXPECT_EQ(sites(), names{"web.conf"});
  settings.values["cfg/new"] = "2";
  ASSERT_EQ(sink_->apply({named("new", 1), named("web", 2), settings}).result, DRCON_OK);
  EXPECT_EQ(site("new"), "new 2\n");
  EXPECT_TRUE(wait_until([this] { return sink_->status().state == DRCON_STATE_OK; })) << sink_->status().text;
}

TEST_F(TemplateForEach, AFileThatItsCheckRefusesStaysWhileTheOthersGoOn) {
  ::mkdir(path("sites").c_str(), 0755);
  write_file(path("form"), site_form);
  sink_ = std::make_unique<sink_harness>(
      "template",
      "file = [{ path = \"" + path("sites/{{name}}.conf") + "\", template = \"" + path("form") +
          "\", escape = \"nginx\", for_each = \"service\", check = { shell = '! grep -q 10.0.0.1:9 {file} || test -e " +
          path("allowed") + "' } }]\nreload = { shell = 'echo r >> " + path("reloads") + "' }\n");
  sink_->start();
  EXPECT_EQ(sink_->apply({named("bad", 9)}).result, DRCON_RETRY) << "nothing of it is applied";
  const auto how = sink_->apply({named("api", 9), named("bad", 9), named("web", 2)});
  ASSERT_EQ(how.result, DRCON_OK) << how.why;
  EXPECT_EQ(sites(), names{"web.conf"});
  EXPECT_EQ(sink_->status().state, DRCON_STATE_DEGRADED);
  EXPECT_NE(sink_->status().text.find("since the check of the new one failed"), std::string::npos)
      << sink_->status().text;
  EXPECT_FALSE(sink_->refused().empty());
  ASSERT_EQ(sink_->apply({named("api", 1), named("bad", 9), named("web", 9)}).result, DRCON_OK);
  EXPECT_EQ(site("api"), "api 10.0.0.1:1\n");
  EXPECT_EQ(site("web"), "web 10.0.0.1:2\n") << "it stays as it was";
  write_file(path("allowed"), "");
  EXPECT_TRUE(wait_until([this] { return sites() == names{"api.conf", "bad.conf", "web.conf"}; })) << "tried again";
  EXPECT_TRUE(wait_until([this] { return site("web") == "web 10.0.0.1:9\n"; }));
  EXPECT_TRUE(wait_until([this] { return sink_->status().state == DRCON_STATE_OK; })) << sink_->status().text;
}

// Nobody hands the update over again, since it was answered; and what one file needs comes without a change of it.
TEST_F(TemplateForEach, TriesAFileThatCannotBeRenderedAgainByItself) {
  start("{{.Name}}{{if eq .Name \"new\"}} {{plugin \"cat\" \"" + path("late") + "\"}}{{end}}\n",
        "service\", language = \"go");
  const auto how = sink_->apply({named("new", 1), named("web", 2)});
  ASSERT_EQ(how.result, DRCON_OK) << how.why;
  EXPECT_EQ(sites(), names{"web.conf"});
  const auto shown = sink_->render({named("new", 1), named("web", 3)});
  EXPECT_EQ(shown.size(), 1U) << "what can be rendered is shown, and compared at a start";
  write_file(path("late"), "there");
  EXPECT_TRUE(wait_until([this] { return sites() == names{"new.conf", "web.conf"}; })) << sink_->status().text;
  EXPECT_EQ(site("new"), "new there\n");
  EXPECT_TRUE(wait_until([this] { return sink_->status().state == DRCON_STATE_OK; })) << sink_->status().text;
}

TEST_F(TemplateForEach, OneRegistrationDoesNotMakeAFileForEachOfManyTags) {
  start("{{#item.services}}{{name}} {{/item.services}}", "tag");
  auto web = named("web", 1);
  for (int i = 0; i < 300; ++i) web.endpoints[0].tags.push_back("many" + std::to_string(i));
  ASSERT_EQ(sink_->apply({web, named("api", 2)}).result, DRCON_OK);
  EXPECT_EQ(sites(), names{"t1.conf"});
  ASSERT_EQ(sink_->refused().size(), 1U);
  EXPECT_NE(sink_->refused().front().why.find("256 are the most"), std::string::npos);
}

TEST_F(TemplateForEach, AServiceThatIsLeftOutHasNoFileOfNothing) {
  start("{{.Name | parseInt}} {{.Name}}", "service\", language = \"go");
  ASSERT_EQ(sink_->apply({named("12", 1), named("web", 2)}).result, DRCON_OK);
  EXPECT_EQ(sites(), names{"12.conf"});
  EXPECT_EQ(site("12"), "12 12");
  EXPECT_NE(sink_->status().text.find("the service web is left out: parseInt"), std::string::npos)
      << sink_->status().text;
}

TEST_F(TemplateForEach, WritesNoFileThatAnotherSinkWrites) {
  write_file(path("u.mustache"), "theirs {{service.web.count}}\n");
  const auto plain = [this](const std::string& name) {
    auto made = std::make_unique<sink_harness>("template", "file = [{ path = \"" + path("sites/" + name + ".conf") +
                                                               "\", template = \"" + path("u.mustache") +
                                                               "\", escape = \"none\" }]\nwatch = \"1h\"\n");
    made->start();
    return made;
  };
  ::mkdir(path("sites").c_str(), 0755);
  // As another sink holds it. A sink itself could look at its file once more right after its answer, and put it back.
  std::optional<common::file_lock> other(std::in_place);
  ASSERT_EQ(other->take(common::file_place(path("sites/web.conf")), "other"), "");
  start(site_form, "service", "watch = \"20ms\"\n");
  ASSERT_EQ(sink_->apply({named("api", 1), named("web", 2)}).result, DRCON_OK);
  EXPECT_EQ(sites(), names{"api.conf"});
  EXPECT_NE(sink_->status().text.find("is written by pid"), std::string::npos) << sink_->status().text;
  auto late = plain("api");
  EXPECT_NE(late->apply({web(1)}).why.find("is written by pid"), std::string::npos);
  EXPECT_EQ(site("api"), "api 10.0.0.1:1\n");
  other.reset();
  EXPECT_TRUE(wait_until([this] { return sites().contains("web.conf"); })) << "its owner has ended";
  ASSERT_EQ(sink_->apply({named("web", 2)}).result, DRCON_OK);
  EXPECT_EQ(sites(), names{"web.conf"});
  EXPECT_EQ(late->apply({web(1)}).result, DRCON_OK) << "the file has no owner any more";
  EXPECT_FALSE(sites().contains("web2.conf"));
}

TEST_F(TemplateForEach, ASettingOfTheSameNameDoesNotTakeAFileOver) {
  const auto settings = [](std::map<std::string, std::string> values) {
    return service{.name = "kv", .revision = 1, .endpoints = {}, .values = std::move(values)};
  };
  start("{{item.key}}={{item.value}}\n", "key");
  ASSERT_EQ(sink_->apply({settings({{"a/x", "1"}})}).result, DRCON_OK);
  ASSERT_EQ(sink_->apply({settings({{"a/b/x", "2"}, {"a/x", "1"}})}).result, DRCON_OK);
  EXPECT_EQ(site("x"), "a/x=1\n");
  ASSERT_EQ(sink_->refused().size(), 1U);
  EXPECT_EQ(sink_->refused().front().service, "a/b/x");
  start("{{item.key}}={{item.value}}\n", "key");
  ASSERT_EQ(sink_->apply({settings({{"a/b/x", "2"}, {"a/x", "3"}})}).result, DRCON_OK);
  EXPECT_EQ(site("x"), "a/x=3\n") << "after a restart, too";
  ASSERT_EQ(sink_->apply({settings({{"a/b/x", "2"}, {"a/x", "a; }"}})}).result, DRCON_OK);
  EXPECT_EQ(site("x"), "a/x=3\n") << "its value cannot be written, and it is still there";
  ASSERT_EQ(sink_->apply({settings({{"a/b/x", "2"}})}).result, DRCON_OK);
  EXPECT_EQ(site("x"), "a/b/x=2\n");
}

TEST_F(TemplateForEach, NoticesThatAFileOfAnotherHandWasMovedAway) {
  ::mkdir(path("sites").c_str(), 0755);
  write_file(path("sites/api.conf"), "mine\n");
  start(site_form, "service", "watch = \"20ms\"\n");
  ASSERT_EQ(sink_->apply({named("api", 1)}).result, DRCON_OK);
  EXPECT_EQ(sink_->status().state, DRCON_STATE_DEGRADED);
  std::filesystem::remove(path("sites/api.conf"));
  EXPECT_TRUE(wait_until([this] { return site("api") == "api 10.0.0.1:1\n"; }));
  EXPECT_TRUE(wait_until([this] { return sink_->status().state == DRCON_STATE_OK; })) << sink_->status().text;
}

TEST_F(TemplateForEach, KnowsItsFilesThoughTheListOfThemWasLost) {
  const auto list = path("sites/.each.conf.files");
  start(site_form, "service", "watch = \"20ms\"\n");
  ASSERT_EQ(sink_->apply({named("api", 1), named("web", 2)}).result, DRCON_OK);
  const auto was = read_file(list);
  std::filesystem::remove(list);
  EXPECT_TRUE(wait_until([&] { return std::filesystem::exists(list) && read_file(list) == was; }));
  sink_.reset();
  std::filesystem::remove(list);
  start(site_form);
  ASSERT_EQ(sink_->apply({named("api", 1), named("web", 2)}).result, DRCON_OK);
  EXPECT_EQ(sink_->refused().size(), 0U);
  EXPECT_EQ(read_file(list), was);
  ASSERT_EQ(sink_->apply({named("web", 9)}).result, DRCON_OK);
  EXPECT_EQ(site("web"), "web 10.0.0.1:9\n");
  EXPECT_EQ(sites(), names{"web.conf"});
}

TEST_F(TemplateForEach, RefusesTwoEntriesOfOneFile) {
  const auto fault_of = [this](const std::string& file) -> std::string {
    write_file(path("form"), "{{service.web.count}}");
    const auto rest = "\", template = \"" + path("form") + "\", escape = \"none\"";
    try {
      sink_harness made("template", "file = [{ path = \"" + path("x-{{name}}.conf") + rest +
                                        ", for_each = \"service\" }, { path = \"" + path(file) + rest + " }]\n");
    } catch (const std::exception& error) {
      return error.what();
    }
    return "taken";
  };
  EXPECT_NE(fault_of("x-web.conf").find("may be one file"), std::string::npos) << fault_of("x-web.conf");
  for (const auto* file : {"x-.conf", "web.conf", "x-web.cfg", "sub/x-web.conf"}) EXPECT_EQ(fault_of(file), "taken");
}

TEST_F(TemplateForEach, NeedsANameInThePath) {
  const auto fault_of = [this](const std::string& file, const std::string& more = "") -> std::string {
    write_file(path("form"), site_form);
    try {
      sink_harness made("template", "file = [{ path = \"" + path(file) + "\", template = \"" + path("form") +
                                        "\", escape = \"none\", for_each = \"service\"" + more + " }]\n");
    } catch (const std::exception& error) {
      return error.what();
    }
    return "taken";
  };
  for (const auto* file : {"a.conf", "{{name}}/a.conf", "{{name}}{{name}}.conf", "{{nam}}.conf"})
    EXPECT_NE(fault_of(file).find("holds {{name}} once"), std::string::npos) << file << fault_of(file);
  EXPECT_NE(fault_of("{{name}}.conf", ", backup = true").find("is for one file"), std::string::npos);
}

TEST_F(TemplateSink, TakesNoTagInThePathOfAFile) {
  try {
    sink_harness made("template", "file = [{ path = \"" + path("{{name}}.conf") + "\", template = \"" +
                                      template_file() + "\", escape = \"none\" }]\n");
    ADD_FAILURE() << "taken";
  } catch (const std::exception& error) {
    EXPECT_NE(std::string(error.what()).find("would be a file of this very name"), std::string::npos) << error.what();
  }
}

TEST_F(TemplateSink, RefusesWhatMakesNoSenseAndSaysWhere) {
  const auto fault_of = [this](const std::string& more, const std::string& after = "") -> std::string {
    try {
      sink(more, after);
    } catch (const std::exception& error) {
      return error.what();
    }
    return "taken";
  };
  EXPECT_NE(fault_of(", check = { command = [\"true\"] }").find("{file}"), std::string::npos);
  EXPECT_NE(fault_of(", owner = \"nobody-at-all\"").find("there is no user"), std::string::npos);
  EXPECT_NE(fault_of("", "reload = { signal = \"HUP\" }").find("pid_file"), std::string::npos);
  EXPECT_NE(fault_of("", "reload = { timeout = \"1s\" }").find("expected 'command'"), std::string::npos);
  EXPECT_NE(fault_of("", "reload = { command = [\"a\"], shell = \"b\" }").find("cannot be combined"),
            std::string::npos);
  write_file(template_file(), "one\n  {{#two}}\n");
  const auto fault = fault_of("");
  EXPECT_NE(fault.find("t.mustache:2:3: Unclosed section \"two\""), std::string::npos) << fault;
}

}  // namespace template_test
}  // namespace drcon::test
