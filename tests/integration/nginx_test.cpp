// The nginx sink against a real nginx.
#include "nginx/program_version.hpp"
#include "support/backend.hpp"
#include "support/fake_plugins.hpp"
#include "support/nginx_server.hpp"
#include "support/plugin_harness.hpp"
#include "support/ports.hpp"
#include "support/service_at.hpp"
#include "support/wait.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <future>
#include <set>

namespace drcon::test {
namespace {

const std::string proxying =
    "server { listen 127.0.0.1:@PORT@; location / { proxy_pass http://web; proxy_connect_timeout 1s; } }";

class NginxSink : public ::testing::Test {
protected:
  sink_harness& sink(const std::string& more = {}) {
    sink_ = std::make_unique<sink_harness>("nginx", nginx_.options() + more);
    sink_->start();
    return *sink_;
  }
  std::string template_option(const std::string& text) const {
    write_file(nginx_.prefix() / "form.mustache", text);
    return "template = \"" + (nginx_.prefix() / "form.mustache").string() + "\"\n";
  }
  // nginx starts with a server block that needs the upstream, so the file must be there first.
  void serve_web() {
    nginx_.serve(proxying);
    nginx_.replace_workers();
  }
  bool answers(const std::string& body) const {
    return wait_until([&] { return nginx_.get().body == body; });
  }
  bool answers(int status) const {
    return wait_until([&] { return nginx_.get().status == status; });
  }
  std::string file() const { return read_file(nginx_.file()); }
  // The workers when those of earlier generations have ended.
  std::set<pid_t> serving_workers() const {
    EXPECT_TRUE(wait_until([this] { return nginx_.workers().size() == 1; }));
    return nginx_.workers();
  }

  nginx_server nginx_;
  std::unique_ptr<sink_harness> sink_;
  backend a_{"a"};
  backend b_{"b"};
};

// Anybody who may register a service can give it the name of an upstream that the configuration has.
TEST_F(NginxSink, LeavesOutAServiceThatNginxHasAnUpstreamOfAndGoesOn) {
  nginx_.serve("upstream Mine { server 127.0.0.1:1; }");
  nginx_.reload();
  ASSERT_EQ(sink().apply({service_at("web", {&a_})}).result, DRCON_OK);
  const auto both = [&](const backend& web) {
    return sink_->apply({service_at("mine", {&b_}), service_at("web", {&web})});
  };
  for (const auto* each : {&a_, &b_, &a_}) {
    const auto how = both(*each);
    EXPECT_EQ(how.result, DRCON_OK) << how.why;
    EXPECT_NE(file().find(std::to_string(each->port())), std::string::npos) << file();
    EXPECT_EQ(file().find("upstream mine"), std::string::npos);
  }
  ASSERT_EQ(sink_->reconcile().result, DRCON_OK);
  ASSERT_EQ(sink_->refused().size(), 1U);
  EXPECT_EQ(sink_->refused()[0].service, "mine");
  EXPECT_NE(sink_->refused()[0].why.find("duplicate upstream"), std::string::npos);
  EXPECT_NE(sink_->status().text.find("left out mine"), std::string::npos) << sink_->status().text;
  nginx_.serve("");
  ASSERT_EQ(sink_->reconcile().result, DRCON_OK) << "the configuration has it no more";
  EXPECT_NE(file().find("upstream mine"), std::string::npos);
  EXPECT_EQ(sink_->status().text, "");
}

// The master's refusal has no text, so that the configuration is read.
TEST_F(NginxSink, LeavesOutAServiceThatNginxHasAnUpstreamOfWhenTheMasterJudges) {
  const auto more = nginx_.prefix() / "more.conf";
  write_file(more, "upstream Mine { server 127.0.0.1:1; } # upstream web { }\n");
  nginx_.serve("include " + more.string() + ";");
  nginx_.reload();
  sink("check = \"master\"\nnginx = \"/bin/false\"\n");
  ASSERT_EQ(sink_->apply({service_at("web", {&a_})}).result, DRCON_OK);
  const auto how = sink_->apply({service_at("mine", {&b_}), service_at("web", {&b_})});
  EXPECT_EQ(how.result, DRCON_OK) << how.why;
  EXPECT_NE(file().find("upstream web"), std::string::npos);
  EXPECT_NE(file().find(std::to_string(b_.port())), std::string::npos) << file();
  EXPECT_EQ(file().find("upstream mine"), std::string::npos);
  ASSERT_EQ(sink_->refused().size(), 1U);
  EXPECT_EQ(sink_->refused()[0].service, "mine");
  EXPECT_NE(sink_->refused()[0].why.find("duplicate upstream"), std::string::npos) << sink_->refused()[0].why;
  write_file(more, "");
  ASSERT_EQ(sink_->reconcile().result, DRCON_OK) << "the configuration has it no more";
  EXPECT_NE(file().find("upstream mine"), std::string::npos);
}

// proxy_pass http://localhost:3000 means a host, until somebody registers a service of that name.
TEST_F(NginxSink, LeavesOutAServiceWithTheNameOfAHostOfNginxsOwn) {
  nginx_.serve("server { listen 127.0.0.1:@PORT@; location / { proxy_pass http://localhost:3000; } }");
  nginx_.reload();
  for (const auto* options : {"", "check = \"master\"\nnginx = \"/bin/false\"\n"}) {
    sink_.reset();
    sink(options);
    ASSERT_EQ(sink_->apply({service_at("web", {&a_})}).result, DRCON_OK);
    const auto how = sink_->apply({service_at("localhost", {&a_}), service_at("web", {&b_})});
    EXPECT_EQ(how.result, DRCON_OK) << how.why;
    EXPECT_NE(file().find(std::to_string(b_.port())), std::string::npos) << file();
    ASSERT_EQ(sink_->refused().size(), 1U) << options;
    EXPECT_EQ(sink_->refused()[0].service, "localhost");
  }
}

TEST_F(NginxSink, LeavesOutOnlyTheHostNamesThatDoNotResolve) {
  auto web = service_at("web", {&a_, &b_});
  web.endpoints[0].address = "localhost";
  web.endpoints[1].address = "no-such-host.invalid";
  auto api = service_at("api", {&b_});
  api.endpoints[0].address = "No-Such-Host.invalid";
  const auto how = sink("host_names = \"pass\"\n").apply({api, service_at("other", {&a_}), web});
  EXPECT_EQ(how.result, DRCON_OK) << how.why;
  EXPECT_NE(file().find("server localhost:"), std::string::npos) << file();
  EXPECT_NE(file().find("upstream other"), std::string::npos) << file();
  EXPECT_EQ(file().find("invalid:"), std::string::npos) << file();
  EXPECT_NE(sink_->status().text.find("left out 2 endpoints whose host name does not resolve"), std::string::npos)
      << sink_->status().text;
}

// nginx -t names one name at a time, and may wait for the resolver for seconds at each. That is how some are found, for
// at most 10 s. Here it takes no time: the words are nginx's, and the resolver is not asked.
TEST_F(NginxSink, AsksNginxOnlySomeTimesForManyHostNamesThatDoNotResolve) {
  const auto quick = nginx_.prefix() / "quick";
  write_file(quick,
             "#!/bin/sh\nfor each in \"$@\"; do\n  [ \"$each\" = -t ] || continue\n"
             "  name=$(grep -o 'n[0-9]*[.]invalid:[0-9]*' " +
                 nginx_.file().string() +
                 " | head -n 1)\n"
                 "  [ -z \"$name\" ] && continue\n"
                 "  echo \"nginx: [emerg] host not found in upstream \\\"$name\\\" in " +
                 nginx_.file().string() + ":4\" >&2\n  exit 1\ndone\nexec nginx \"$@\"\n");
  std::filesystem::permissions(quick, std::filesystem::perms(0755));
  auto web = service_at("web", {&a_});
  for (int i = 0; i < 60; ++i) {
    web.endpoints.push_back(web.endpoints.front());
    web.endpoints.back().id = "n" + std::to_string(i);
    web.endpoints.back().address = "n" + std::to_string(i) + ".invalid";
  }
  web.endpoints.front().address = "localhost";
  const auto how = sink("host_names = \"pass\"\nnginx = \"" + quick.string() + "\"\n").apply({web});
  ASSERT_EQ(how.result, DRCON_OK) << how.why;
  EXPECT_NE(file().find("server localhost:"), std::string::npos) << file();
  EXPECT_NE(sink_->status().text.find("left out 60 endpoints whose host name does not resolve"), std::string::npos)
      << sink_->status().text;
  EXPECT_NE(sink_->metrics().find("drcon_nginx_checks_failed_total{kind=\"sink\",name=\"test\"} 21\n"),
            std::string::npos)
      << "20 are named one by one, and all others are looked up then: " << sink_->metrics();
}

// Such a resolver makes nginx -t take longer than it may.
TEST_F(NginxSink, LeavesOutHostNamesThatKeepNginxFromAnswering) {
  const auto slow = nginx_.prefix() / "slow";
  write_file(slow, "#!/bin/sh\ngrep -q 'silent[.]invalid' " + nginx_.file().string() +
                       " && exec sleep 1000\nexec nginx \"$@\"\n");
  std::filesystem::permissions(slow, std::filesystem::perms(0755));
  auto web = service_at("web", {&a_, &b_});
  web.endpoints[1].address = "silent.invalid";
  const auto how =
      sink("host_names = \"pass\"\ncheck_timeout = \"3s\"\nnginx = \"" + slow.string() + "\"\n").apply({web});
  EXPECT_EQ(how.result, DRCON_OK) << how.why;
  EXPECT_NE(file().find("server " + a_.address() + ":"), std::string::npos) << file();
  EXPECT_EQ(file().find("silent.invalid"), std::string::npos) << file();
  ASSERT_FALSE(sink_->refused().empty());
  EXPECT_EQ(sink_->refused()[0].endpoint, web.endpoints[1].id);
}

// nginx -t refuses the old file then as well, which is no better.
TEST_F(NginxSink, LeavesOutAHostNameThatHasResolvedBefore) {
  sink("host_names = \"pass\"\n");
  auto web = service_at("web", {&a_, &b_});
  web.endpoints[1].address = "localhost";
  ASSERT_EQ(sink_->apply({web}).result, DRCON_OK);
  auto old = file();
  for (auto at = old.find("localhost:"); at != std::string::npos; at = old.find("localhost:", at))
    old.replace(at, 10, "gone.invalid:");
  write_file(nginx_.file(), old);
  web.endpoints[1].address = "gone.invalid";
  const auto how = sink_->apply({service_at("other", {&a_}), web});
  EXPECT_EQ(how.result, DRCON_OK) << how.why;
  EXPECT_NE(file().find("upstream other"), std::string::npos) << file();
  EXPECT_EQ(file().find("gone.invalid:"), std::string::npos) << file();
}

TEST_F(NginxSink, WritesNoFileThatAnotherSinkWrites) {
  ASSERT_EQ(sink().apply({service_at("web", {&a_})}).result, DRCON_OK);
  const auto before = file();
  sink_harness other("nginx", nginx_.options());
  other.start();
  const auto how = other.apply({service_at("web", {&b_})});
  EXPECT_EQ(how.result, DRCON_RETRY);
  EXPECT_NE(how.why.find("is written by pid " + std::to_string(::getpid())), std::string::npos) << how.why;
  EXPECT_EQ(file(), before);
  EXPECT_EQ(other.apply({service_at("web", {&a_})}).result, DRCON_OK) << "there is nothing to write";
  EXPECT_THAT(other.status().text, ::testing::HasSubstr("the next change will fail: "));
  sink_.reset();
  EXPECT_EQ(other.apply({service_at("web", {&b_})}).result, DRCON_OK);
}

TEST_F(NginxSink, ServesWhatItAppliedWhenItSaysSo) {
  const auto how = sink().apply({service_at("web", {&a_})});
  ASSERT_EQ(how.result, DRCON_OK) << how.why;
  serve_web();
  EXPECT_TRUE(answers("a\n"));
  for (int i = 0; i < 5; ++i) {
    const auto& to = i % 2 == 0 ? b_ : a_;
    ASSERT_EQ(sink_->apply({service_at("web", {&to})}).result, DRCON_OK);
    for (int n = 0; n < 10; ++n) EXPECT_EQ(nginx_.get().body, to.name() + "\n") << "right after the answer, and alone";
  }
}

TEST_F(NginxSink, DoesNothingForWhatIsServedAlready) {
  ASSERT_EQ(sink().apply({service_at("web", {&a_})}).result, DRCON_OK);
  const auto workers = serving_workers();
  struct stat before {};
  ::stat(nginx_.file().c_str(), &before);
  ASSERT_EQ(sink_->apply({service_at("web", {&a_})}).result, DRCON_OK);
  ASSERT_EQ(sink_->reconcile().result, DRCON_OK);
  struct stat after {};
  ::stat(nginx_.file().c_str(), &after);
  EXPECT_EQ(before.st_ino, after.st_ino);
  EXPECT_EQ(nginx_.workers(), workers);
  EXPECT_EQ(nginx_.reloads(), 1);
}

TEST_F(NginxSink, KeepsTheOldFileWhenNginxRefusesTheNewOne) {
  write_file(nginx_.prefix() / "t.mustache",
             "{{#services}}upstream {{name}} { {{#endpoints}}server {{server}} {{meta.extra}};{{/endpoints}} "
             "}\n{{/services}}");
  sink("template = \"" + (nginx_.prefix() / "t.mustache").string() + "\"\n");
  auto good = service_at("web", {&a_});
  good.endpoints[0].meta["extra"] = "weight=2";
  ASSERT_EQ(sink_->apply({good}).result, DRCON_OK);
  const auto before = file();
  auto bad = good;
  bad.endpoints[0].meta["extra"] = "no_such_parameter";
  const auto how = sink_->apply({bad});
  EXPECT_EQ(how.result, DRCON_REJECTED);
  EXPECT_NE(how.why.find("no_such_parameter"), std::string::npos) << how.why;
  EXPECT_EQ(file(), before);
  EXPECT_EQ(nginx_.reloads(), 1);
}

// Where only servers differ the signal goes before nginx -t: nginx's master must be the one that keeps its workers.
TEST_F(NginxSink, LosesNothingWhenNginxRefusesAChangeOfServersOnly) {
  sink("host_names = \"pass\"\n");
  ASSERT_EQ(sink_->apply({service_at("web", {&a_})}).result, DRCON_OK);
  serve_web();
  auto bad = service_at("web", {&a_});
  bad.endpoints[0].address = "no-such-host.invalid";
  const auto how = sink_->apply({bad});
  EXPECT_EQ(how.result, DRCON_OK) << how.why;
  EXPECT_NE(sink_->metrics().find("drcon_nginx_rollbacks_total{kind=\"sink\",name=\"test\"} 1\n"), std::string::npos)
      << "the old file was put back before the name was left out: " << sink_->metrics();
  ASSERT_FALSE(sink_->refused().empty());
  EXPECT_EQ(sink_->refused()[0].endpoint, bad.endpoints[0].id);
  EXPECT_NE(sink_->refused()[0].why.find("no-such-host.invalid"), std::string::npos) << sink_->refused()[0].why;
  EXPECT_NE(file().find("server " + a_.address() + ":" + std::to_string(a_.port())), std::string::npos) << file();
  EXPECT_EQ(nginx_.get().body, "a\n");
  ASSERT_EQ(sink_->apply({service_at("web", {&b_})}).result, DRCON_OK);
  EXPECT_EQ(nginx_.get().body, "b\n");
}

TEST_F(NginxSink, HasNginxJudgeAChangeOfShapeBeforeItIsSignalled) {
  ASSERT_EQ(sink().apply({service_at("web", {&a_})}).result, DRCON_OK);
  nginx_.break_config();
  EXPECT_EQ(sink_->apply({service_at("web", {&a_}), service_at("more", {&b_})}).result, DRCON_RETRY);
  EXPECT_EQ(nginx_.reloads(), 1);
}

TEST_F(NginxSink, PutsTheOldFileBackWhenTheNewOneNeverServes) {
  const auto port = free_port();
  const backend squatter("squatter");
  write_file(nginx_.prefix() / "t.mustache",
             "{{#services}}upstream {{name}} { {{#endpoints}}server {{server}};{{/endpoints}} }\n{{#endpoints}}server "
             "{ listen 127.0.0.1:{{meta.listen}}; }{{/endpoints}}\n{{/services}}");
  auto good = service_at("web", {&a_});
  good.endpoints[0].meta["listen"] = std::to_string(port);
  ASSERT_EQ(sink("template = \"" + (nginx_.prefix() / "t.mustache").string() + "\"\n").apply({good}).result, DRCON_OK);
  const auto before = file();
  // nginx -t passes, but the reload fails: the port is somebody else's.
  auto taken = good;
  taken.endpoints[0].meta["listen"] = std::to_string(squatter.port());
  const auto how = sink_->apply({taken});
  EXPECT_EQ(how.result, DRCON_RETRY) << "nginx -t finds no fault in it";
  EXPECT_EQ(file(), before);
  EXPECT_TRUE(wait_until([&] { return sink_->apply({good}).result == DRCON_OK; }));
}

TEST_F(NginxSink, SaysThatNginxDoesNotIncludeTheFile) {
  auto elsewhere = nginx_.options("drcon.conf");
  elsewhere.replace(elsewhere.find("conf.d/drcon.conf"), 17, "other/drcon.conf");
  std::filesystem::create_directories(nginx_.prefix() / "other");
  sink_harness lost("nginx", elsewhere + "confirm_timeout = \"300ms\"\n");
  lost.start();
  const auto how = lost.apply({service_at("web", {&a_})});
  EXPECT_NE(how.result, DRCON_OK);
  EXPECT_NE(how.why.find("does not include"), std::string::npos) << how.why;
}

TEST_F(NginxSink, KeepsTheLastServersOfAnEmptyServiceAcrossARestart) {
  ASSERT_EQ(sink().apply({service_at("web", {&a_})}).result, DRCON_OK);
  serve_web();
  EXPECT_TRUE(sink_->refused().empty());
  ASSERT_EQ(sink_->apply({service_at("web", {})}).result, DRCON_OK);
  EXPECT_TRUE(answers("a\n"));
  ASSERT_TRUE(wait_until([&] { return sink_->refused().size() == 1; }));
  EXPECT_EQ(sink_->refused()[0].service, "web");
  EXPECT_EQ(sink_->refused()[0].why, "service web has no usable endpoints; its last servers are kept");
  EXPECT_NE(sink_->metrics().find("drcon_nginx_kept_services{kind=\"sink\",name=\"test\"} 1"), std::string::npos)
      << sink_->metrics();
  sink_.reset();
  ASSERT_EQ(sink().apply({service_at("web", {})}).result, DRCON_OK);
  EXPECT_TRUE(answers("a\n"));
  EXPECT_NE(file().find("the last servers are kept"), std::string::npos) << file();
}

TEST_F(NginxSink, Answers503ForAnEmptyServiceWhenAsked) {
  ASSERT_EQ(sink("empty = \"503\"\n").apply({service_at("web", {&a_})}).result, DRCON_OK);
  serve_web();
  ASSERT_TRUE(answers("a\n"));
  ASSERT_EQ(sink_->apply({service_at("web", {})}).result, DRCON_OK);
  EXPECT_TRUE(answers(503));
  ASSERT_EQ(sink_->apply({service_at("web", {&b_})}).result, DRCON_OK);
  EXPECT_TRUE(answers("b\n"));
}

TEST_F(NginxSink, MarksAServerDownForAnEmptyServiceWhenAsked) {
  ASSERT_EQ(sink("empty = \"down server\"\n").apply({service_at("web", {})}).result, DRCON_OK);
  serve_web();
  EXPECT_TRUE(answers(502));
}

TEST_F(NginxSink, SendsNothingToServersOfWeightZeroOrBadHealthAndUsesBackupsLast) {
  const backend c("c");
  const backend d("d");
  auto web = service_at("web", {&a_, &b_, &c, &d});
  web.endpoints[1].weight = 0;
  web.endpoints[2].health = health::critical;
  web.endpoints[3].priority = 5;
  ASSERT_EQ(sink().apply({web}).result, DRCON_OK);
  serve_web();
  ASSERT_TRUE(answers("a\n"));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(nginx_.get().body, "a\n");
  web.endpoints[0].health = health::maintenance;
  ASSERT_EQ(sink_->apply({web}).result, DRCON_OK);
  EXPECT_TRUE(answers("d\n"));
}

TEST_F(NginxSink, CorrectsAFileThatWasEditedBehindItsBack) {
  ASSERT_EQ(sink().apply({service_at("web", {&a_})}).result, DRCON_OK);
  const auto right = file();
  write_file(nginx_.file(), "upstream web { server 127.0.0.1:9; }\n");
  nginx_.reload();
  ASSERT_EQ(sink_->reconcile().result, DRCON_OK);
  EXPECT_EQ(file(), right);
  serve_web();
  EXPECT_TRUE(answers("a\n"));
}

TEST_F(NginxSink, NoticesByItselfThatItsFileWasEditedOrRemoved) {
  ASSERT_EQ(sink("watch = \"50ms\"\n").apply({service_at("web", {&a_})}).result, DRCON_OK);
  const auto good = file();
  write_file(nginx_.file(), "# somebody's\n");
  EXPECT_TRUE(wait_until([&] { return file() == good; }));
  std::filesystem::remove(nginx_.file());
  EXPECT_TRUE(wait_until([&] { return std::filesystem::exists(nginx_.file()) && file() == good; }));
  EXPECT_TRUE(wait_until([&] { return sink_->status().state == DRCON_STATE_OK; })) << sink_->status().text;
}

TEST_F(NginxSink, NoticesByItselfThatNginxHasEndedAndThatItIsBack) {
  ASSERT_EQ(sink("watch = \"50ms\"\n").apply({service_at("web", {&a_})}).result, DRCON_OK);
  nginx_.stop();
  EXPECT_TRUE(wait_until([&] { return sink_->status().state == DRCON_STATE_AWAY; })) << sink_->status().text;
  EXPECT_NE(sink_->status().text.find("nginx does not run"), std::string::npos) << sink_->status().text;
  nginx_.start();
  EXPECT_TRUE(wait_until([&] { return sink_->status().state == DRCON_STATE_OK; })) << sink_->status().text;
}

TEST_F(NginxSink, NeedsNoReloadAfterNginxWasRestarted) {
  ASSERT_EQ(sink().apply({service_at("web", {&a_})}).result, DRCON_OK);
  nginx_.kill9();
  EXPECT_EQ(sink_->reconcile().result, DRCON_RETRY);
  nginx_.serve(proxying);
  nginx_.start();
  EXPECT_EQ(sink_->reconcile().result, DRCON_OK);
  EXPECT_TRUE(answers("a\n"));
  EXPECT_EQ(nginx_.reloads(), 1) << "the one of the first apply";
}

TEST_F(NginxSink, KeepsModeAndOwnerOfTheFile) {
  write_file(nginx_.file(), "# mine\n");
  ASSERT_EQ(::chmod(nginx_.file().c_str(), 0640), 0);
  ASSERT_EQ(::chown(nginx_.file().c_str(), 7, 8), 0);
  ASSERT_EQ(sink().apply({service_at("web", {&a_})}).result, DRCON_OK);
  struct stat info {};
  ::stat(nginx_.file().c_str(), &info);
  EXPECT_EQ(info.st_mode & 07777U, 0640U);
  EXPECT_EQ(info.st_uid, 7U);
  EXPECT_EQ(info.st_gid, 8U);
}

TEST_F(NginxSink, ConfirmsByWorkersWhenNoListenerIsConfigured) {
  ASSERT_EQ(sink("confirm = \"workers\"\n").apply({service_at("web", {&a_})}).result, DRCON_OK);
  EXPECT_EQ(file().find("listen"), std::string::npos);
  serve_web();
  ASSERT_TRUE(answers("a\n"));
  ASSERT_EQ(sink_->apply({service_at("web", {&b_})}).result, DRCON_OK);
  EXPECT_TRUE(answers("b\n"));
  const auto reloads = nginx_.reloads();
  ASSERT_EQ(sink_->reconcile().result, DRCON_OK);
  EXPECT_EQ(nginx_.reloads(), reloads);
}

TEST_F(NginxSink, RendersWithAUsersTemplate) {
  write_file(nginx_.prefix() / "t.mustache",
             "{{#services}}# {{name}} has {{count}}\nupstream {{name}} {\n{{#endpoints}}  server {{server}} "
             "weight={{weight}}{{#backup}} backup{{/backup}}; # {{id}} "
             "{{#tags}}<{{.}}>{{/tags}}\n{{/endpoints}}}\n{{/services}}");
  auto web = service_at("web", {&a_, &b_});
  web.endpoints[1].priority = 1;
  web.endpoints[0].tags = {"v1", "two words"};
  ASSERT_EQ(sink("template = \"" + (nginx_.prefix() / "t.mustache").string() + "\"\n").apply({web}).result, DRCON_OK);
  EXPECT_NE(file().find("# web has 2"), std::string::npos) << file();
  EXPECT_NE(file().find("<v1><\"two words\">"), std::string::npos) << file();
  serve_web();
  EXPECT_TRUE(answers("a\n"));
  ASSERT_EQ(sink_->apply({service_at("web", {})}).result, DRCON_OK);
  EXPECT_TRUE(answers("a\n")) << "kept";
}

TEST_F(NginxSink, TakesOnlyTheHostileValueOffWhenAsked) {
  auto web = service_at("web", {&a_, &b_});
  web.endpoints[0].tags = {"fine", "x; } PWNED"};
  const auto with_tags = template_option(
      "{{#services}}upstream {{name}} {\n{{#endpoints}}  server {{server}}; # "
      "{{#tags}}<{{.}}>{{/tags}}\n{{/endpoints}}}"
      "\n{{/services}}");
  ASSERT_EQ(sink(with_tags).apply({web}).result, DRCON_OK);
  EXPECT_EQ(file().find(std::to_string(a_.port())), std::string::npos);
  ASSERT_TRUE(wait_until([&] { return !sink_->refused().empty(); }));
  EXPECT_EQ(sink_->refused()[0].endpoint, "a");
  EXPECT_NE(sink_->refused()[0].why.find("';'"), std::string::npos) << sink_->refused()[0].why;
  sink_.reset();
  ASSERT_EQ(sink(with_tags + "hostile = \"drop value\"\n").apply({web}).result, DRCON_OK);
  EXPECT_NE(file().find(std::to_string(a_.port())), std::string::npos);
  EXPECT_NE(file().find("<fine>"), std::string::npos);
  EXPECT_EQ(nginx_.dump().find("PWNED"), std::string::npos);
}

// The built-in form writes no tags, so that none can do harm.
TEST_F(NginxSink, LosesNoEndpointForAValueThatItDoesNotWrite) {
  auto web = service_at("web", {&a_});
  ASSERT_EQ(sink("empty = \"503\"\n").apply({web}).result, DRCON_OK);
  serve_web();
  ASSERT_TRUE(answers("a\n"));
  const auto reloads = nginx_.reloads();
  web.endpoints[0].tags = {"v2#rc1"};
  web.endpoints[0].node = "$n";
  ASSERT_EQ(sink_->apply({web}).result, DRCON_OK);
  EXPECT_TRUE(sink_->refused().empty());
  EXPECT_EQ(nginx_.get().body, "a\n");
  EXPECT_EQ(nginx_.reloads(), reloads) << "nothing that is written has changed";
}

// No brake has seen that loss: the host has decided two endpoints in service.
TEST_F(NginxSink, KeepsTheLastServersOfAServiceWhoseEndpointsItRefuses) {
  const backend c("c");
  for (const std::string empty : {"empty = \"503\"\n", "empty = \"down server\"\n", "empty = \"keep\"\n"}) {
    SCOPED_TRACE(empty);
    nginx_.serve("");
    ASSERT_EQ(sink(empty).apply({service_at("api", {&c}), service_at("web", {&a_})}).result, DRCON_OK);
    serve_web();
    ASSERT_TRUE(answers("a\n"));
    auto green = service_at("web", {&b_});
    green.endpoints[0].address = "green.example";
    ASSERT_EQ(sink_->apply({service_at("api", {&b_}), green}).result, DRCON_OK);
    EXPECT_EQ(nginx_.get().body, "a\n");
    EXPECT_NE(file().find("server 127.0.0.1:" + std::to_string(b_.port())), std::string::npos) << "api goes on";
    EXPECT_EQ(sink_->status().state, DRCON_STATE_DEGRADED);
    EXPECT_NE(sink_->status().text.find("service web keeps its last servers, since 1 of its 1 endpoint "),
              std::string::npos)
        << sink_->status().text;
    EXPECT_NE(sink_->metrics().find("drcon_nginx_kept_services{kind=\"sink\",name=\"test\"} 1"), std::string::npos)
        << sink_->metrics();
    sink_.reset();
    ASSERT_EQ(sink(empty).apply({service_at("api", {&b_}), green}).result, DRCON_OK) << "after a restart";
    EXPECT_EQ(nginx_.get().body, "a\n");
    ASSERT_EQ(sink_->apply({service_at("api", {&b_}), service_at("web", {&b_})}).result, DRCON_OK);
    EXPECT_TRUE(answers("b\n"));
    EXPECT_EQ(sink_->status().state, DRCON_STATE_OK) << sink_->status().text;
  }
}

TEST_F(NginxSink, KeepsTheLastServersWhenOneOfManyIsLeftAndAddsThatOne) {
  auto web = service_at("web", {});
  for (int i = 1; i <= 10; ++i)
    web.endpoints.push_back({.id = "w" + std::to_string(i),
                             .node = "n",
                             .address = "127.0.0." + std::to_string(i),
                             .port = 9,
                             .tags = {},
                             .meta = {}});
  ASSERT_EQ(sink().apply({web}).result, DRCON_OK);
  for (auto& each : web.endpoints) each.address = each.id + ".example";
  web.endpoints[0].address = "127.0.0.11";
  ASSERT_EQ(sink_->apply({web}).result, DRCON_OK);
  for (int i = 1; i <= 11; ++i)
    EXPECT_NE(file().find("server 127.0.0." + std::to_string(i) + ":9;"), std::string::npos) << i << file();
  web.endpoints[0].address = "127.0.0.12";
  ASSERT_EQ(sink_->apply({web}).result, DRCON_OK);
  EXPECT_EQ(file().find("127.0.0.11:"), std::string::npos) << "what came since can go";
  for (int i = 1; i < 6; ++i) web.endpoints[static_cast<std::size_t>(i)].address = "127.0.1." + std::to_string(i);
  ASSERT_EQ(sink_->apply({web}).result, DRCON_OK);
  EXPECT_EQ(file().find("127.0.0.2:"), std::string::npos) << "half of them can be served" << file();
  EXPECT_EQ(sink_->status().state, DRCON_STATE_OK) << sink_->status().text;
}

TEST_F(NginxSink, SendsNothingToAKeptServerThatTheRegistryHasTakenOutOfService) {
  const auto form = template_option(
      "{{#services}}upstream {{name}} {\n{{#endpoints}}  server {{server}}{{#down}} down{{/down}}; # "
      "{{#tags}}<{{.}}>{{/tags}}\n{{/endpoints}}}\n{{/services}}");
  auto web = service_at("web", {&a_, &b_});
  ASSERT_EQ(sink(form).apply({web}).result, DRCON_OK);
  for (auto& each : web.endpoints) each.tags = {"v2#rc1"};
  ASSERT_EQ(sink_->apply({web}).result, DRCON_OK);
  const auto line = [&](const backend& each) { return "server 127.0.0.1:" + std::to_string(each.port()); };
  EXPECT_NE(file().find(line(a_) + ";"), std::string::npos) << file();
  web.endpoints[0].health = health::critical;
  ASSERT_EQ(sink_->apply({web}).result, DRCON_OK);
  EXPECT_NE(file().find(line(a_) + " down;"), std::string::npos) << file();
  EXPECT_NE(file().find(line(b_) + ";"), std::string::npos) << file();
}

TEST_F(NginxSink, KeepsTheLastServersWhenNoHostNameOfThemResolves) {
  ASSERT_EQ(sink("host_names = \"pass\"\nempty = \"503\"\n").apply({service_at("web", {&a_})}).result, DRCON_OK);
  serve_web();
  ASSERT_TRUE(answers("a\n"));
  auto green = service_at("web", {&b_});
  green.endpoints[0].address = "no-such-host.invalid";
  const auto how = sink_->apply({green});
  ASSERT_EQ(how.result, DRCON_OK) << how.why;
  EXPECT_EQ(nginx_.get().body, "a\n");
  EXPECT_NE(sink_->status().text.find("service web keeps its last servers"), std::string::npos) << sink_->status().text;
}

TEST_F(NginxSink, LeavesOutHostNamesUnlessTheyAreToPass) {
  auto web = service_at("web", {&a_, &b_});
  web.endpoints[0].address = "localhost";
  ASSERT_EQ(sink().apply({web}).result, DRCON_OK);
  EXPECT_EQ(file().find("localhost"), std::string::npos);
  sink_.reset();
  ASSERT_EQ(sink("host_names = \"pass\"\n").apply({web}).result, DRCON_OK);
  EXPECT_NE(file().find("server localhost:"), std::string::npos);
}

TEST_F(NginxSink, RefusesOptionsThatContradictEachOther) {
  EXPECT_THROW(sink("confirm = \"workers\"\nempty = \"503\"\n"), std::runtime_error);
  EXPECT_THROW(sink("template = \"/nowhere/t.mustache\"\n"), std::runtime_error);
  write_file(nginx_.prefix() / "t.mustache", "{{#services}} not closed");
  EXPECT_THROW(sink("template = \"" + (nginx_.prefix() / "t.mustache").string() + "\"\n"), std::runtime_error);
  write_file(nginx_.prefix() / "t.mustache", "");
  EXPECT_THROW(sink("template = \"" + (nginx_.prefix() / "t.mustache").string() + "\"\n"), std::runtime_error);
  EXPECT_THROW(sink("confirm_listen = \"localhost:8080\"\n"), std::runtime_error);
  EXPECT_THROW(sink("fail_timeout = \"500ms\"\n"), std::runtime_error);
}

TEST_F(NginxSink, SaysWhatIsWrongWhenItMayNotWrite) {
  auto elsewhere = nginx_.options();
  elsewhere.replace(elsewhere.find("conf.d/drcon.conf"), 17, "nodir/drcon.conf");
  sink_harness lost("nginx", elsewhere);
  lost.start();
  const auto how = lost.apply({service_at("web", {&a_})});
  EXPECT_EQ(how.result, DRCON_RETRY);
  EXPECT_NE(how.why.find("No such file or directory"), std::string::npos) << how.why;
}

TEST_F(NginxSink, WaitsForAnNginxThatIsDownWithTheFileInPlace) {
  nginx_.stop();
  const auto how = sink().apply({service_at("web", {&a_})});
  EXPECT_EQ(how.result, DRCON_RETRY);
  EXPECT_NE(how.why.find("nginx does not run"), std::string::npos) << how.why;
  EXPECT_NE(file().find(std::to_string(a_.port())), std::string::npos);
  nginx_.serve(proxying);
  nginx_.start();
  EXPECT_EQ(sink_->apply({service_at("web", {&a_})}).result, DRCON_OK);
  EXPECT_TRUE(answers("a\n"));
  EXPECT_EQ(nginx_.reloads(), 0);
}

TEST_F(NginxSink, BlamesTheUsersOwnConfigurationAndAppliesOnceItIsFixed) {
  ASSERT_EQ(sink().apply({service_at("web", {&a_})}).result, DRCON_OK);
  const auto before = file();
  const auto workers = serving_workers();
  nginx_.break_config();
  const auto how = sink_->apply({service_at("web", {&b_})});
  EXPECT_EQ(how.result, DRCON_RETRY) << "the snapshot is not at fault";
  EXPECT_NE(how.why.find("no_such_directive"), std::string::npos) << how.why;
  EXPECT_EQ(file(), before);
  EXPECT_EQ(nginx_.workers(), workers);
  nginx_.fix_config();
  EXPECT_EQ(sink_->apply({service_at("web", {&b_})}).result, DRCON_OK);
  serve_web();
  EXPECT_TRUE(answers("b\n"));
}

// The configuration is corrected after nginx has refused the new file, and before it is asked about the old one.
TEST_F(NginxSink, RefusesNoChangeForAFaultThatIsCorrectedMeanwhile) {
  const auto nginx = nginx_.prefix() / "nginx";
  const auto fault = nginx_.prefix() / "fault";
  write_file(nginx,
             "#!/bin/sh\nif rm " + fault.string() +
                 " 2>/dev/null; then echo 'nginx: [emerg] unknown directive \"no_such_directive\"' >&2; exit 1; fi\n"
                 "exec /usr/sbin/nginx \"$@\"\n");
  std::filesystem::permissions(nginx, std::filesystem::perms::owner_all);
  sink("nginx = \"" + nginx.string() + "\"\n");
  ASSERT_EQ(sink_->apply({service_at("web", {&a_})}).result, DRCON_OK);
  serve_web();
  write_file(fault, "");
  const auto how = sink_->apply({service_at("web", {&a_}), service_at("api", {&b_})});
  EXPECT_EQ(how.result, DRCON_OK) << how.why;
  EXPECT_FALSE(std::filesystem::exists(fault)) << "nginx was asked";
  EXPECT_NE(file().find("upstream api"), std::string::npos) << file();
}

// Where only servers differ, the master is signalled first. It reads a broken configuration and keeps its own; nginx
// -t, which is asked afterwards, finds it corrected.
TEST_F(NginxSink, RefusesNoChangeThatTheMasterCouldNotReadForAMoment) {
  const auto nginx = nginx_.prefix() / "nginx";
  const auto corrected = nginx_.prefix() / "corrected.conf";
  write_file(nginx, "#!/bin/sh\nif [ -e " + corrected.string() + " ]; then mv " + corrected.string() + " " +
                        nginx_.config().string() + "; fi\nexec /usr/sbin/nginx \"$@\"\n");
  std::filesystem::permissions(nginx, std::filesystem::perms::owner_all);
  sink("nginx = \"" + nginx.string() + "\"\nconfirm_timeout = \"10s\"\n");
  ASSERT_EQ(sink_->apply({service_at("web", {&a_})}).result, DRCON_OK);
  serve_web();
  std::filesystem::copy_file(nginx_.config(), corrected);
  nginx_.break_config();
  const auto how = sink_->apply({service_at("web", {&b_})});
  EXPECT_EQ(how.result, DRCON_OK) << how.why;
  EXPECT_FALSE(std::filesystem::exists(corrected)) << "nginx -t was asked";
  EXPECT_TRUE(answers("b\n"));
}

// nginx -t does not notice that a port is taken, and the master keeps its old generation: the change is not at fault,
// and must not wait as long as one that is.
TEST_F(NginxSink, RetriesAChangeThatNginxCannotTakeForAReasonOutsideOfIt) {
  ASSERT_EQ(sink("confirm_timeout = \"1s\"\n").apply({service_at("web", {&a_})}).result, DRCON_OK);
  serve_web();
  auto other = std::make_unique<backend>("other");
  nginx_.serve(std::string(proxying) + "server { listen 127.0.0.1:" + std::to_string(other->port()) + "; }\n");
  const auto before = file();
  const auto how = sink_->apply({service_at("web", {&b_})});
  EXPECT_EQ(how.result, DRCON_RETRY) << how.why;
  EXPECT_EQ(file(), before) << "the old file is back";
  other.reset();
  EXPECT_TRUE(wait_until([&] { return sink_->apply({service_at("web", {&b_})}).result == DRCON_OK; }));
  EXPECT_TRUE(answers("b\n"));
}

TEST_F(NginxSink, PutsTheOldFileBackWhenNginxCannotBeAsked) {
  ASSERT_EQ(sink().apply({service_at("web", {&a_})}).result, DRCON_OK);
  const auto before = file();
  sink_.reset();
  const auto how = sink("nginx = \"/no/such/nginx\"\n").apply({service_at("web", {&b_})});
  EXPECT_EQ(how.result, DRCON_RETRY);
  EXPECT_NE(how.why.find("/no/such/nginx"), std::string::npos) << how.why;
  EXPECT_EQ(file(), before);
}

// Otherwise a wrong option shows at the first change, perhaps weeks after it was written.
TEST_F(NginxSink, ReportsWhatTheNextChangeWouldFailOfThoughNothingIsToBeDone) {
  ASSERT_EQ(sink().apply({service_at("web", {&a_})}).result, DRCON_OK);
  const auto remark_of = [this](const std::string& options) {
    sink_.reset();
    sink_ = std::make_unique<sink_harness>("nginx", options);
    sink_->start();
    EXPECT_EQ(sink_->apply({service_at("web", {&a_})}).result, DRCON_OK) << "all is served already";
    return sink_->status().state == DRCON_STATE_DEGRADED ? sink_->status().text : "";
  };
  EXPECT_EQ(remark_of(nginx_.options()), "");
  EXPECT_THAT(remark_of(nginx_.options() + "nginx = \"/no/such/nginx\"\n"), ::testing::HasSubstr("/no/such/nginx"));
  auto other_pid = nginx_.options();
  other_pid.replace(other_pid.find("nginx.pid"), 9, "other.pid");
  EXPECT_THAT(remark_of(other_pid), ::testing::HasSubstr("other.pid; see the pid line of nginx -T"));
}

TEST_F(NginxSink, TakesBackAFirstFileThatACrashLeftUnchecked) {
  write_file(nginx_.prefix() / "t.mustache",
             "{{#services}}upstream {{name}} { {{#endpoints}}server {{server}} {{meta.extra}};{{/endpoints}} "
             "}\n{{/services}}");
  // What a kill leaves between the first writing and nginx -t: the file, and an empty one where there was none.
  write_file(nginx_.file(), "upstream web { server 127.0.0.1:1 no_such_parameter; }\n");
  write_file(nginx_.file().parent_path() / ".drcon.conf.previous", "");
  auto bad = service_at("web", {&a_});
  bad.endpoints[0].meta["extra"] = "no_such_parameter";
  EXPECT_EQ(sink("template = \"" + (nginx_.prefix() / "t.mustache").string() + "\"\n").apply({bad}).result,
            DRCON_REJECTED);
  EXPECT_FALSE(std::filesystem::exists(nginx_.file())) << "nginx must be able to start again";
  sink_.reset();
  EXPECT_TRUE(std::filesystem::is_empty(nginx_.file().parent_path()));
}

TEST_F(NginxSink, TakesUpAFileThatACrashLeftUnloaded) {
  ASSERT_EQ(sink().apply({service_at("web", {&a_})}).result, DRCON_OK);
  serve_web();
  sink_.reset();
  const auto old = file();
  // The bytes that the next apply wants, written by a run that got no further.
  const auto wanted = sink_harness("nginx", nginx_.options()).render({service_at("web", {&b_})}).at(0).wanted;
  write_file(nginx_.file().parent_path() / ".drcon.conf.previous", old);
  write_file(nginx_.file(), wanted);
  const auto written = std::filesystem::last_write_time(nginx_.file());
  ASSERT_EQ(sink().apply({service_at("web", {&b_})}).result, DRCON_OK);
  EXPECT_TRUE(answers("b\n"));
  EXPECT_EQ(std::filesystem::last_write_time(nginx_.file()), written) << "the file was right already";
  EXPECT_FALSE(std::filesystem::exists(nginx_.file().parent_path() / ".drcon.conf.previous"));
}

TEST_F(NginxSink, IsNotFooledByAnEditThatLeftTheGenerationAsItWas) {
  ASSERT_EQ(sink().apply({service_at("web", {&a_})}).result, DRCON_OK);
  serve_web();
  ASSERT_TRUE(answers("a\n"));
  auto edited = file();
  const auto from = ":" + std::to_string(a_.port()) + ";";
  edited.replace(edited.find(from), from.size(), ":" + std::to_string(b_.port()) + ";");
  write_file(nginx_.file(), edited);
  nginx_.reload();
  ASSERT_TRUE(answers("b\n"));
  ASSERT_EQ(sink_->reconcile().result, DRCON_OK);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(nginx_.get().body, "a\n");
}

TEST_F(NginxSink, ChoosesAnotherPortWhenItsOwnIsTaken) {
  const backend squatter("squatter");
  // A first file whose listener nginx cannot have.
  ASSERT_EQ(
      sink("confirm_listen = \"127.0.0.1:" + std::to_string(squatter.port()) + "\"\nconfirm_timeout = \"300ms\"\n")
          .apply({service_at("web", {&a_})})
          .result,
      DRCON_RETRY);
  sink_.reset();
  ASSERT_FALSE(std::filesystem::exists(nginx_.file()));
  const auto wanted = sink_harness("nginx", nginx_.options()).render({service_at("web", {&a_})}).at(0).wanted;
  const auto at = wanted.find("listen 127.0.0.1:");
  ASSERT_NE(at, std::string::npos);
  auto taken = wanted;
  taken.replace(at, wanted.find(';', at) - at, "listen 127.0.0.1:" + std::to_string(squatter.port()));
  write_file(nginx_.file(), taken);
  write_file(nginx_.file().parent_path() / ".drcon.conf.previous", "");
  // nginx tries for 2.5 s to have the port, and looks at signals again only then: the first change waits for it, and is
  // applied with another port at once or when it is retried.
  sink("confirm_timeout = \"700ms\"\n");
  EXPECT_TRUE(wait_until([&] { return sink_->apply({service_at("web", {&a_})}).result == DRCON_OK; })) << file();
  EXPECT_THAT(file(), ::testing::HasSubstr("listen 127.0.0.1:"));
  EXPECT_THAT(file(),
              ::testing::Not(::testing::HasSubstr("listen 127.0.0.1:" + std::to_string(squatter.port()) + ";")));
}

TEST_F(NginxSink, ReachesEndpointsOverIPv6) {
  const backend six("six", "::1");
  ASSERT_EQ(sink().apply({service_at("web", {&six})}).result, DRCON_OK);
  serve_web();
  EXPECT_TRUE(answers("six\n"));
}

TEST_F(NginxSink, SharesAnNginxWithOtherSinks) {
  sink_harness other("nginx", nginx_.options("other.conf"));
  other.start();
  ASSERT_EQ(other.apply({service_at("api", {&b_})}).result, DRCON_OK);
  ASSERT_EQ(sink().apply({service_at("web", {&a_})}).result, DRCON_OK);
  EXPECT_EQ(other.reconcile().result, DRCON_OK);
  EXPECT_EQ(sink_->reconcile().result, DRCON_OK);
  EXPECT_EQ(nginx_.reloads(), 2) << "one each: what another sink does is no reason to reload";
  serve_web();
  EXPECT_TRUE(answers("a\n"));
}

TEST_F(NginxSink, RendersExactlyWhatItWouldWriteAndTouchesNothing) {
  sink_harness idle("nginx", nginx_.options());
  const auto before = idle.render({service_at("web", {&a_})}).at(0);
  EXPECT_EQ(before.target, nginx_.file().string());
  EXPECT_EQ(before.live, "");
  EXPECT_TRUE(std::filesystem::is_empty(nginx_.file().parent_path()));
  ASSERT_EQ(sink().apply({service_at("web", {&a_})}).result, DRCON_OK);
  EXPECT_EQ(file(), before.wanted);
  const auto after = idle.render({service_at("web", {&a_})}).at(0);
  EXPECT_EQ(after.live, after.wanted);
}

TEST_F(NginxSink, TellsAnNginxThatKeepsConnectionsByDefaultToKeepNone) {
  const auto program = nginx_.prefix() / "fake-nginx";
  const auto rendered_for = [&](const std::string& version, const std::string& more) {
    write_file(program, "#!/bin/sh\necho 'nginx version: nginx/" + version + "' >&2\n");
    std::filesystem::permissions(program, std::filesystem::perms(0755));
    return sink("nginx = \"" + program.string() + "\"\n" + more).render({service_at("web", {&a_})})[0].wanted;
  };
  for (const std::string more : {"", "mode = \"live\"\n"}) {
    EXPECT_THAT(rendered_for("1.29.7", more), ::testing::HasSubstr("    keepalive 0;\n}\n")) << more;
    EXPECT_THAT(rendered_for("1.29.6", more), ::testing::Not(::testing::HasSubstr("keepalive"))) << more;
    EXPECT_THAT(rendered_for("1.29.7", more + "check = \"master\"\n"),
                ::testing::Not(::testing::HasSubstr("keepalive")));
    EXPECT_THAT(rendered_for("1.29.6", more + "keepalive = 7\n"), ::testing::HasSubstr("    keepalive 7;\n}\n"));
  }
}

// As while its package is upgraded. What nginx serves is not changed for that.
TEST_F(NginxSink, LeavesTheFileAsItIsWhileTheVersionOfNginxIsNotKnown) {
  const auto program = nginx_.prefix() / "fake-nginx";
  write_file(program, "#!/bin/sh\necho 'nginx version: nginx/1.29.7' >&2\n");
  const auto other = nginx_.prefix() / "fake-openresty";
  write_file(other, "#!/bin/sh\necho 'nginx version: openresty/1.29.7.1' >&2\n");
  for (const auto& each : {program, other}) std::filesystem::permissions(each, std::filesystem::perms(0755));
  const auto wanted_of = [&](const std::string& nginx, const std::string& more) {
    return sink("nginx = \"" + nginx + "\"\n" + more).render({service_at("web", {&a_})})[0].wanted;
  };
  for (const std::string more : {"", "mode = \"live\"\n"}) {
    const auto served = wanted_of(program.string(), more);
    ASSERT_THAT(served, ::testing::HasSubstr("    keepalive 0;\n"));
    write_file(nginx_.file(), served);
    EXPECT_EQ(wanted_of("/no/such/nginx", more), served);
    EXPECT_THAT(wanted_of(other.string(), more), ::testing::Not(::testing::HasSubstr("keepalive")))
        << "another server may refuse it";
    std::filesystem::remove(nginx_.file());
    EXPECT_THAT(wanted_of("/no/such/nginx", more), ::testing::Not(::testing::HasSubstr("keepalive")))
        << "an nginx before 1.29.7 refuses it";
  }
}

TEST_F(NginxSink, ReplacesTheTargetOfALinkAndCanTakeItBack) {
  const auto real = nginx_.prefix() / "available" / "web.conf";
  write_file(real, "# mine\n");
  std::filesystem::create_symlink(real, nginx_.file());
  ASSERT_EQ(sink().apply({service_at("web", {&a_})}).result, DRCON_OK);
  EXPECT_TRUE(std::filesystem::is_symlink(nginx_.file()));
  const auto good = read_file(real);
  EXPECT_NE(good.find("upstream web"), std::string::npos);
  nginx_.break_config();
  EXPECT_EQ(sink_->apply({service_at("web", {&b_})}).result, DRCON_RETRY);
  EXPECT_TRUE(std::filesystem::is_symlink(nginx_.file()));
  EXPECT_EQ(read_file(real), good);
}

TEST_F(NginxSink, KeepsAsideTheOldContentOfALinkedFileNotTheLink) {
  const auto real = nginx_.prefix() / "available" / "web.conf";
  write_file(real, "# mine\n");
  std::filesystem::create_symlink(real, nginx_.file());
  nginx_.stop();  // so that the change is not confirmed, and what was kept stays
  ASSERT_EQ(sink().apply({service_at("web", {&a_})}).result, DRCON_RETRY);
  EXPECT_EQ(read_file(nginx_.file().parent_path() / ".drcon.conf.previous"), "# mine\n");
}

TEST_F(NginxSink, GivesANewFileTheModeAskedFor) {
  ASSERT_EQ(sink("mode = \"0600\"\n").apply({service_at("web", {&a_})}).result, DRCON_OK);
  struct stat info {};
  ::stat(nginx_.file().c_str(), &info);
  EXPECT_EQ(info.st_mode & 07777U, 0600U);
}

TEST_F(NginxSink, RendersForEveryBalanceWhatNginxTakes) {
  auto web = service_at("web", {&a_, &b_});
  web.endpoints[0].weight = 7;
  web.endpoints[1].priority = web.endpoints[0].priority + 1;
  auto all_down = service_at("down", {&a_});
  all_down.endpoints[0].weight = 0;
  for (const auto* balance : {"round_robin", "least_conn", "ip_hash", "random"}) {
    sink_.reset();
    const auto how =
        sink("keepalive = 16\nmax_fails = 3\nfail_timeout = \"5s\"\nbalance = \"" + std::string(balance) + "\"\n")
            .apply({web, all_down, service_at("empty", {})});
    EXPECT_EQ(how.result, DRCON_OK) << balance << ": " << how.why;
  }
}

// An nginx that has no sessions serves as it does without the option, and the status says so.
TEST_F(NginxSink, BindsSessionsToServersWhereNginxCanAndSaysSoWhereItCannot) {
  const auto version = nginx::version_in(run({"nginx", "-v"}).err);
  ASSERT_TRUE(version && version->numbers());
  ASSERT_EQ(sink("sticky = { cookie = \"bound\" }\n").apply({service_at("web", {&a_, &b_})}).result, DRCON_OK);
  serve_web();
  if (*version->numbers() < nginx::has_sticky) {
    EXPECT_THAT(sink_->status().text, ::testing::HasSubstr("sticky is left out")) << version->version;
    EXPECT_EQ(answerers(nginx_.port(), 10), (std::set<std::string>{"a", "b"}));
    return;
  }
  EXPECT_EQ(sink_->status().text, "");
  const auto first = nginx_.get();
  const auto cookie = first.headers.find("set-cookie");
  ASSERT_NE(cookie, first.headers.end()) << file();
  const auto session = cookie->second.substr(0, cookie->second.find(';'));
  EXPECT_THAT(session, ::testing::StartsWith("bound="));
  const auto in_session = [&] { return http("GET", nginx_.port(), "/", {}, {{"Cookie", session}}).body; };
  for (int i = 0; i < 10; ++i) EXPECT_EQ(in_session(), first.body);
  EXPECT_EQ(answerers(nginx_.port(), 10), (std::set<std::string>{"a", "b"})) << "without the cookie";
  const bool is_a = first.body == "a\n";
  const auto& other = is_a ? b_ : a_;
  auto drained = service_at("web", {&a_, &b_});
  drained.endpoints[is_a ? 0 : 1].weight = 0;
  ASSERT_EQ(sink_->apply({drained}).result, DRCON_OK);
  EXPECT_EQ(in_session(), first.body) << "a server that gets no new traffic serves its sessions: " << file();
  EXPECT_EQ(answerers(nginx_.port(), 10), (std::set<std::string>{other.name()}));
  ASSERT_EQ(sink_->apply({service_at("web", {&other})}).result, DRCON_OK);
  EXPECT_EQ(in_session(), other.name() + "\n") << "one that is gone is not waited for";
}

TEST_F(NginxSink, IsNotBlockedByAServiceWhoseNameDiffersOnlyInCase) {
  ASSERT_EQ(sink().apply({service_at("WEB", {&b_}), service_at("web", {&a_})}).result, DRCON_OK);
  EXPECT_TRUE(wait_until([&] { return !sink_->refused().empty(); }));
}

// Whoever may register a service could otherwise take over the requests to another one.
TEST_F(NginxSink, LeavesTheNameOfAServedServiceToItWhateverTheCaseOfANewOne) {
  ASSERT_EQ(sink().apply({service_at("web", {&a_})}).result, DRCON_OK);
  serve_web();
  ASSERT_EQ(sink_->apply({service_at("WEB", {&b_}), service_at("web", {&a_})}).result, DRCON_OK);
  ASSERT_EQ(sink_->refused().size(), 1U);
  EXPECT_EQ(sink_->refused()[0].service, "WEB");
  EXPECT_EQ(file().find("WEB"), std::string::npos) << file();
  sink_.reset();
  ASSERT_EQ(sink().apply({service_at("WEB", {&b_}), service_at("web", {&a_})}).result, DRCON_OK) << "after a restart";
  EXPECT_EQ(file().find("WEB"), std::string::npos) << file();
  ASSERT_EQ(sink_->apply({service_at("WEB", {&b_})}).result, DRCON_OK) << "though the registry has web no more";
  EXPECT_EQ(file().find("WEB"), std::string::npos) << file();
  EXPECT_TRUE(answers("a\n")) << nginx_.get().body;
}

TEST_F(NginxSink, KeepsAVanishedServiceThatNginxNeedsEvenWhenTheFileIsLost) {
  ASSERT_EQ(sink().apply({service_at("api", {&b_}), service_at("web", {&a_})}).result, DRCON_OK);
  serve_web();
  std::filesystem::remove(nginx_.file());
  ASSERT_EQ(sink_->apply({service_at("api", {&b_})}).result, DRCON_OK);
  EXPECT_TRUE(answers("a\n"));
  EXPECT_NE(sink_->status().text.find("web"), std::string::npos) << sink_->status().text;
}

// As a user who may signal nginx, and neither read its keys nor open its logs: nginx -t would fail.
TEST_F(NginxSink, NeedsNoNginxProgramWhenTheMasterJudges) {
  ASSERT_EQ(sink("check = \"master\"\nnginx = \"/bin/false\"\n").apply({service_at("web", {&a_})}).result, DRCON_OK);
  serve_web();
  EXPECT_TRUE(answers("a\n"));
  ASSERT_EQ(sink_->apply({service_at("web", {&b_})}).result, DRCON_OK);
  EXPECT_TRUE(answers("b\n"));
}

TEST_F(NginxSink, PutsBackWhatTheMasterRefuses) {
  write_file(nginx_.prefix() / "t.mustache",
             "{{#services}}upstream {{name}} { {{#endpoints}}server {{server}} {{meta.extra}};{{/endpoints}} "
             "}\n{{/services}}");
  sink("check = \"master\"\nnginx = \"/bin/false\"\ntemplate = \"" + (nginx_.prefix() / "t.mustache").string() +
       "\"\n");
  auto good = service_at("web", {&a_});
  good.endpoints[0].meta["extra"] = "weight=2";
  ASSERT_EQ(sink_->apply({good}).result, DRCON_OK);
  serve_web();
  const auto before = file();
  auto bad = good;
  bad.endpoints[0].meta["extra"] = "no_such_parameter";
  EXPECT_EQ(sink_->apply({bad}).result, DRCON_REJECTED);
  EXPECT_EQ(file(), before);
  EXPECT_TRUE(answers("a\n"));
}

TEST_F(NginxSink, KeepsAVanishedServiceThatTheMasterNeeds) {
  ASSERT_EQ(sink("check = \"master\"\nnginx = \"/bin/false\"\n")
                .apply({service_at("api", {&b_}), service_at("web", {&a_})})
                .result,
            DRCON_OK);
  serve_web();
  ASSERT_EQ(sink_->apply({service_at("api", {&a_})}).result, DRCON_OK);
  EXPECT_TRUE(answers("a\n"));
  EXPECT_NE(sink_->status().text.find("web"), std::string::npos) << sink_->status().text;
}

TEST_F(NginxSink, RemembersHundredsOfServersBesideAUsersTemplateAcrossARestart) {
  write_file(nginx_.prefix() / "t.mustache",
             "{{#services}}\nupstream {{name}} {\n{{#endpoints}}\n    server {{address}}:{{port}} "
             "weight={{weight}}{{#backup}} backup{{/backup}}{{#down}} down{{/down}}; # {{id}}\n{{/endpoints}}\n}\n"
             "{{/services}}\n");
  const auto with = "template = \"" + (nginx_.prefix() / "t.mustache").string() + "\"\n";
  auto web = service_at("web", {&a_});
  auto big = service_at("big", {});
  for (int i = 1; i <= 300; ++i)
    big.endpoints.push_back(
        {.id = "i" + std::to_string(i), .node = "n", .address = "127.0.0.1", .port = static_cast<std::uint32_t>(i)});
  ASSERT_EQ(sink(with).apply({big, web}).result, DRCON_OK);
  const auto full = file();
  sink_.reset();
  big.endpoints.clear();
  ASSERT_EQ(sink(with).apply({big, web}).result, DRCON_OK);
  EXPECT_EQ(file(), full) << "kept as they were";
  EXPECT_EQ(nginx_.reloads(), 1);
}

// The workers cannot say what they have loaded, but have said it before.
TEST_F(NginxSink, AResyncDuringAStallOfNginxTakesNoReload) {
  ASSERT_EQ(sink().apply({service_at("web", {&a_})}).result, DRCON_OK);
  serve_web();
  ASSERT_EQ(sink_->reconcile().result, DRCON_OK) << "others have taken their place";
  const auto reloads = nginx_.reloads();
  const auto workers = serving_workers();
  for (const auto each : workers) ::kill(each, SIGSTOP);
  const auto how = sink_->reconcile();
  for (const auto each : workers) ::kill(each, SIGCONT);
  EXPECT_EQ(how.result, DRCON_OK) << how.why;
  EXPECT_EQ(nginx_.reloads(), reloads);
  EXPECT_EQ(serving_workers(), workers);
}

// Nobody has seen what its workers loaded, and they may well have the file: they were started after it was written.
TEST_F(NginxSink, ASinkThatStartsDuringAStallOfNginxTakesNoReload) {
  ASSERT_EQ(sink().apply({service_at("web", {&a_})}).result, DRCON_OK);
  serve_web();
  const auto reloads = nginx_.reloads();
  const auto workers = serving_workers();
  sink_.reset();
  for (const auto each : workers) ::kill(each, SIGSTOP);
  const auto how = sink().apply({service_at("web", {&a_})});
  for (const auto each : workers) ::kill(each, SIGCONT);
  EXPECT_EQ(how.result, DRCON_RETRY);
  EXPECT_THAT(how.why, ::testing::HasSubstr("does not answer on drcon's listener"));
  EXPECT_TRUE(wait_until([&] { return sink_->apply({service_at("web", {&a_})}).result == DRCON_OK; }));
  EXPECT_EQ(nginx_.reloads(), reloads);
  EXPECT_EQ(serving_workers(), workers);
}

// They began before the file was written, so that they cannot have it.
TEST_F(NginxSink, ASinkThatStartsDuringAStallReloadsWorkersThatAreOlderThanTheFile) {
  ASSERT_EQ(sink().apply({service_at("web", {&a_})}).result, DRCON_OK);
  serve_web();
  const auto first = file();
  ASSERT_EQ(sink_->apply({service_at("web", {&b_})}).result, DRCON_OK);
  const auto second = file();
  sink_.reset();
  write_file(nginx_.file(), first);
  nginx_.replace_workers();
  const auto workers = serving_workers();
  write_file(nginx_.file(), second);
  for (const auto each : workers) ::kill(each, SIGSTOP);
  const auto how = sink().apply({service_at("web", {&b_})});
  for (const auto each : workers) ::kill(each, SIGCONT);
  EXPECT_EQ(how.result, DRCON_OK) << how.why;
  EXPECT_TRUE(answers("b\n"));
}

// It may hang in a read of a disk. The new generation serves, so that the change is applied, and the next one as well.
TEST_F(NginxSink, AnOldWorkerThatDoesNotStopHoldsNoChangeBack) {
  const auto times_alone = [this] {
    const auto text = sink_->metrics();
    const std::string name = "drcon_nginx_reload_seconds_count{kind=\"sink\",name=\"test\"} ";
    const auto place = text.find(name);
    return place == std::string::npos ? 0 : std::stoi(text.substr(place + name.size()));
  };
  sink("retire_timeout = \"300ms\"\nconfirm_timeout = \"30s\"\nwatch = \"50ms\"\n");
  ASSERT_EQ(sink_->apply({service_at("web", {&a_})}).result, DRCON_OK);
  serve_web();
  ASSERT_TRUE(answers("a\n"));
  const auto hung = *serving_workers().begin();
  ASSERT_EQ(::kill(hung, SIGSTOP), 0);
  auto how = sink_->apply({service_at("web", {&b_})});
  EXPECT_EQ(how.result, DRCON_OK) << how.why;
  EXPECT_TRUE(answers("b\n"));
  EXPECT_EQ(times_alone(), 1) << "the first change only";
  EXPECT_EQ(sink_->status().state, DRCON_STATE_DEGRADED);
  EXPECT_THAT(sink_->status().text, ::testing::HasSubstr("they still take connections"));
  EXPECT_THAT(sink_->status().text, ::testing::HasSubstr("pid " + std::to_string(hung)));
  EXPECT_THAT(sink_->metrics(), ::testing::HasSubstr("drcon_nginx_retiring_workers{kind=\"sink\",name=\"test\"} 1\n"));
  how = sink_->apply({service_at("web", {&a_})});
  EXPECT_EQ(how.result, DRCON_OK) << how.why;
  EXPECT_EQ(times_alone(), 2) << "nobody has waited for the one that hangs again";
  EXPECT_TRUE(answers("a\n"));
  EXPECT_EQ(nginx_.reloads(), 4) << "one for each change, and that of the test";
  ASSERT_EQ(::kill(hung, SIGCONT), 0);
  EXPECT_TRUE(wait_until([&] { return sink_->status().state == DRCON_STATE_OK; })) << sink_->status().text;
  EXPECT_TRUE(wait_until([&] {
    return sink_->metrics().find("drcon_nginx_retiring_workers{kind=\"sink\",name=\"test\"} 0\n") != std::string::npos;
  }));
}

TEST_F(NginxSink, LetsNoMoreGenerationsOfWorkersOverlapThanItMay) {
  sink("max_generations = 1\n");
  ASSERT_EQ(sink_->apply({service_at("web", {&a_})}).result, DRCON_OK);
  serve_web();
  ASSERT_TRUE(answers("a\n"));
  serving_workers();
  const auto requests = a_.requests();
  auto slow = std::async(std::launch::async, [this] { return nginx_.get("/slow/2000"); });
  ASSERT_TRUE(wait_until([&] { return a_.requests() > requests; }));
  ASSERT_EQ(sink_->apply({service_at("web", {&b_})}).result, DRCON_OK) << "one may be left";
  const auto before = file();
  const auto how = sink_->apply({service_at("web", {&a_})});
  EXPECT_EQ(how.result, DRCON_RETRY);
  EXPECT_THAT(how.why, ::testing::HasSubstr("waiting: 1 earlier generation of nginx still serving connections"));
  EXPECT_EQ(file(), before);
  EXPECT_EQ(slow.get().body, "a\n") << "it is finished by the worker that began it";
  EXPECT_TRUE(wait_until([&] { return sink_->apply({service_at("web", {&a_})}).result == DRCON_OK; }));
  EXPECT_TRUE(answers("a\n"));
}

TEST_F(NginxSink, ReloadsNoMoreOftenThanItMay) {
  sink("reload_interval = \"10s\"\n");
  ASSERT_EQ(sink_->apply({service_at("web", {&a_})}).result, DRCON_OK) << "the first one goes at once";
  const auto before = file();
  EXPECT_EQ(sink_->apply({service_at("web", {&b_})}, 500ms).result, -1) << "still waiting";
  EXPECT_EQ(file(), before);
  EXPECT_EQ(nginx_.reloads(), 1);
  EXPECT_TRUE(sink_->stop());
}

TEST_F(NginxSink, RefusesAnIntervalThatWouldHoldBackNewerChanges) {
  for (const auto* const option : {"reload_interval", "retire_timeout"}) {
    try {
      sink(std::string(option) + " = \"11s\"\n");
      FAIL() << option;
    } catch (const std::exception& error) {
      EXPECT_NE(std::string(error.what()).find("expected at most 10s"), std::string::npos) << error.what();
    }
  }
}

TEST_F(NginxSink, StopsSoonWhileItWaitsForNginx) {
  auto elsewhere = nginx_.options();
  elsewhere.replace(elsewhere.find("conf.d/drcon.conf"), 17, "other/drcon.conf");
  std::filesystem::create_directories(nginx_.prefix() / "other");
  sink_harness waiting("nginx", elsewhere + "confirm_timeout = \"10m\"\n");
  waiting.start();
  EXPECT_EQ(waiting.apply({service_at("web", {&a_})}, 500ms).result, -1) << "still polling";
  EXPECT_TRUE(waiting.stop());
}

}  // namespace
}  // namespace drcon::test
