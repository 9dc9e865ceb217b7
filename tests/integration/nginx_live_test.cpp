// The nginx sink in mode "live", against a real nginx: changes of servers without a reload.
#include "support/backend.hpp"
#include "support/consul_agent.hpp"
#include "support/drcon_process.hpp"
#include "support/nginx_server.hpp"
#include "support/plugin_harness.hpp"
#include "support/process.hpp"
#include "support/service_at.hpp"
#include "support/wait.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/ip/tcp.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <future>
#include <iostream>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace drcon::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string proxy =
    "server { listen 127.0.0.1:@PORT@; location / { proxy_pass http://web; proxy_connect_timeout 1s; } }";
using names = std::set<std::string>;

class NginxLive : public ::testing::Test {
protected:
  void SetUp() override { restart_with_lua(true); }

  void restart_with_lua(bool with_lua, int workers = 1) {
    nginx_.stop();
    nginx_.load_lua(with_lua, workers);
    nginx_.start();
  }
  sink_harness& sink(const std::string& more = {}) {
    const auto path = more.find("live_module") == std::string::npos ? "live_module = \"" + lua_module + "\"\n" : "";
    sink_ = std::make_unique<sink_harness>("nginx", nginx_.options() + "mode = \"live\"\n" + path + more);
    sink_->start();
    return *sink_;
  }
  // What a test needs before it can go on: a helper that fails ends the test, as an ASSERT_ within it would not.
  static void require(bool holds, const std::string& why) {
    if (!holds) throw std::runtime_error(why);
  }
  void require_applied(const outcome& how) const {
    require(how.result == DRCON_OK, "the change is not applied: " + how.why + "\n" + nginx_.log());
  }
  // The first change, which takes a reload, and a server block that passes requests to it.
  void serve_web(const std::vector<const backend*>& places, const std::string& more = {},
                 const std::string& server = proxy) {
    require_applied(sink(more).apply({service_at("web", places)}));
    const auto status = sink_->status().text;
    require(status.empty(), "the sink is not live: " + status);
    nginx_.serve(server);
    nginx_.replace_workers();
  }
  void change_to(const std::vector<const backend*>& places) {
    require_applied(sink_->apply({service_at("web", places)}));
  }
  names answering(int requests = 12) const { return answerers(nginx_.port(), requests); }
  void expect_no_reload_for_a_change_to(const backend& place) {
    const auto reloads = nginx_.reloads();
    change_to({&place});
    EXPECT_EQ(answering(), names{place.name()});
    EXPECT_EQ(nginx_.reloads(), reloads);
  }
  std::map<std::string, int> counted(int requests) const {
    std::map<std::string, int> all;
    for (int i = 0; i < requests; ++i) ++all[nginx_.get().body];
    return all;
  }
  bool answers(const std::string& body) const {
    return wait_until([&] { return nginx_.get().body == body; });
  }
  std::filesystem::path peers_file() const { return nginx_.file().parent_path() / ".drcon.conf.peers"; }
  std::filesystem::path socket() const { return nginx_.file().parent_path() / ".drcon.conf.live/socket"; }
  bool is_live() const { return sink_->status().state == DRCON_STATE_OK; }

  nginx_server nginx_;
  std::unique_ptr<sink_harness> sink_;
  backend a_{"a"};
  backend b_{"b"};
};

TEST_F(NginxLive, ServesChangedServersWithoutAReloadWhenItSaysSo) {
  serve_web({&a_});
  EXPECT_EQ(answering(), names{"a"});
  const auto reloads = nginx_.reloads();
  const auto workers = nginx_.workers();
  for (int i = 0; i < 20; ++i) {
    const auto& next = i % 2 == 0 ? b_ : a_;
    change_to({&next});
    EXPECT_EQ(answering(4), names{next.name()}) << "right after the answer, and alone";
  }
  change_to({&a_, &b_});
  EXPECT_EQ(answering(), (names{"a", "b"}));
  EXPECT_EQ(nginx_.reloads(), reloads);
  EXPECT_EQ(nginx_.workers(), workers);
}

TEST_F(NginxLive, EveryWorkerHasAChangeWhenItIsApplied) {
  restart_with_lua(true, 4);
  serve_web({&a_});
  for (int i = 0; i < 10; ++i) {
    const auto& next = i % 2 == 0 ? b_ : a_;
    change_to({&next});
    EXPECT_EQ(answering(24), names{next.name()});
  }
}

TEST_F(NginxLive, ANewServiceTakesOneReload) {
  serve_web({&a_});
  const auto reloads = nginx_.reloads();
  ASSERT_EQ(sink_->apply({service_at("more", {&b_}), service_at("web", {&a_})}).result, DRCON_OK);
  EXPECT_EQ(nginx_.reloads(), reloads + 1);
  ASSERT_EQ(sink_->apply({service_at("more", {&a_}), service_at("web", {&b_})}).result, DRCON_OK);
  EXPECT_EQ(nginx_.reloads(), reloads + 1);
  EXPECT_EQ(answering(), names{"b"});
  ASSERT_EQ(sink_->apply({service_at("web", {&a_})}).result, DRCON_OK);
  EXPECT_EQ(nginx_.reloads(), reloads + 2) << "the block of a service that is gone goes";
  EXPECT_EQ(answering(), names{"a"});
}

TEST_F(NginxLive, NotEvenANewServiceTakesAReloadWhereAVariableChoosesIt) {
  serve_web({&a_}, "live_upstreams = \"variable\"\n",
            "server { listen 127.0.0.1:@PORT@; location ~ ^/(?<drcon_service>[a-z]+)/ "
            "{ proxy_pass http://$drcon_upstream/; } }");
  EXPECT_EQ(nginx_.get("/web/").body, "a\n") << nginx_.log();
  const auto reloads = nginx_.reloads();
  EXPECT_EQ(nginx_.get("/more/").status, 502);
  ASSERT_EQ(sink_->apply({service_at("more", {&b_}), service_at("web", {&a_})}).result, DRCON_OK);
  EXPECT_EQ(nginx_.get("/more/").body, "b\n") << nginx_.log();
  EXPECT_EQ(nginx_.get("/web/").body, "a\n");
  ASSERT_EQ(sink_->apply({service_at("more", {&a_})}).result, DRCON_OK);
  EXPECT_EQ(nginx_.get("/more/").body, "a\n");
  EXPECT_EQ(nginx_.get("/web/").status, 502);
  EXPECT_EQ(nginx_.reloads(), reloads);
}

TEST_F(NginxLive, DoesNothingForWhatIsServedAlready) {
  serve_web({&a_});
  const auto before = read_file(peers_file());
  struct stat old {};
  ::stat(peers_file().c_str(), &old);
  change_to({&a_});
  ASSERT_EQ(sink_->reconcile().result, DRCON_OK);
  struct stat now {};
  ::stat(peers_file().c_str(), &now);
  EXPECT_EQ(read_file(peers_file()), before);
  EXPECT_EQ(now.st_ino, old.st_ino);
}

TEST_F(NginxLive, TakesNoReloadWhenDrconIsStartedAgain) {
  serve_web({&a_});
  change_to({&b_});
  const auto reloads = nginx_.reloads();
  change_to({&b_});
  sink_.reset();
  EXPECT_EQ(answering(), names{"b"}) << "without drcon everything goes on";
  ASSERT_EQ(sink().apply({service_at("web", {&b_})}).result, DRCON_OK);
  change_to({&a_});
  EXPECT_EQ(answering(), names{"a"});
  EXPECT_EQ(nginx_.reloads(), reloads);
}

// As during a reload of drcon, when the sink that is replaced has not ended.
TEST_F(NginxLive, WhileAnotherSinkHoldsTheFileItAppliesOnlyWhatThatOneSent) {
  serve_web({&a_}, "watch = \"50ms\"\n");
  auto first = std::move(sink_);
  sink("watch = \"50ms\"\n");
  ASSERT_EQ(sink_->apply({service_at("web", {&a_})}).result, DRCON_OK) << "nginx has these servers";
  const auto how = sink_->apply({service_at("web", {&b_})});
  EXPECT_EQ(how.result, DRCON_RETRY) << "nginx has the servers of the other sink";
  EXPECT_EQ(answering(), names{"a"});
  first.reset();
  change_to({&b_});
  EXPECT_EQ(answering(), names{"b"});
}

TEST_F(NginxLive, LearnsWhatAnotherSinkKeptOnceThatHasEnded) {
  serve_web({&a_});
  auto first = std::move(sink_);
  sink();
  ASSERT_EQ(sink_->apply({service_at("web", {&a_})}).result, DRCON_OK);
  ASSERT_EQ(first->apply({service_at("web", {&b_})}).result, DRCON_OK);
  first.reset();
  change_to({&a_});
  EXPECT_THAT(read_file(peers_file()), HasSubstr(":" + std::to_string(a_.port()) + " "));
  EXPECT_THAT(read_file(peers_file()), Not(HasSubstr(":" + std::to_string(b_.port()) + " ")));
  nginx_.stop();
  nginx_.start();
  EXPECT_EQ(answering(), names{"a"}) << "what the other sink kept is replaced";
}

// What a sink has applied it brings about again, as long as it is given nothing else.
TEST_F(NginxLive, BringsBackWhatItHasAppliedOnceAnotherSinkThatChangedItHasEnded) {
  serve_web({&a_});
  auto first = std::move(sink_);
  sink("watch = \"10ms\"\n");
  ASSERT_EQ(sink_->apply({service_at("web", {&a_})}).result, DRCON_OK);
  ASSERT_EQ(first->apply({service_at("web", {&b_})}).result, DRCON_OK);
  first.reset();
  EXPECT_TRUE(answers("a\n")) << sink_->status().text;
  EXPECT_EQ(answering(), names{"a"});
}

TEST_F(NginxLive, KeepsTheLastServersThatAnotherSinkSentOnceThatHasEnded) {
  serve_web({&a_});
  auto first = std::move(sink_);
  sink();
  ASSERT_EQ(sink_->apply({service_at("web", {&a_})}).result, DRCON_OK);
  // It would bring back what it has applied, and so takes the place of the other sink with a state that it has not.
  ASSERT_EQ(sink_->apply({service_at("web", {&b_})}).result, DRCON_RETRY);
  ASSERT_EQ(first->apply({service_at("web", {&b_})}).result, DRCON_OK);
  first.reset();
  ASSERT_EQ(sink_->apply({service_at("web", {})}).result, DRCON_OK);
  EXPECT_EQ(answering(), names{"b"});
}

TEST_F(NginxLive, WritesItsPeersAgainWhenTheyWereRemoved) {
  serve_web({&a_}, "watch = \"50ms\"\n");
  const auto before = read_file(peers_file());
  std::filesystem::remove(peers_file());
  EXPECT_TRUE(wait_until([&] { return std::filesystem::exists(peers_file()); }));
  EXPECT_EQ(read_file(peers_file()), before);
}

TEST_F(NginxLive, SpreadsRequestsByWeightSmoothly) {
  serve_web({&a_, &b_});
  auto web = service_at("web", {&a_, &b_});
  web.endpoints[0].weight = 3;
  ASSERT_EQ(sink_->apply({web}).result, DRCON_OK);
  const auto found = counted(40);
  EXPECT_EQ(found.at("a\n"), 30);
  EXPECT_EQ(found.at("b\n"), 10);
}

TEST_F(NginxLive, SendsNothingToServersOfWeightZeroOrBadHealthAndUsesBackupsLast) {
  const backend c("c");
  const backend d("d");
  serve_web({&a_});
  auto web = service_at("web", {&a_, &b_, &c, &d});
  web.endpoints[1].weight = 0;
  web.endpoints[2].health = health::critical;
  web.endpoints[3].priority = 5;
  ASSERT_EQ(sink_->apply({web}).result, DRCON_OK);
  EXPECT_EQ(answering(20), names{"a"});
  web.endpoints[0].health = health::maintenance;
  ASSERT_EQ(sink_->apply({web}).result, DRCON_OK);
  EXPECT_EQ(answering(20), names{"d"});
}

TEST_F(NginxLive, ReachesEndpointsOverIPv6) {
  const backend six("six", "::1");
  serve_web({&a_});
  change_to({&six});
  EXPECT_EQ(answering(), names{"six"});
}

TEST_F(NginxLive, LeavesOutHostileValuesAndServesTheRest) {
  serve_web({&a_});
  auto web = service_at("web", {&a_, &b_, &b_, &b_});
  web.endpoints[1] = {.id = "x", .node = "n", .address = "127.0.0.1 down; }", .port = 80, .tags = {}, .meta = {}};
  web.endpoints[2].address = "127.0.0.1\n127.0.0.1:9 1 0 u 0";
  web.endpoints[3].address = "some.host";
  auto evil = service_at("web\nservice other", {&b_});
  auto block = service_at("x\") os.exit() (\"", {&b_});
  ASSERT_EQ(sink_->apply({block, web, evil}).result, DRCON_OK);
  EXPECT_EQ(answering(), names{"a"});
  EXPECT_GE(sink_->refused().size(), 3U);
}

TEST_F(NginxLive, TriesAnotherServerWhenOneFailsAndLeavesItOutForATime) {
  serve_web({&a_, &b_});
  auto web = service_at("web", {&a_, &b_});
  web.endpoints[1].port = 1;  // nobody listens
  ASSERT_EQ(sink_->apply({web}).result, DRCON_OK);
  for (int i = 0; i < 30; ++i) EXPECT_EQ(nginx_.get().body, "a\n");
  const auto log = nginx_.log();
  int tries = 0;
  for (auto found = log.find("connect() failed"); found != std::string::npos;
       found = log.find("connect() failed", found + 1))
    ++tries;
  EXPECT_EQ(tries, 1) << "max_fails is 1 and fail_timeout 10s";
}

TEST_F(NginxLive, KeepsTheLastServersOfAnEmptyServiceAcrossARestart) {
  serve_web({&a_});
  change_to({&b_});
  ASSERT_EQ(sink_->apply({service_at("web", {})}).result, DRCON_OK);
  EXPECT_EQ(answering(), names{"b"});
  ASSERT_TRUE(wait_until([&] { return sink_->refused().size() == 1; }));
  sink_.reset();
  ASSERT_EQ(sink().apply({service_at("web", {})}).result, DRCON_OK);
  EXPECT_EQ(answering(), names{"b"}) << "those of the last change, not those of the last reload";
}

TEST_F(NginxLive, Answers503ForAnEmptyServiceWhenAsked) {
  serve_web({&a_}, "empty = \"503\"\n");
  ASSERT_EQ(sink_->apply({service_at("web", {})}).result, DRCON_OK);
  EXPECT_EQ(nginx_.get().status, 503);
  sink_.reset();
  ASSERT_EQ(sink().apply({service_at("web", {})}).result, DRCON_OK);
  EXPECT_EQ(nginx_.get().status, 502) << "what answered 503 was no server of it, to be kept now";
  change_to({&b_});
  EXPECT_EQ(answering(), names{"b"});
}

TEST_F(NginxLive, AnswersWithoutServersAsNginxDoes) {
  serve_web({&a_}, "empty = \"down server\"\n");
  ASSERT_EQ(sink_->apply({service_at("web", {})}).result, DRCON_OK);
  EXPECT_EQ(nginx_.get().status, 502);
}

TEST_F(NginxLive, EveryBalanceReachesEveryServer) {
  for (const auto* balance : {"least_conn", "random", "hash"}) {
    sink_.reset();
    serve_web({&a_, &b_}, "balance = \"" + std::string(balance) + "\"\nhash_key = \"$request_uri\"\n");
    names found;
    for (int i = 0; i < 64; ++i) found.insert(nginx_.get("/" + std::to_string(i)).body);
    EXPECT_EQ(found, (names{"a\n", "b\n"})) << balance;
  }
}

TEST_F(NginxLive, AKeyGoesToTheSameServerAndMovesOnlyWithIt) {
  const backend c("c");
  serve_web({&a_, &b_, &c}, "balance = \"hash\"\nhash_key = \"$request_uri\"\n");
  std::map<std::string, std::string> first;
  for (int i = 0; i < 60; ++i) first["/" + std::to_string(i)] = nginx_.get("/" + std::to_string(i)).body;
  for (const auto& [key, who] : first) EXPECT_EQ(nginx_.get(key).body, who);
  change_to({&a_, &b_});
  std::erase_if(first, [](const auto& each) { return each.second == "c\n"; });
  for (const auto& [key, who] : first) EXPECT_EQ(nginx_.get(key).body, who) << "its server is still there";
}

TEST_F(NginxLive, ANewServerStartsSlowly) {
  serve_web({&a_}, "slow_start = \"600s\"\n");
  change_to({&a_, &b_});
  const auto found = counted(40);
  EXPECT_GE(found.at("a\n"), 36) << "the share of one that is seconds old, of ten minutes";
  EXPECT_GE(found.contains("b\n") ? found.at("b\n") : 0, 0);
  sink_.reset();
  ASSERT_EQ(sink("slow_start = \"600s\"\n").apply({service_at("web", {&a_, &b_})}).result, DRCON_OK);
  nginx_.replace_workers();
  EXPECT_GE(counted(40).at("a\n"), 36) << "drcon and nginx may be started again meanwhile";
}

// ---- nginx is reloaded, restarted, killed, upgraded ----

TEST_F(NginxLive, AnNginxThatIsStartedAgainHasTheLastServersBeforeItsFirstRequest) {
  serve_web({&a_});
  change_to({&b_});
  sink_.reset();
  nginx_.stop();
  nginx_.start();
  EXPECT_EQ(answering(), names{"b"});
  nginx_.replace_workers();
  EXPECT_EQ(answering(), names{"b"});
}

TEST_F(NginxLive, AKilledNginxStartsAgainThoughItsSocketIsLeft) {
  serve_web({&a_});
  change_to({&b_});
  nginx_.kill9();
  ASSERT_TRUE(std::filesystem::exists(socket()));
  nginx_.start();
  EXPECT_EQ(answering(), names{"b"});
  change_to({&a_});
  EXPECT_EQ(answering(), names{"a"});
  EXPECT_EQ(sink_->status().text, "");
}

TEST_F(NginxLive, AKilledWorkerComesBackWithTheNewestServers) {
  restart_with_lua(true, 2);
  serve_web({&a_});
  for (int i = 0; i < 4; ++i) {
    const auto old = nginx_.workers();
    for (const auto pid : old) ::kill(pid, SIGKILL);
    const auto& next = i % 2 == 0 ? b_ : a_;
    change_to({&next});
    EXPECT_EQ(answering(), names{next.name()});
  }
}

TEST_F(NginxLive, AReloadByOthersLeavesNoWorkerBehind) {
  restart_with_lua(true, 2);
  serve_web({&a_});
  for (int i = 0; i < 5; ++i) {
    nginx_.reload();
    const auto& next = i % 2 == 0 ? b_ : a_;
    change_to({&next});
    EXPECT_EQ(answering(24), names{next.name()});
  }
}

TEST_F(NginxLive, DamagedPeersAreReportedByNginxAndTheIncludeFileServes) {
  serve_web({&a_});
  change_to({&b_});
  sink_.reset();
  nginx_.stop();
  write_file(peers_file(), read_file(peers_file()) + "x");
  nginx_.start();
  EXPECT_EQ(answering(), names{"a"}) << "as of the last reload";
  EXPECT_THAT(nginx_.log(), HasSubstr("is damaged or cut short; what is in the include file serves"));
  ASSERT_EQ(sink().apply({service_at("web", {&b_})}).result, DRCON_OK);
  EXPECT_EQ(answering(), names{"b"});
}

TEST_F(NginxLive, NoticesByItselfThatNginxHasOlderServers) {
  serve_web({&a_}, "watch = \"50ms\"\n");
  const auto old = read_file(peers_file());
  change_to({&b_});
  nginx_.stop();
  write_file(peers_file(), old);
  nginx_.start();
  EXPECT_TRUE(answers("b\n")) << sink_->status().text;
}

TEST_F(NginxLive, AWorkerThatDoesNotAnswerIsReportedAndTheChangeIsNotApplied) {
  restart_with_lua(true, 2);
  serve_web({&a_}, "confirm_timeout = \"300ms\"\n");
  const auto worker = *nginx_.workers().begin();
  ::kill(worker, SIGSTOP);
  const auto how = sink_->apply({service_at("web", {&b_})});
  EXPECT_EQ(how.result, DRCON_RETRY);
  EXPECT_THAT(how.why, HasSubstr(std::to_string(worker)));
  ::kill(worker, SIGCONT);
  change_to({&b_});
  EXPECT_EQ(answering(), names{"b"});
}

// A slow disk does that, too.
TEST_F(NginxLive, AStallOfNginxIsReportedAndTakesNoReload) {
  serve_web({&a_}, "watch = \"50ms\"\n");
  change_to({&b_});
  const auto reloads = nginx_.reloads();
  const auto workers = nginx_.workers();
  for (const auto each : workers) ::kill(each, SIGSTOP);
  EXPECT_TRUE(wait_until([&] { return sink_->status().text.find("does not answer on") != std::string::npos; }, 20s))
      << sink_->status().text;
  EXPECT_EQ(sink_->status().state, DRCON_STATE_DEGRADED);
  for (const auto each : workers) ::kill(each, SIGCONT);
  EXPECT_TRUE(wait_until([&] { return is_live(); })) << sink_->status().text;
  EXPECT_EQ(answering(), names{"b"});
  EXPECT_EQ(nginx_.reloads(), reloads);
  EXPECT_EQ(nginx_.workers(), workers);
  EXPECT_THAT(read_file(nginx_.file()), HasSubstr("lua"));
}

TEST_F(NginxLive, AChangeDuringAStallOfNginxTakesNoReloadAndIsServedAfterIt) {
  serve_web({&a_});
  change_to({&b_});
  const auto reloads = nginx_.reloads();
  const auto workers = nginx_.workers();
  for (const auto each : workers) ::kill(each, SIGSTOP);
  const auto how = sink_->apply({service_at("web", {&a_})});
  for (const auto each : workers) ::kill(each, SIGCONT);
  EXPECT_EQ(how.result, DRCON_RETRY);
  EXPECT_THAT(how.why, HasSubstr("does not answer on " + socket().string()));
  EXPECT_TRUE(answers("a\n")) << "nginx finds it without drcon";
  change_to({&a_});
  EXPECT_EQ(answering(), names{"a"});
  EXPECT_EQ(nginx_.reloads(), reloads);
  EXPECT_EQ(nginx_.workers(), workers);
  EXPECT_THAT(read_file(nginx_.file()), HasSubstr("lua"));
}

// The socket's own and one for each connection that nobody has accepted.
int sockets_at(const std::filesystem::path& path) {
  const auto all = read_file("/proc/net/unix");
  int count = 0;
  for (auto at = all.find(path.string()); at != std::string::npos; at = all.find(path.string(), at + 1)) ++count;
  return count;
}

TEST_F(NginxLive, AStallThatEndsAfterNginxWasSentTheServersTakesNoReload) {
  serve_web({&a_});
  change_to({&b_});
  const auto reloads = nginx_.reloads();
  const auto workers = nginx_.workers();
  for (const auto each : workers) ::kill(each, SIGSTOP);
  auto how = std::async(std::launch::async, [&] { return sink_->apply({service_at("web", {&a_})}); });
  EXPECT_TRUE(wait_until([&] { return sockets_at(socket()) >= 3; })) << "the second one asks what nginx has";
  for (const auto each : workers) ::kill(each, SIGCONT);
  const auto first = how.get();
  if (first.result != DRCON_OK) change_to({&a_});
  EXPECT_EQ(answering(), names{"a"});
  EXPECT_EQ(nginx_.reloads(), reloads) << first.why;
  EXPECT_EQ(nginx_.workers(), workers);
  EXPECT_THAT(read_file(nginx_.file()), HasSubstr("lua"));
}

TEST_F(NginxLive, ASinkThatStartsDuringAStallTakesNoReloadAndLeavesTheServersToIt) {
  serve_web({&a_});
  change_to({&b_});
  const auto reloads = nginx_.reloads();
  const auto workers = nginx_.workers();
  sink_.reset();
  for (const auto each : workers) ::kill(each, SIGSTOP);
  const auto how = sink().apply({service_at("web", {&a_})});
  for (const auto each : workers) ::kill(each, SIGCONT);
  EXPECT_EQ(how.result, DRCON_RETRY);
  EXPECT_THAT(how.why, HasSubstr("does not answer on drcon's listener"));
  EXPECT_TRUE(answers("a\n")) << "nginx finds it without drcon";
  change_to({&a_});
  EXPECT_EQ(nginx_.reloads(), reloads);
  EXPECT_EQ(nginx_.workers(), workers);
}

// nginx as an init system has it: it upgrades its binary only when it is a daemon, and was started by its path.
class as_daemon {
public:
  explicit as_daemon(nginx_server& nginx) : nginx_(nginx) {
    nginx_.stop();
    auto config = read_file(nginx_.config());
    config.replace(config.find("daemon off;"), 11, "daemon on;");
    write_file(nginx_.config(), config);
    start();
  }
  ~as_daemon() {
    for (const auto* ending : {"", ".oldbin"})
      if (const auto pid = master(ending)) ::kill(pid, SIGTERM);
  }
  as_daemon(const as_daemon&) = delete;
  as_daemon& operator=(const as_daemon&) = delete;

  // A port that the nginx -t of a sink holds meanwhile it tries again by itself.
  void start() const {
    if (call({}).code != 0 || !wait_until([this] { return workers().size() == 2; }))
      throw std::runtime_error("nginx does not start: " + nginx_.log());
  }
  // nginx, with `more` on its command line.
  run_result call(const std::vector<std::string>& more) const {
    std::vector<std::string> argv{"/usr/sbin/nginx", "-p", nginx_.prefix().string(), "-c", nginx_.config().string()};
    argv.insert(argv.end(), more.begin(), more.end());
    return run(argv);
  }
  // 0: there is none. `ending` .oldbin: the one from before an upgrade.
  pid_t master(const std::string& ending = {}) const {
    const auto text = read_file(nginx_.pid_file().string() + ending);
    const auto pid = static_cast<pid_t>(std::strtol(text.c_str(), nullptr, 10));
    return is_alive(pid) ? pid : 0;
  }
  std::set<pid_t> workers() const {
    const auto pid = std::to_string(master());
    std::istringstream listed(read_file("/proc/" + pid + "/task/" + pid + "/children"));
    std::set<pid_t> all;
    for (pid_t each = 0; listed >> each;) all.insert(each);
    return all;
  }
  // One whose end nobody has asked for has no command line any more.
  static bool is_alive(pid_t pid) { return pid > 0 && !read_file("/proc/" + std::to_string(pid) + "/cmdline").empty(); }
  // Two workers serve, and none of these.
  void wait_for_others_than(const std::set<pid_t>& old) const {
    const bool replaced = wait_until([&] {
      const auto now = workers();
      return now.size() == 2 && std::ranges::none_of(now, [&](pid_t each) { return old.contains(each); });
    });
    if (!replaced) throw std::runtime_error("nginx's workers are not replaced: " + nginx_.log());
  }
  // Another master beside the old one, whose pid comes back.
  pid_t upgrade() const {
    const auto old = master();
    ::kill(old, SIGUSR2);
    const bool upgraded = wait_until(
        [&] { return master(".oldbin") == old && master() != 0 && master() != old && workers().size() == 2; });
    if (!upgraded) throw std::runtime_error("nginx does not upgrade: " + nginx_.log());
    return old;
  }
  void wait_for_end_of(pid_t pid) const {
    if (!wait_until([&] { return !is_alive(pid); })) throw std::runtime_error("nginx does not end: " + nginx_.log());
  }

private:
  nginx_server& nginx_;
};

TEST_F(NginxLive, AnUpgradeOfItsBinaryLeavesNoWorkerBehind) {
  restart_with_lua(true, 2);
  serve_web({&a_});
  const as_daemon nginx(nginx_);
  ASSERT_TRUE(answers("a\n"));
  const auto old = nginx.upgrade();
  for (const auto* next : {&b_, &a_, &b_}) {
    change_to({next});
    EXPECT_TRUE(wait_until([&] { return answering(40) == names{next->name()}; }, 5s));
  }
  ::kill(old, SIGQUIT);
  nginx.wait_for_end_of(old);
  EXPECT_TRUE(std::filesystem::exists(socket()));
  change_to({&a_});
  EXPECT_EQ(answering(40), names{"a"});
}

// A client that keeps its connection, as browsers and proxies do. nginx may close that at any time between two
// requests, and as such a client does, it sends a request that got no byte of an answer again.
class keeping_client {
public:
  explicit keeping_client(std::uint16_t port) : port_(port) {}

  // The first line of the answer, or the status, when that is not 200; "lost" and "cut short" are no answers.
  std::string ask(const std::string& target) {
    for (int tries = 0; tries < 3; ++tries)
      if (auto said = exchange(target)) return *said;
    return "lost";
  }

private:
  // Nothing: no byte came.
  std::optional<std::string> exchange(const std::string& target) {
    namespace asio = boost::asio;
    if (!connection_) {
      connection_.emplace();
      connection_->expires_after(patience);
      connection_->connect(asio::ip::tcp::endpoint(asio::ip::make_address("127.0.0.1"), port_));
    }
    connection_->expires_after(patience);
    *connection_ << "GET " << target << " HTTP/1.1\r\nHost: test\r\n\r\n" << std::flush;
    std::string line;
    std::getline(*connection_, line);
    if (line.empty()) return hang_up(std::nullopt);
    const auto status = line.substr(0, line.find('\r')).substr(line.find(' ') + 1, 3);
    std::size_t size = 0;
    bool is_last = false;
    for (; std::getline(*connection_, line) && line != "\r";) {
      if (line.starts_with("Content-Length: ")) size = std::stoul(line.substr(16));
      if (line.starts_with("Connection: close")) is_last = true;
    }
    std::string body(size, ' ');
    connection_->read(body.data(), static_cast<std::streamsize>(size));
    if (!*connection_) return hang_up("cut short");
    const auto said = status == "200" ? body.substr(0, body.find('\n')) : status;
    return is_last ? hang_up(said) : said;
  }
  std::optional<std::string> hang_up(std::optional<std::string> said) {
    connection_.reset();
    return said;
  }

  std::uint16_t port_;
  std::optional<boost::asio::ip::tcp::iostream> connection_;
};

// Some hundred requests a second, in turns for a service of drcon's and for a static upstream of the same nginx.
class two_sorts_of_requests {
public:
  struct answers {
    std::map<std::string, int> live, fixed;  // what was said, how often
  };

  explicit two_sorts_of_requests(std::uint16_t port) {
    for (int i = 0; i < 4; ++i) clients_.emplace_back([this, port](const std::stop_token& stop) { go_on(port, stop); });
  }
  // Since it was asked last.
  answers heard() {
    const std::lock_guard lock(mutex_);
    return std::exchange(heard_, {});
  }

private:
  void go_on(std::uint16_t port, const std::stop_token& stop) {
    keeping_client client(port);
    while (!stop.stop_requested()) {
      auto live = client.ask("/");
      auto fixed = client.ask("/static");
      {
        const std::lock_guard lock(mutex_);
        ++heard_.live[std::move(live)];
        ++heard_.fixed[std::move(fixed)];
      }
      std::this_thread::sleep_for(5ms);  // no more load than is needed
    }
  }

  std::mutex mutex_;
  answers heard_;
  std::vector<std::jthread> clients_;
};

std::string in_words(const std::map<std::string, int>& heard) {
  std::string words;
  for (const auto& [what, count] : heard) words += " " + std::to_string(count) + " x " + what;
  return words;
}

class NginxLiveUnderLoad : public NginxLive {
protected:
  // nginx with a static upstream beside the service, and a file whose servers are none of the service's any more: a
  // worker that got a request before it had the last servers would send it there.
  void SetUp() override {
    NginxLive::SetUp();
    restart_with_lua(true, 2);
    serve_web({&outdated_}, "keepalive = 16\n",
              "upstream static { server 127.0.0.1:" + std::to_string(fixed_.port()) +
                  "; keepalive 16; }\n  proxy_http_version 1.1; proxy_set_header Connection \"\";\n"
                  "  server { listen 127.0.0.1:@PORT@; location / { proxy_pass http://web; }\n"
                  "    location /static { proxy_pass http://static; } }");
    change_to({&a_});
    daemon_ = std::make_unique<as_daemon>(nginx_);
  }
  // Changes follow each other as fast as they are applied; one that is not, as while nginx is away, is followed by the
  // next after a pause such as the host would make.
  std::jthread changes() {
    return std::jthread([this](const std::stop_token& stop) {
      for (int i = 0; !stop.stop_requested(); ++i) {
        const std::vector<const backend*> one{&b_}, two{&a_, &b_};
        const auto how = sink_->apply({service_at("web", i % 2 == 0 ? one : two)});
        if (how.result == DRCON_OK) ++applied_;
        else std::this_thread::sleep_for(100ms);
      }
    });
  }
  void wait_for_more_changes() {
    const auto before = applied_.load();
    require(wait_until([&] { return applied_ > before + 2; }), "no change is applied\n" + nginx_.log());
  }
  // While changes go on, `act` does something to nginx. `goes_away`: nobody listens for a while. Afterwards every
  // worker has the newest servers.
  void while_servers_change(const std::string& what, bool goes_away, const std::function<void()>& act) {
    SCOPED_TRACE(what);
    requests_->heard();
    {
      const auto going_on = changes();
      wait_for_more_changes();
      act();
    }
    const auto over = std::chrono::steady_clock::now();
    const auto& newest = std::exchange(turn_, !turn_) ? c_ : d_;
    EXPECT_TRUE(wait_until([&] { return sink_->apply({service_at("web", {&newest})}).result == DRCON_OK; }));
    EXPECT_TRUE(wait_until([&] { return answering(40) == names{newest.name()}; })) << nginx_.log();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - over;
    const auto heard = requests_->heard();
    std::cout << what << ": the newest servers after " << took.count() << " s; live" << in_words(heard.live)
              << "; static" << in_words(heard.fixed) << '\n';
    EXPECT_EQ(failed(heard.live, {"a", "b", "c", "d"}, goes_away), 0) << in_words(heard.live);
    EXPECT_EQ(failed(heard.fixed, {"static"}, goes_away), 0) << in_words(heard.fixed);
  }
  // A request that found nobody, or that died with the worker that had it, has nothing to do with an upstream.
  static int failed(const std::map<std::string, int>& heard, names good, bool goes_away) {
    if (goes_away) good.insert({"lost", "cut short"});
    int sum = 0;
    for (const auto& [what, count] : heard) sum += good.contains(what) ? 0 : count;
    return sum;
  }

  const backend c_{"c"};
  const backend d_{"d"};
  const backend fixed_{"static"};
  const backend outdated_{"outdated"};
  std::unique_ptr<as_daemon> daemon_;
  std::unique_ptr<two_sorts_of_requests> requests_;
  std::atomic<int> applied_ = 0;
  bool turn_ = false;
};

TEST_F(NginxLiveUnderLoad, NoRequestFailsThatAStaticUpstreamWouldHaveAnsweredWhateverHappensToNginx) {
  requests_ = std::make_unique<two_sorts_of_requests>(nginx_.port());
  const auto& nginx = *daemon_;
  int reloads = nginx_.reloads();
  for (int i = 0; i < 3; ++i)
    while_servers_change("nginx -s reload", false, [&] {
      const auto old = nginx.workers();
      ASSERT_EQ(nginx.call({"-s", "reload"}).code, 0);
      nginx.wait_for_others_than(old);
      ++reloads;
    });
  for (int i = 0; i < 3; ++i)
    while_servers_change("kill -9 of a worker", false, [&] {
      const auto worker = *nginx.workers().begin();
      ::kill(worker, SIGKILL);
      nginx.wait_for_others_than({worker});
    });
  for (int i = 0; i < 2; ++i)
    while_servers_change("an upgrade", false, [&] {
      const auto old = nginx.upgrade();
      wait_for_more_changes();
      ::kill(old, SIGQUIT);
      nginx.wait_for_end_of(old);
    });
  for (int i = 0; i < 2; ++i)
    while_servers_change("nginx -s quit, and a start", true, [&] {
      const auto master = nginx.master();
      ASSERT_EQ(nginx.call({"-s", "quit"}).code, 0);
      nginx.wait_for_end_of(master);
      nginx.start();
    });
  // What is left of an nginx without its master holds its ports, and goes on.
  for (int i = 0; i < 2; ++i)
    while_servers_change("kill -9 of the master, and a start", true, [&] {
      const auto orphans = nginx.workers();
      const auto master = nginx.master();
      ::kill(master, SIGKILL);
      nginx.wait_for_end_of(master);
      wait_for_more_changes();
      for (const auto each : orphans) ::kill(each, SIGKILL);
      for (const auto each : orphans) nginx.wait_for_end_of(each);
      nginx.start();
    });
  EXPECT_EQ(nginx_.reloads(), reloads) << "drcon adds none\n" << nginx_.log();
  EXPECT_EQ(sink_->status().text, "");
  EXPECT_THAT(nginx_.log(), Not(HasSubstr("runtime error")));
  EXPECT_THAT(nginx_.log(), Not(HasSubstr("signal 11")));
}

// A master that is shutting down listens no more, and waits for the last requests of its workers.
TEST_F(NginxLive, AnNginxThatIsStartedHasTheServersThatChangedWhileTheOneBeforeEnded) {
  serve_web({&a_});
  auto last_request = std::async(std::launch::async, [&] { return nginx_.get("/held").body; });
  ASSERT_TRUE(wait_until([&] { return a_.requests() > 0; }));
  ::kill(nginx_.master(), SIGQUIT);
  ASSERT_TRUE(wait_until([&] { return http("GET", nginx_.port(), "/", {}, {}, 1s).status == 0; }));
  const auto how = sink_->apply({service_at("web", {&b_})});
  EXPECT_EQ(how.result, DRCON_RETRY);
  EXPECT_THAT(how.why, HasSubstr("is about to end"));
  sink_.reset();
  a_.release();
  EXPECT_EQ(last_request.get(), "a\n");
  nginx_.stop();
  nginx_.start();
  EXPECT_EQ(answering(), names{"b"});
}

// Between the end of its last worker and its own, a master that shuts down has none.
TEST_F(NginxLive, AnNginxThatEndsIsNotReloadedWhenItsLastWorkerHasGone) {
  serve_web({&a_});
  const auto reloads = nginx_.reloads();
  const auto workers = nginx_.workers();
  auto last_request = std::async(std::launch::async, [&] { return nginx_.get("/held").body; });
  ASSERT_TRUE(wait_until([&] { return a_.requests() > 0; }));
  ::kill(nginx_.master(), SIGQUIT);
  ASSERT_TRUE(wait_until([&] { return http("GET", nginx_.port(), "/", {}, {}, 1s).status == 0; }));
  ::kill(nginx_.master(), SIGSTOP);
  a_.release();
  EXPECT_EQ(last_request.get(), "a\n");
  EXPECT_TRUE(
      wait_until([&] { return std::ranges::none_of(workers, [](pid_t each) { return as_daemon::is_alive(each); }); }));
  const auto how = sink_->apply({service_at("web", {&b_})});
  ::kill(nginx_.master(), SIGCONT);
  EXPECT_EQ(how.result, DRCON_RETRY);
  EXPECT_THAT(how.why, HasSubstr("is about to end"));
  nginx_.stop();
  EXPECT_EQ(nginx_.reloads(), reloads) << nginx_.log();
  nginx_.start();
  EXPECT_EQ(answering(), names{"b"});
}

// wrk keeps its connections, as browsers and proxies do: a reload would break them.
TEST_F(NginxLive, NoClientLosesARequestOrAConnectionWhileServersChange) {
  const backend c("c");
  restart_with_lua(true, 2);
  serve_web({&a_, &b_}, "keepalive = 16\n",
            "keepalive_requests 1000000; server { listen 127.0.0.1:@PORT@; location / { proxy_pass http://web; "
            "proxy_http_version 1.1; proxy_set_header Connection \"\"; } }");
  const auto reloads = nginx_.reloads();
  process wrk({"wrk", "-t1", "-c8", "-d5s", "http://127.0.0.1:" + std::to_string(nginx_.port()) + "/"},
              nginx_.prefix() / "wrk.log");
  int changes = 0;
  for (; wrk.running(); ++changes)
    change_to(changes % 3 == 0   ? std::vector<const backend*>{&a_, &c}
              : changes % 3 == 1 ? std::vector<const backend*>{&b_}
                                 : std::vector<const backend*>{&a_, &b_, &c});
  const auto report = read_file(nginx_.prefix() / "wrk.log");
  EXPECT_THAT(report, HasSubstr("requests in"));
  EXPECT_THAT(report, Not(HasSubstr("Socket errors"))) << changes << " changes";
  EXPECT_THAT(report, Not(HasSubstr("Non-2xx"))) << changes << " changes";
  EXPECT_GT(changes, 10);
  EXPECT_EQ(nginx_.reloads(), reloads);
}

// ---- under the program, with Consul ----

TEST_F(NginxLive, FollowsConsulThroughRestartsOfConsulAndKillsOfDrcon) {
  consul_agent consul;
  const auto add = [&](const backend& which, int weight = 1) {
    consul.add("web", "web-1", which.address(), which.port(), {{"Weights", {{"Passing", weight}, {"Warning", 1}}}});
  };
  add(a_);
  drcon_process drcon("[source.consul]\nplugin = \"consul-http\"\naddress = \"" + consul.url() +
                      "\"\nservice = [{ name = \"web\" }]\n[sink.edge]\nplugin = \"nginx\"\nmode = \"live\"\n"
                      "live_module = \"" +
                      lua_module + "\"\n" + nginx_.options() +
                      "[pipeline.web]\nsources = [\"consul\"]\nsinks = [\"edge\"]\n"
                      "brake = { hold = \"0s\" }\n");
  drcon.start();
  // Not before: the file of peers is there before nginx has the upstream that the next lines name.
  ASSERT_TRUE(wait_until([&] { return drcon.log().find("applied revision") != std::string::npos; })) << drcon.log();
  nginx_.serve(proxy);
  nginx_.replace_workers();
  ASSERT_TRUE(answers("a\n")) << drcon.log();
  const auto reloads = nginx_.reloads();
  add(b_, 5);
  EXPECT_TRUE(answers("b\n")) << drcon.log();
  consul.stop();
  EXPECT_EQ(answering(), names{"b"});
  consul.start(true);
  add(a_);
  EXPECT_TRUE(answers("a\n")) << drcon.log();
  for (int i = 0; i < 6; ++i) {
    const auto& next = i % 2 == 0 ? b_ : a_;
    const auto before = drcon.log().size();
    add(next);
    // At another step of the change each time: before it is known, while it is sent, when it is applied.
    static_cast<void>(wait_until([&] { return drcon.log().size() >= before + static_cast<std::size_t>(i) * 30; }, 1s));
    drcon.kill9();
    EXPECT_NE(nginx_.get().status, 502);
    drcon.start();
    EXPECT_TRUE(answers(next.name() + "\n")) << drcon.log();
  }
  EXPECT_EQ(nginx_.reloads(), reloads) << drcon.log();
  consul.maintenance("web-1", true);
  consul.add("web", "web-2", b_.address(), b_.port());
  EXPECT_TRUE(answers("b\n")) << drcon.log();
  EXPECT_TRUE(wait_until([&] { return answering() == names{"b"}; }));
  EXPECT_EQ(nginx_.reloads(), reloads) << drcon.log();
}

// ---- when it is not possible ----

TEST_F(NginxLive, GoesByFileAndReloadWithoutTheModuleAndIsLiveOnceItIsThere) {
  const auto copy = nginx_.prefix() / "drcon.lua";
  sink("watch = \"50ms\"\nlive_module = \"" + copy.string() + "\"\n");
  ASSERT_EQ(sink_->apply({service_at("web", {&a_})}).result, DRCON_OK);
  EXPECT_EQ(sink_->status().state, DRCON_STATE_DEGRADED);
  EXPECT_THAT(sink_->status().text, HasSubstr("mode \"live\" is not possible: cannot read " + copy.string()));
  nginx_.serve(proxy);
  nginx_.replace_workers();
  change_to({&b_});
  EXPECT_EQ(answering(), names{"b"});
  EXPECT_THAT(read_file(nginx_.file()), Not(HasSubstr("lua")));
  write_file(copy, read_file(lua_module));
  EXPECT_TRUE(wait_until([&] { return is_live(); })) << sink_->status().text;
  expect_no_reload_for_a_change_to(a_);
}

TEST_F(NginxLive, GoesByFileAndReloadWithAnNginxThatHasNoLua) {
  restart_with_lua(false);
  sink("watch = \"50ms\"\n");
  ASSERT_EQ(sink_->apply({service_at("web", {&a_})}).result, DRCON_OK);
  EXPECT_THAT(sink_->status().text, HasSubstr("unknown directive \"lua_shared_dict\""));
  EXPECT_THAT(sink_->status().text, HasSubstr("libnginx-mod-http-lua"));
  nginx_.serve(proxy);
  nginx_.replace_workers();
  change_to({&b_});
  EXPECT_EQ(answering(), names{"b"});
  restart_with_lua(true);
  EXPECT_TRUE(wait_until([&] { return is_live(); })) << sink_->status().text;
  expect_no_reload_for_a_change_to(a_);
}

// nginx serves what the file of peers has before it can be sent anything.
TEST_F(NginxLive, IsLiveAgainWithTheServersThatChangedMeanwhile) {
  const auto copy = nginx_.prefix() / "drcon.lua";
  write_file(copy, read_file(lua_module));
  serve_web({&a_}, "live_module = \"" + copy.string() + "\"\n");
  std::filesystem::remove(copy);
  change_to({&b_});
  EXPECT_EQ(answering(), names{"b"});
  EXPECT_THAT(read_file(nginx_.file()), Not(HasSubstr("lua")));
  auto refusing = read_file(lua_module);  // so that only the file of peers counts
  const std::string put = "[\"PUT /peers\"] = function()";
  refusing.replace(refusing.find(put), put.size(), put + " do return ngx.exit(500) end");
  write_file(copy, refusing);
  const auto how = sink_->apply({service_at("web", {&b_})});
  EXPECT_EQ(how.result, DRCON_OK) << how.why;
  EXPECT_THAT(read_file(peers_file()), HasSubstr(":" + std::to_string(b_.port()) + " "));
  EXPECT_THAT(read_file(peers_file()), Not(HasSubstr(":" + std::to_string(a_.port()) + " ")));
}

TEST_F(NginxLive, AnNginxThatIsStartedHasTheServersThatChangedWhileItWasDown) {
  serve_web({&a_});
  nginx_.stop();
  EXPECT_EQ(sink_->apply({service_at("web", {&b_})}).result, DRCON_RETRY);
  sink_.reset();
  nginx_.start();
  EXPECT_EQ(answering(), names{"b"});
}

// $drcon_service may be what a client sends.
TEST_F(NginxLive, ByFileAVariableChoosesServicesOnly) {
  const std::string long_name = "a-service." + std::string(150, 'x');
  nginx_.serve(
      "server { listen 127.0.0.1:@PORT@; location ~ ^/(?<drcon_service>[^/]+)/ "
      "{ proxy_pass http://$drcon_upstream/; } }");
  const auto how = sink("live_upstreams = \"variable\"\nlive_module = \"/nowhere/drcon.lua\"\n")
                       .apply({service_at(long_name, {&a_}), service_at("default", {&b_}), service_at("drcon", {&b_}),
                               service_at("web", {&a_})});
  ASSERT_EQ(how.result, DRCON_OK) << how.why << nginx_.log();
  EXPECT_THAT(sink_->status().text, HasSubstr("mode \"live\" is not possible"));
  EXPECT_EQ(nginx_.get("/web/").body, "a\n") << nginx_.log();
  EXPECT_EQ(nginx_.get("/" + long_name + "/").body, "a\n");
  EXPECT_EQ(nginx_.get("/default/").body, "b\n");
  EXPECT_EQ(nginx_.get("/drcon/").body, "b\n");
  const auto elsewhere = nginx_.get("/127.0.0.1:" + std::to_string(b_.port()) + "/");
  EXPECT_EQ(elsewhere.status, 502) << "a client must not choose where nginx connects to";
  EXPECT_EQ(nginx_.get("/other/").status, 502);
}

// Its file would keep nginx from being started again.
TEST_F(NginxLive, GivesNginxAFileThatItTakesWhenItsModuleIsRemoved) {
  serve_web({&a_}, "watch = \"50ms\"\n");
  change_to({&b_});
  nginx_.stop();
  nginx_.load_lua(false);
  EXPECT_TRUE(wait_until([&] { return read_file(nginx_.file()).find("lua") == std::string::npos; }))
      << sink_->status().text;
  nginx_.start();
  EXPECT_TRUE(answers("b\n"));
  EXPECT_TRUE(wait_until([&] {
    return sink_->status().text.find("mode \"live\" is not possible") != std::string::npos;
  })) << sink_->status().text;
}

TEST_F(NginxLive, IsLiveWhereNginxsMasterAloneJudges) {
  serve_web({&a_}, "check = \"master\"\nnginx = \"/bin/false\"\n");
  expect_no_reload_for_a_change_to(b_);
  ASSERT_EQ(sink_->apply({service_at("more", {&a_}), service_at("web", {&a_})}).result, DRCON_OK);
  EXPECT_EQ(answering(), names{"a"});
  EXPECT_EQ(sink_->status().text, "");
}

TEST_F(NginxLive, GoesByFileAndReloadWithAModuleOfAnotherVersion) {
  const auto copy = nginx_.prefix() / "drcon.lua";
  auto text = read_file(lua_module);
  text.replace(text.find("protocol = 1"), 12, "protocol = 9");
  write_file(copy, text);
  sink("live_module = \"" + copy.string() + "\"\n");
  const auto how = sink_->apply({service_at("web", {&a_})});
  ASSERT_EQ(how.result, DRCON_OK) << how.why;
  EXPECT_EQ(sink_->status().state, DRCON_STATE_DEGRADED);
  EXPECT_THAT(sink_->status().text, HasSubstr("could not load drcon.lua"));
  nginx_.serve(proxy);
  nginx_.replace_workers();
  EXPECT_EQ(answering(), names{"a"});
}

TEST_F(NginxLive, GoesByFileAndReloadWhenTheDictIsFull) {
  serve_web({&a_}, "live_dict = \"64KiB\"\n");
  auto web = service_at("web", {&a_});
  for (int i = 0; i < 4000; ++i)
    web.endpoints.push_back({.id = "e" + std::to_string(i),
                             .node = "n",
                             .address = "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1),
                             .port = 8080,
                             .weight = 0,
                             .tags = {},
                             .meta = {}});
  const auto how = sink_->apply({web});
  ASSERT_EQ(how.result, DRCON_OK) << how.why;
  EXPECT_THAT(sink_->status().text, HasSubstr("the dict is full"));
  EXPECT_TRUE(answers("a\n"));
}

TEST_F(NginxLive, WarnsBeforeTheDictIsFull) {
  serve_web({&a_}, "live_dict = \"64KiB\"\n");
  auto web = service_at("web", {&a_});
  for (int i = 0; i < 1000 && sink_->status().state == DRCON_STATE_OK; ++i) {
    for (int n = 0; n < 50; ++n)
      web.endpoints.push_back({.id = "e" + std::to_string(web.endpoints.size()),
                               .node = "n",
                               .address = "10.0." + std::to_string(i) + "." + std::to_string(n + 1),
                               .port = 8080,
                               .weight = 0,
                               .tags = {},
                               .meta = {}});
    ASSERT_EQ(sink_->apply({web}).result, DRCON_OK);
  }
  EXPECT_THAT(sink_->status().text, HasSubstr("raise live_dict"));
}

TEST_F(NginxLive, ALostSocketIsMadeAgainByReloads) {
  serve_web({&a_}, "watch = \"50ms\"\n");
  std::filesystem::remove(socket());
  change_to({&b_});
  EXPECT_EQ(answering(), names{"b"});
  EXPECT_TRUE(wait_until([&] { return is_live() && std::filesystem::exists(socket()); })) << sink_->status().text;
  expect_no_reload_for_a_change_to(a_);
}

TEST_F(NginxLive, TrustsNoDirectoryOfTheSocketThatOthersMayEnter) {
  std::filesystem::create_directory(socket().parent_path());
  std::filesystem::permissions(socket().parent_path(), std::filesystem::perms(0755));
  ASSERT_EQ(sink("watch = \"50ms\"\n").apply({service_at("web", {&a_})}).result, DRCON_OK);
  EXPECT_THAT(sink_->status().text, HasSubstr("its mode must be 0700"));
  std::filesystem::permissions(socket().parent_path(), std::filesystem::perms(0700));
  EXPECT_TRUE(wait_until([&] { return is_live(); })) << sink_->status().text;
}

TEST_F(NginxLive, ServesTheIncludeFileWhenTheModuleIsRemoved) {
  const auto copy = nginx_.prefix() / "drcon.lua";
  write_file(copy, read_file(lua_module));
  serve_web({&a_}, "live_module = \"" + copy.string() + "\"\n");
  change_to({&b_});
  sink_.reset();
  std::filesystem::remove(copy);
  nginx_.stop();
  nginx_.start();
  EXPECT_EQ(answering(), names{"a"});
}

TEST_F(NginxLive, GoesBackToReloadsWhenTheModeIsChanged) {
  serve_web({&a_});
  change_to({&b_});
  sink_ = std::make_unique<sink_harness>("nginx", nginx_.options());
  sink_->start();
  change_to({&b_});
  EXPECT_THAT(read_file(nginx_.file()), Not(HasSubstr("lua")));
  EXPECT_EQ(answering(), names{"b"});
  EXPECT_FALSE(std::filesystem::exists(socket()));
}

TEST_F(NginxLive, KeepsTheLastServersOfAnEmptyServiceWhenTheModeIsChanged) {
  serve_web({&a_});
  change_to({&b_});
  sink_ = std::make_unique<sink_harness>("nginx", nginx_.options());
  sink_->start();
  ASSERT_EQ(sink_->apply({service_at("web", {})}).result, DRCON_OK);
  EXPECT_THAT(read_file(nginx_.file()), Not(HasSubstr("lua")));
  EXPECT_EQ(answering(), names{"b"}) << "those of the last change, not those of the last reload";
}

// ---- what it shows ----

TEST_F(NginxLive, ShowsRequestsAndFailuresOfEachEndpoint) {
  serve_web({&a_, &b_}, "watch = \"50ms\"\n");
  auto web = service_at("web", {&a_, &b_});
  web.endpoints[1].port = 1;
  ASSERT_EQ(sink_->apply({web}).result, DRCON_OK);
  const auto labels = "{endpoint=\"" + a_.address() + ":" + std::to_string(a_.port()) +
                      "\",kind=\"sink\",name=\"test\",service=\"web\"} ";
  EXPECT_TRUE(wait_until([&] {
    nginx_.get();
    return sink_->metrics().find("drcon_nginx_live_requests_total" + labels) != std::string::npos;
  })) << sink_->metrics();
  EXPECT_TRUE(wait_until([&] {
    return sink_->metrics().find("drcon_nginx_live_failures_total{endpoint=\"127.0.0.1:1\"") != std::string::npos;
  })) << sink_->metrics();
  EXPECT_THAT(sink_->metrics(), HasSubstr("drcon_nginx_live_active_requests" + labels));
  // A client has its answer before nginx has noted that the request is over.
  const auto all_are_over = ::testing::ContainsRegex("web 127.0.0.1:" + std::to_string(a_.port()) +
                                                     " version [0-9]+: [0-9]+ requests, 0 failed, 0 open\n");
  ASSERT_TRUE(wait_until([&] { return ::testing::Value(sink_->render({web}).at(2).wanted, all_are_over); }));
  const auto shown = sink_->render({web});
  ASSERT_EQ(shown.size(), 3U) << "drcon explain shows the lines of an endpoint";
  EXPECT_EQ(shown[2].live, shown[2].wanted) << "nothing of it is to be changed";
  EXPECT_THAT(sink_->metrics(), HasSubstr("drcon_nginx_live_version{kind=\"sink\",name=\"test\"} "));
}

// The workers' counts are missing for a time when nginx stalls, and when nobody has asked for them for a minute.
TEST_F(NginxLive, CountsNothingTwiceWhenItGotNoCountsForATime) {
  const auto copy = nginx_.prefix() / "drcon.lua";
  const auto gap = nginx_.prefix() / "gap";
  const auto seen = nginx_.prefix() / "seen";
  const std::string start = "[\"GET /statistics\"] = function() ";
  auto text = read_file(lua_module);
  text.replace(text.find(start), start.size(),
               start + "local gap = io.open('" + gap.string() + "') if gap then io.open('" + seen.string() +
                   "', 'w'):close() return ngx.exit(tonumber(gap:read('*a'))) end ");
  write_file(copy, text);
  serve_web({&a_}, "watch = \"50ms\"\nlive_module = \"" + copy.string() + "\"\n");
  int requests = 0;
  const auto counts_one_more = [&] {
    EXPECT_EQ(nginx_.get().status, 200);
    const auto expected = "drcon_nginx_live_requests_total{endpoint=\"" + a_.address() + ":" +
                          std::to_string(a_.port()) + "\",kind=\"sink\",name=\"test\",service=\"web\"} " +
                          std::to_string(++requests) + "\n";
    return wait_until([&] { return sink_->metrics().find(expected) != std::string::npos; });
  };
  EXPECT_TRUE(counts_one_more()) << sink_->metrics();
  for (const auto* status : {"500", "200"}) {  // no answer, and one that has no counts
    write_file(gap, status);
    EXPECT_TRUE(wait_until([&] { return std::filesystem::exists(seen); }));
    std::filesystem::remove(gap);
    std::filesystem::remove(seen);
    EXPECT_TRUE(counts_one_more()) << status << sink_->metrics();
  }
}

TEST_F(NginxLive, RendersExactlyWhatItWouldWriteAndTouchesNothing) {
  sink();
  const auto shown = sink_->render({service_at("web", {&a_})});
  ASSERT_EQ(shown.size(), 2U);
  EXPECT_THAT(shown[0].wanted, HasSubstr("upstream web {"));
  EXPECT_THAT(shown[1].wanted, HasSubstr("127.0.0.1:" + std::to_string(a_.port()) + " 1 0 u 0\n"));
  EXPECT_FALSE(std::filesystem::exists(peers_file()));
  ASSERT_EQ(sink_->apply({service_at("web", {&a_})}).result, DRCON_OK);
  EXPECT_THAT(read_file(peers_file()), HasSubstr(shown[1].wanted));
}

TEST_F(NginxLive, RefusesOptionsThatContradictTheMode) {
  for (const auto* each :
       {"host_names = \"pass\"\n", "balance = \"ip_hash\"\n", "live_dict = \"1KiB\"\n", "slow_start = \"1500ms\"\n"})
    EXPECT_THROW(sink_harness("nginx", nginx_.options() + "mode = \"live\"\n" + each), std::exception) << each;
  EXPECT_THROW(sink_harness("nginx", nginx_.options() + "slow_start = \"5s\"\n"), std::exception);
}

}  // namespace
}  // namespace drcon::test
