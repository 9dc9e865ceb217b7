// The operator's verbs against a running drcon.
#include "support/hosts_page.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <parsed_json.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <utility>
#include <vector>

namespace drcon::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Operator : public hosts_page {
protected:
  void SetUp() override { start(); }
  temp_dir scratch_;
  bool serves(int count) const {
    return wait_until([&] { return lines() == count && drcon_->settled(); });
  }
  run_result ask(const std::string& verb, const std::vector<std::string>& more = {}) const {
    return drcon_->verb(verb, more);
  }
};

TEST_F(Operator, StatusReportsInSyncAndWhatNeedsAttention) {
  const auto well = ask("status");
  EXPECT_EQ(well.code, 0);
  EXPECT_THAT(well.out, HasSubstr("in sync"));
  EXPECT_THAT(well.out, HasSubstr("3 of 3"));
  set_hosts(1);
  ASSERT_TRUE(wait_until([this] { return ask("status").code == 3; }));
  const auto held = ask("status");
  EXPECT_THAT(
      held.out,
      HasSubstr("pipeline web is held by its brake: service web: 2 of 3 endpoints in service would be removed"));
  EXPECT_THAT(held.out, HasSubstr("brake holds since"));
  EXPECT_THAT(held.out, HasSubstr("applied at the time under UNTIL, or now by: drcon release-brake web\n"));
  EXPECT_EQ(parsed_json(ask("status", {"--json"}).out)["pipelines"]["web"]["held_loss"]["removed"], 2);
}

TEST_F(Operator, NumbersThatAreNoneAreRefused) {
  for (const auto* number : {"-1", "99999999999999999999999", "1x", ""}) {
    EXPECT_EQ(ask("journal", {"--after", number}).code, 2) << number;
    EXPECT_EQ(ask("rollback", {"web", number}).code, 2) << number;
  }
  EXPECT_EQ(ask("journal", {"--after", "0"}).code, 0);
}

// The socket that is used when a configuration has none is that of another drcon.
TEST_F(Operator, ABrokenConfigurationSteersNoOtherDrcon) {
  const auto mine = (scratch_ / "mine.toml").string();
  const auto there = "RUNTIME_DIRECTORY=" + drcon_->directory().path().string();
  write_file(mine, "[admin]\nsocket = \"/nowhere/admin.sock\"\n[[[\n");
  for (const auto& verb :
       std::vector<std::vector<std::string>>{{"pause", "web"}, {"reload"}, {"status"}, {"journal"}}) {
    for (const auto& file : {mine, (scratch_ / "missing.toml").string()}) {
      auto argv = verb;
      argv.insert(argv.begin(), DRCON_BINARY);
      argv.insert(argv.end(), {"-c", file});
      const auto answer = run(argv, {there});
      EXPECT_EQ(answer.code, 3) << verb.front() << answer.out;
      EXPECT_THAT(answer.err, HasSubstr(file)) << verb.front();
      EXPECT_THAT(answer.err, HasSubstr("so none was asked"));
    }
  }
  EXPECT_THAT(ask("status").out, HasSubstr("in sync"));
  EXPECT_EQ(run({DRCON_BINARY, "status"}, {there}).code, 0) << "without -c it is this one";
}

TEST_F(Operator, ExplainReportsEachStep) {
  const auto shown = ask("explain", {"web", "10.0.0.2"});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_THAT(shown.out, StartsWith("10.0.0.2:80  of service web: in rotation since revision 1\n"));
  EXPECT_THAT(shown.out, HasSubstr("source hosts (file, ok): present, passing, weight 1"));
  EXPECT_THAT(shown.out, HasSubstr("sink page (template): has it, with revision 1, last answer: applied"));
  EXPECT_THAT(shown.out, Not(HasSubstr("page.conf has now")));
  EXPECT_THAT(ask("explain", {"web", "10.0.0.2", "--all"}).out, HasSubstr("page.conf has now: server 10.0.0.2:80;"));
  const auto none = ask("explain", {"web", "10.0.0.9"});
  EXPECT_EQ(none.code, 3);
  EXPECT_THAT(none.err, HasSubstr("help: there is 10.0.0.1:80"));
  EXPECT_EQ(ask("explain", {"nobody", "10.0.0.9"}).code, 3);
}

TEST_F(Operator, DiffComparesWithTheTarget) {
  EXPECT_EQ(ask("diff").code, 0);
  write_file(drcon_->directory() / "page.conf", "server 10.0.0.1:80;\n");
  const auto differs = ask("diff", {"web"});
  EXPECT_EQ(differs.code, 3);
  EXPECT_THAT(differs.out, HasSubstr("\n+server 10.0.0.2:80;\n"));
  EXPECT_EQ(ask("resync", {"web"}).code, 0);
  EXPECT_TRUE(serves(3));
}

// What is held is not desired yet: nothing differs, and something is about to.
TEST_F(Operator, DiffSaysThatTheBrakeHoldsRemovals) {
  set_hosts(1);
  ASSERT_TRUE(wait_until([this] { return ask("status").code == 3; }));
  for (const std::vector<std::string>& which : {std::vector<std::string>{}, {"web"}}) {
    const auto held = ask("diff", which);
    EXPECT_EQ(held.code, 3);
    EXPECT_EQ(held.out, "");
    EXPECT_EQ(held.err,
              "drcon: pipeline web: its brake holds 2 removals, which are not part of this comparison; drcon "
              "status has them\n");
  }
}

// drcon is stopped, as by a debugger: it would do later what nobody waits for any more.
TEST_F(Operator, GivesUpOnAStoppedDrconWhichDoesNothingLater) {
  ::kill(drcon_->pid(), SIGSTOP);
  for (const auto& verb : {std::vector<std::string>{"status"}, {"pause", "web"}}) {
    const auto began = std::chrono::steady_clock::now();
    const auto got = ask(verb.front(), {verb.begin() + 1, verb.end()});
    EXPECT_EQ(got.code, 3) << verb.front();
    EXPECT_THAT(got.err, HasSubstr("is its process stopped"));
    EXPECT_LT(std::chrono::steady_clock::now() - began, 60s) << "it waits 8 s for a sign of life";
  }
  {
    boost::asio::io_context context;
    boost::asio::local::stream_protocol::socket gone(context);
    gone.connect((drcon_->directory() / "admin.sock").string());
    boost::asio::write(gone, boost::asio::buffer(std::string("POST /v1/pipelines/web/pause HTTP/1.1\r\n"
                                                             "Host: drcon\r\n\r\n")));
  }
  ::kill(drcon_->pid(), SIGCONT);
  EXPECT_TRUE(wait_until([this] {
    return drcon_->log().find("is not done: the client has gone") != std::string::npos;
  })) << drcon_->log();
  EXPECT_EQ(ask("status").code, 0) << "it is not paused";
}

TEST_F(Operator, PausesAndResumes) {
  EXPECT_THAT(ask("pause", {"web", "--why", "lunch & tea"}).out, HasSubstr("is paused"));
  EXPECT_THAT(ask("status").out, HasSubstr(": lunch & tea (by user root"));
  EXPECT_EQ(ask("resume", {"web"}).code, 0);
  const auto again = ask("resume", {"web"});
  EXPECT_EQ(again.code, 3);
  EXPECT_THAT(again.err, HasSubstr("pipeline web is not paused"));
}

// Text of an operator goes into the log, the journal, a page and a file: bytes that one of them cannot take must not
// end drcon, and a line break must not forge a line of the log.
TEST_F(Operator, AReasonOfAnyBytesPausesAndEndsNothing) {
  const std::string why = "a%ff%1b%5b31m%0aforged";
  EXPECT_EQ(drcon_->ask("POST", "/v1/pipelines/web/pause?why=" + why).status, 200);
  std::string long_reason = "x";
  for (int i = 0; i < 250; ++i) long_reason += "%d1%8f";  // 501 bytes: a cut at 500 would halve the last letter
  EXPECT_EQ(drcon_->ask("POST", "/v1/pipelines/web/resume").status, 200);
  EXPECT_EQ(drcon_->ask("POST", "/v1/pipelines/web/pause?why=" + long_reason).status, 200);
  drcon_->kill9();
  EXPECT_THAT(drcon_->log(), HasSubstr("paused: a\\xff\\x1b[31m\\x0aforged"));
  EXPECT_THAT(drcon_->log(), Not(HasSubstr("\nforged")));
  drcon_->start();
  EXPECT_THAT(drcon_->pipeline("web")["paused"].dump(), HasSubstr("xя")) << "it is paused still, with its reason";
}

TEST_F(Operator, RollsBackToWhatItLists) {
  set_hosts(4);
  ASSERT_TRUE(serves(4));
  EXPECT_THAT(ask("rollback", {"web"}).out, HasSubstr("2 (now)"));
  EXPECT_EQ(ask("rollback", {"web", "1"}).code, 0);
  EXPECT_TRUE(serves(3));
  EXPECT_EQ(ask("rollback", {"web", "77"}).code, 3);
}

// The loop of a render has nothing to do but to wait for the time-out.
TEST_F(Operator, ARenderEndsWhenASourceCannotBeReached) {
  std::filesystem::remove(drcon_->directory() / "hosts.toml");
  const auto ended =
      run({DRCON_BINARY, "render", "-c", (drcon_->directory() / "drcon.toml").string(), "--timeout", "3s"}, {},
          std::chrono::seconds(60));
  EXPECT_EQ(ended.code, 3);
  EXPECT_THAT(ended.err, HasSubstr("hosts"));
}

TEST_F(Operator, AReaderOfTheLogThatGoesAwayEndsNothing) {
  drcon_->stop();
  // The shell's reader ends after the first line; drcon goes on writing to a pipe that nobody reads.
  const auto config = (drcon_->directory() / "drcon.toml").string();
  const auto pid_file = (drcon_->directory() / "pid").string();
  process piped({"/bin/sh", "-c",
                 "(/bin/sh -c 'echo $PPID' > '" + pid_file + "'; exec " + DRCON_BINARY + " run -c '" + config +
                     "' 2>&1) | head -n 1"});
  ASSERT_TRUE(wait_until([this] { return drcon_->settled(std::chrono::milliseconds(100)); }));
  for (int i = 4; i < 9; ++i) {
    set_hosts(i);
    ASSERT_TRUE(wait_until([this, i] { return lines() == i; })) << "drcon has ended";
  }
  EXPECT_EQ(ask("status").code, 0);
  const auto pid = std::stoi(read_file(pid_file));
  ::kill(pid, SIGKILL);
}

TEST_F(Operator, OnceFailsWhileAPauseKeepsAChangeFromTheTargets) {
  ASSERT_EQ(ask("pause", {"web", "--why", "lunch"}).code, 0);
  drcon_->stop();
  EXPECT_EQ(ask("once").code, 0) << "the targets have what the sources have";
  set_hosts(2);
  const auto once = ask("once");
  EXPECT_EQ(once.code, 3);
  EXPECT_THAT(once.err,
              HasSubstr("pipeline web is paused, and its targets do not have what its sources have now: lunch"));
  EXPECT_EQ(lines(), 3);
}

TEST_F(Operator, OnceDoesNotWaitForASinkThatAPauseKeepsAsItIs) {
  ASSERT_EQ(ask("pause", {"web", "--why", "lunch"}).code, 0);
  drcon_->stop();
  const auto mark = drcon_->directory() / "state" / "web.paused";
  auto paused = parsed_json(read_file(mark));
  paused["behind"] = json::array({"page"});
  write_file(mark, paused.dump());
  process once({DRCON_BINARY, "once", "-c", (drcon_->directory() / "drcon.toml").string(), "--timeout", "1h"},
               scratch_ / "once");
  EXPECT_EQ(once.wait(patience), 3);
  EXPECT_THAT(once.text(), HasSubstr("drcon: sink page keeps what it had of pipeline web, which is paused"));
  EXPECT_EQ(lines(), 3);
}

TEST_F(Operator, OneStateDirectoryIsForOneDrcon) {
  const auto config = (drcon_->directory() / "drcon.toml").string();
  const auto second = run({DRCON_BINARY, "run", "-c", config}, {}, std::chrono::seconds(30));
  EXPECT_EQ(second.code, 3);
  EXPECT_THAT(second.err, HasSubstr("process " + std::to_string(drcon_->pid())));
  EXPECT_EQ(ask("status").code, 0) << "the first goes on";
  const auto once = run({DRCON_BINARY, "once", "-c", config}, {}, std::chrono::seconds(60));
  EXPECT_THAT(once.err, HasSubstr("no state is read or kept"));
  drcon_->kill9();
  drcon_->start();
  EXPECT_TRUE(drcon_->settled()) << "a lock ends with its process";
}

TEST_F(Operator, ItsPipelinesAreOfferedToWhoTypes) {
  const auto offered = [this](const std::string& verb, const std::string& begun) {
    return run({DRCON_BINARY, "complete", "--", verb, "--socket", socket().string(), begun}).out;
  };
  EXPECT_THAT(offered("pause", ""), StartsWith("web\n")) << "what is asked for first, and the options behind it";
  EXPECT_EQ(offered("explain", "w"), "web\n");
  EXPECT_EQ(offered("pause", "x"), "");
  drcon_->stop();
  EXPECT_EQ(offered("pause", "w"), "") << "and nobody is told why";
}

TEST_F(Operator, EndpointsAndRevisionsAreOfferedToWhoTypes) {
  set_hosts(4);
  ASSERT_TRUE(serves(4));
  const auto offered = [this](std::vector<std::string> words) {
    words.insert(words.begin() + 1, {"--socket", socket().string()});
    words.insert(words.begin(), {DRCON_BINARY, "complete", "--"});
    return run(words).out;
  };
  EXPECT_THAT(offered({"explain", "web", "10.0.0.2"}), StartsWith("10.0.0.2:80\tweb, passing\n"));
  EXPECT_THAT(offered({"explain", "nobody", ""}), Not(HasSubstr("10.0.0.")));
  EXPECT_THAT(offered({"rollback", "web", ""}), StartsWith("1\t3 of 3 in service, from "));
  EXPECT_EQ(offered({"explain", "web", "x", "--service", "w"}), "web\n");
}

// Whoever looks into it later has to know whom to ask.
TEST_F(Operator, WhoSteersIsNamedAndTheMarkKeepsIt) {
  ASSERT_EQ(ask("pause", {"web", "--why", "lunch"}).code, 0);
  const auto paused = drcon_->pipeline("web");
  EXPECT_THAT(paused["paused_by"].get<std::string>(), StartsWith("user root"));
  EXPECT_THAT(paused["paused_by"].get<std::string>(), HasSubstr("(pid "));
  EXPECT_THAT(drcon_->log(), HasSubstr("paused: lunch (by user root"));
  drcon_->kill9();
  drcon_->start();
  EXPECT_EQ(drcon_->pipeline("web")["paused_by"], paused["paused_by"]) << "through a restart";
  ASSERT_EQ(ask("resume", {"web"}).code, 0);
  ASSERT_EQ(ask("resync", {"web"}).code, 0);
  ASSERT_EQ(ask("reload").code, 0);
  set_hosts(1);
  ASSERT_TRUE(wait_until([this] { return ask("release-brake", {"web"}).code == 0; }));
  ASSERT_TRUE(serves(1));
  ASSERT_EQ(ask("rollback", {"web", "1"}).code, 0);
  std::map<std::string, std::string> who;
  const auto journal = drcon_->journal();
  for (const auto& each : journal["entries"])
    if (each["what"] == "steered" || each["what"] == "reloaded")
      who[each["why"].get<std::string>().substr(0, 7)] = each["who"].get<std::string>();
  for (const auto* what : {"resumed", "resync", "taken", "brake r", "paused:"})
    EXPECT_THAT(who[what], StartsWith("user root")) << what << ": " << journal.dump();
  EXPECT_THAT(ask("journal").out, HasSubstr("resumed (by user root"));
}

// A script reads one thing, whatever happens.
TEST_F(Operator, WithJsonErrorsAreJsonToo) {
  const auto refused = ask("explain", {"nobody", "10.0.0.1", "--json"});
  EXPECT_EQ(refused.code, 3);
  EXPECT_EQ(refused.err, "");
  EXPECT_EQ(parsed_json(refused.out)["code"], "not-found") << refused.out;
  EXPECT_EQ(parsed_json(ask("resume", {"web", "--json"}).out)["code"], "conflict");
  drcon_->stop();
  const auto nobody = ask("status", {"--json"});
  EXPECT_EQ(nobody.code, 3);
  EXPECT_EQ(nobody.err, "");
  EXPECT_EQ(parsed_json(nobody.out)["code"], "no-answer") << nobody.out;
}

// The sentences are for people, and may change.
TEST_F(Operator, FindingsOfTheStatusHaveCodes) {
  ASSERT_EQ(ask("pause", {"web", "--why", "lunch"}).code, 0);
  const auto findings = parsed_json(ask("status", {"--json"}).out)["findings"];
  ASSERT_EQ(findings.size(), 1U) << findings.dump();
  EXPECT_EQ(findings[0]["code"], "paused");
  EXPECT_EQ(findings[0]["severity"], "warning");
  EXPECT_THAT(findings[0]["text"], HasSubstr("lunch"));
}

TEST_F(Operator, ReleasesTheBrake) {
  set_hosts(1);
  ASSERT_TRUE(wait_until([this] { return ask("release-brake", {"web"}).code == 0; }));
  EXPECT_TRUE(serves(1));
}

// As of a script whose variable is not set: it must not mean everything.
TEST_F(Operator, AnEmptyValueIsRefusedAndReleasesNothing) {
  set_hosts(1);
  ASSERT_TRUE(wait_until([this] { return drcon_->pipeline("web")["holds_count"] == 1; }));
  const auto refused = ask("release-brake", {"web", "--service", ""});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--service: it is empty"));
  for (const auto& [verb, words] :
       std::vector<std::pair<std::string, std::vector<std::string>>>{{"pause", {"web", "--why", ""}},
                                                                     {"pause", {""}},
                                                                     {"explain", {"web", ""}},
                                                                     {"explain", {"web", "10.0.0.1", "--service", ""}},
                                                                     {"log", {"debug", "--plugin", ""}},
                                                                     {"diff", {""}},
                                                                     {"journal", {"--pipeline", ""}},
                                                                     {"status", {"--socket", ""}}})
    EXPECT_EQ(ask(verb, words).code, 2) << verb;
  for (const std::string query :
       {"service=", "service", "number=", "number=1x", "servce=web", "service=web&number=99999999999999999999"})
    EXPECT_EQ(drcon_->ask("POST", "/v1/pipelines/web/release-brake?" + query).status, 400) << query;
  EXPECT_EQ(drcon_->ask("POST", "/v1/pipelines/web/pause?why=").status, 400);
  EXPECT_EQ(drcon_->ask("POST", "/v1/log?level=debug&plugin=").status, 400);
  EXPECT_EQ(drcon_->ask("POST", "/v1/reload?dry=1").status, 400) << "it would not be one";
  EXPECT_EQ(drcon_->ask("GET", "/v1/journal?after=x").status, 400);
  EXPECT_EQ(drcon_->pipeline("web")["holds_count"], 1);
  EXPECT_EQ(lines(), 3);
  EXPECT_EQ(ask("release-brake", {"web", "--service", "web"}).code, 0);
  EXPECT_TRUE(serves(1));
}

TEST_F(Operator, OnceReportsAtOnceWhatTheBrakeHoldsAndHowToGoOn) {
  drcon_->stop();
  set_hosts(1);
  const auto once = ask("once", {"--timeout", "2s"});
  EXPECT_EQ(once.code, 3);
  EXPECT_THAT(once.err, HasSubstr("drcon: pipeline web waits, since its brake holds: service web: 2 of 3 endpoints"));
  EXPECT_THAT(once.err, HasSubstr("release it with drcon release-brake web"));
  EXPECT_LT(once.err.find("waits, since its brake holds"), once.err.find("is held by its brake"))
      << "it is reported when the wait begins, and not only at its end";
  EXPECT_EQ(lines(), 3);
}

// The reload command of the change in flight takes its time, and is not killed for that on a machine that is busy.
TEST_F(Operator, APauseIsAnsweredWhenNothingChangesItsTargetAnyMore) {
  start("", "",
        "reload = { shell = \"while test -e " + (scratch_.path() / "busy").string() +
            "; do sleep 0.05; done\", timeout = \"5m\" }\n");
  write_file(scratch_.path() / "busy", "");
  set_hosts(4);
  ASSERT_TRUE(wait_until([this] { return lines() == 4; }));
  set_hosts(5);
  ASSERT_TRUE(wait_until([this] { return drcon_->pipeline("web")["endpoints"] == 5; }));
  auto answer = std::async(std::launch::async, [this] { return ask("pause", {"web"}); });
  EXPECT_TRUE(wait_until([this] {
    return drcon_->status()["caveats"].dump().find("web is paused as soon as its sinks have applied") !=
           std::string::npos;
  }));
  EXPECT_EQ(drcon_->pipeline("web")["paused"], "");
  std::filesystem::remove(scratch_.path() / "busy");
  const auto paused = answer.get();
  EXPECT_EQ(paused.code, 0) << paused.err;
  EXPECT_THAT(paused.out, HasSubstr("a change waits until then"));
  EXPECT_EQ(lines(), 4);
  set_hosts(6);
  ASSERT_TRUE(wait_until([this] { return drcon_->settled(); }));
  EXPECT_EQ(lines(), 4);
  EXPECT_EQ(ask("resume", {"web"}).code, 0);
  EXPECT_TRUE(serves(6));
}

TEST_F(Operator, HowMuchAPluginLogsIsChangedWhileItRuns) {
  EXPECT_EQ(ask("log").out, "WHAT  LEVEL\nall   info\n");
  EXPECT_THAT(drcon_->log(), Not(HasSubstr(" debug ")));
  EXPECT_EQ(ask("log", {"debug", "--plugin", "file"}).out,
            "the level of plugin file is debug, until the next reload or restart\n");
  EXPECT_THAT(ask("log").out, HasSubstr("plugin file  debug"));
  set_hosts(4);
  ASSERT_TRUE(serves(4));
  EXPECT_THAT(drcon_->log(), HasSubstr(" debug [source hosts] publishes service web: 4 endpoints"));
  EXPECT_THAT(drcon_->log(), Not(HasSubstr(" debug [sink page]"))) << "the other plugin's level is as it was";
  EXPECT_EQ(ask("log", {"general", "--plugin", "file"}).code, 0);
  EXPECT_EQ(ask("log", {"debug"}).code, 0);
  set_hosts(5);
  ASSERT_TRUE(serves(5));
  EXPECT_THAT(drcon_->log(), HasSubstr(" debug [source hosts] publishes service web: 5 endpoints"));
  EXPECT_THAT(drcon_->log(), HasSubstr(" debug [sink page] answers update"));
  EXPECT_EQ(ask("reload").code, 0);
  EXPECT_EQ(parsed_json(ask("log", {"--json"}).out), (json{{"level", "info"}, {"plugins", json::object()}}))
      << "as the configuration says";
  const auto unknown = ask("log", {"debug", "--plugin", "nginx"});
  EXPECT_EQ(unknown.code, 3);
  EXPECT_THAT(unknown.err, HasSubstr("no source and no sink is of plugin 'nginx'"));
  EXPECT_EQ(ask("log", {"general"}).code, 3);
}

TEST_F(Operator, AReloadAnswersWithWhatItFound) {
  EXPECT_EQ(ask("reload").code, 0);
  std::ofstream(drcon_->directory() / "drcon.toml", std::ios::app) << "nonsense = 1\n";
  const auto refused = ask("reload", {"--socket", socket().string()});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("drcon.toml:"));
  EXPECT_THAT(refused.err, HasSubstr("nonsense"));
}

TEST_F(Operator, TheJournalIsShownAndFollowed) {
  const auto shown = ask("journal");
  EXPECT_THAT(shown.out, HasSubstr("decided     pipeline web revision 1 (+3 -0 ~0) from hosts"));
  EXPECT_THAT(shown.out, HasSubstr("+web/10.0.0.3:80"));
  process follower({DRCON_BINARY, "journal", "-f", "--socket", socket().string()});
  ASSERT_TRUE(
      wait_until([&] { return follower.text().find("applied     sink page revision 1") != std::string::npos; }));
  set_hosts(4);
  EXPECT_TRUE(wait_until([&] { return follower.text().find("applied     sink page revision 2") != std::string::npos; }))
      << follower.text();
  drcon_->stop();
  EXPECT_TRUE(wait_until([&] { return follower.text().find("waiting for it") != std::string::npos; }));
  drcon_->start();
  EXPECT_TRUE(wait_until([&] { return follower.text().find("answers again") != std::string::npos; }))
      << follower.text();
  follower.terminate();
}

TEST_F(Operator, TopWithoutATerminalIsAStatus) { EXPECT_THAT(ask("top").out, HasSubstr("in sync")); }

// What stands in a target comes from a registry and from templates. script(1) gives the command a terminal.
TEST_F(Operator, TheContentOfATargetCannotSteerTheTerminal) {
  const std::string clears_the_screen = "\x1b[2J";
  start("", "", "watch = \"1h\"\n");  // so that the sink does not restore what is edited below
  write_file(drcon_->directory() / "page.mustache", clears_the_screen + "{{#services}}{{name}}{{/services}}\n");
  ASSERT_EQ(ask("reload").code, 0);
  ASSERT_TRUE(wait_until([&] { return read_file(drcon_->directory() / "page.conf") == clears_the_screen + "web\n"; }));
  const auto on_terminal = [&](const std::string& verb) {
    return run({"script", "-qec",
                std::string(DRCON_BINARY) + " " + verb + " -c " + (drcon_->directory() / "drcon.toml").string(),
                "/dev/null"})
        .out;
  };
  const auto rendered = on_terminal("render");
  EXPECT_THAT(rendered, HasSubstr("[2Jweb"));
  EXPECT_THAT(rendered, Not(HasSubstr(clears_the_screen)));
  EXPECT_THAT(ask("render").out, HasSubstr(clears_the_screen)) << "a file gets what the target would";
  ASSERT_EQ(drcon_->verb("pause", {"web"}).code, 0);
  // After its last answer the sink may compare its file once more, and put it back.
  std::string different;
  EXPECT_TRUE(wait_until([&] {
    write_file(drcon_->directory() / "page.conf", clears_the_screen + "other\n");
    different = on_terminal("diff web");
    return different.find("[2Jother") != std::string::npos;
  })) << different;
  EXPECT_THAT(different, Not(HasSubstr(clears_the_screen)));
}

// script(1) gives it a terminal.
TEST_F(Operator, TopIsLiveAndLeavesTheTerminalAsItWas) {
  const auto typed = drcon_->directory() / "typed";
  ASSERT_EQ(run({"mkfifo", typed.string()}).code, 0);
  process live({"/bin/sh", "-c",
                std::string("exec script -qec '") + DRCON_BINARY + " top --socket " + socket().string() +
                    "' /dev/null <> " + typed.string()});
  ASSERT_TRUE(wait_until([&] { return live.text().find("in sync") != std::string::npos; })) << live.text();
  set_hosts(4);
  EXPECT_TRUE(wait_until([&] { return live.text().find("4 of 4") != std::string::npos; })) << live.text();
  std::ofstream(typed) << "q" << std::flush;
  EXPECT_TRUE(wait_until([&] { return !live.running(); }));
  EXPECT_THAT(live.text(), HasSubstr("\x1b[?1049l")) << "the screen that was before comes back";
}

TEST(OperatorAlone, SaysThatNobodyListensAndWhatToDo) {
  const auto told = run({DRCON_BINARY, "status", "--socket", "/nowhere/admin.sock"});
  EXPECT_EQ(told.code, 3);
  EXPECT_THAT(told.err, HasSubstr("no drcon listens on /nowhere/admin.sock"));
  EXPECT_THAT(told.err, HasSubstr("--socket"));
}

TEST(OperatorAlone, SaysWhichLineIsMissingForASocket) {
  const temp_dir files;
  const auto file = files / "drcon.toml";
  write_file(file, "[source.hosts]\nplugin = \"file\"\npath = \"hosts.toml\"\n");
  const auto answer = run({DRCON_BINARY, "status", "-c", file.string()});
  EXPECT_EQ(answer.code, 3);
  EXPECT_THAT(answer.err, HasSubstr(file.string() + " has no [admin] socket: add the table [admin] with socket = \"" +
                                    (files / "admin.sock").string() + "\""));
}

TEST(OperatorAlone, SuggestsTheVerbThatWasMeant) {
  const auto answer = run({DRCON_BINARY, "chek"});
  EXPECT_EQ(answer.code, 2);
  EXPECT_THAT(answer.err, HasSubstr("there is no verb 'chek'; did you mean 'check'?"));
  EXPECT_EQ(run({DRCON_BINARY, "zzzzzzzz"}).code, 2);
}

TEST(OperatorAlone, SuggestsBelowTheFirstWordToo) {
  const auto said = [](const std::vector<std::string>& words) {
    auto argv = words;
    argv.insert(argv.begin(), DRCON_BINARY);
    const auto answer = run(argv);
    EXPECT_EQ(answer.code, 2) << answer.out;
    return answer.err;
  };
  EXPECT_EQ(said({"plugin", "nwe"}),
            "drcon: drcon plugin has no verb 'nwe'; did you mean 'new'?\n  help: drcon plugin --help\n");
  EXPECT_THAT(said({"plugins", "shwo", "nginx"}), HasSubstr("drcon plugins has no verb 'shwo'; did you mean 'show'?"));
  EXPECT_THAT(said({"journal", "--follo"}),
              HasSubstr("drcon journal has no option '--follo'; did you mean '--follow'?"));
  EXPECT_EQ(said({"explain"}), "drcon: PIPELINE is required\n  help: drcon explain --help\n");
}

// A script that asks for JSON need not read two shapes.
TEST(OperatorAlone, AWrongCommandLineIsJsonWhereThatIsAskedFor) {
  const auto answer = run({DRCON_BINARY, "explain", "--json"});
  EXPECT_EQ(answer.code, 2);
  EXPECT_EQ(answer.err, "");
  EXPECT_EQ(parsed_json(answer.out),
            (nlohmann::json{{"error", "PIPELINE is required"}, {"help", "drcon explain --help"}, {"code", "usage"}}));
  EXPECT_EQ(parsed_json(run({DRCON_BINARY, "chek", "--json"}).out)["code"], "usage");
}

}  // namespace
}  // namespace drcon::test
