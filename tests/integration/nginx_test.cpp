// The nginx sink against a real nginx.
#include "support/backend.hpp"
#include "support/fake_plugins.hpp"
#include "support/nginx_server.hpp"
#include "support/plugin_harness.hpp"
#include "support/ports.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <algorithm>
#include <set>

namespace drcon::test {
namespace {

const std::string proxy =
    "server { listen 127.0.0.1:@PORT@; location / { proxy_pass http://web; proxy_connect_timeout 1s; } }";

service service_at(const std::string& name, const std::vector<const backend*>& places) {
  service made{.name = name, .revision = 1, .endpoints = {}};
  for (const auto* each : places)
    made.endpoints.push_back(
        {.id = each->name(), .node = "n", .address = each->address(), .port = each->port(), .tags = {}, .meta = {}});
  return made;
}

class NginxSink : public testing::Test {
protected:
  sink_harness& sink(const std::string& more = {}) {
    sink_ = std::make_unique<sink_harness>("nginx", nginx_.options() + more);
    sink_->start();
    return *sink_;
  }
  // nginx starts with a server block that needs the upstream, so the file must be there first.
  void serve_web() {
    const auto old = nginx_.workers();
    nginx_.serve(proxy);
    nginx_.reload();
    // Old workers answer for a while after the first new one does.
    ASSERT_TRUE(wait_until([&] {
      const auto now = nginx_.workers();
      return !now.empty() && std::ranges::none_of(now, [&](pid_t each) { return old.contains(each); });
    }));
  }
  bool answers(const std::string& body) const {
    return wait_until([&] { return nginx_.get().body == body; });
  }
  bool answers(int status) const {
    return wait_until([&] { return nginx_.get().status == status; });
  }
  std::string file() const { return read_file(nginx_.file()); }

  nginx_server nginx_;
  std::unique_ptr<sink_harness> sink_;
  backend a_{"a"};
  backend b_{"b"};
};

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
  const auto workers = nginx_.workers();
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

TEST_F(NginxSink, PutsTheOldFileBackWhenTheNewOneNeverServes) {
  const auto port = free_port();
  const backend squatter("squatter");
  write_file(nginx_.prefix() / "t.mustache",
             "{{#services}}upstream {{name}} { {{#endpoints}}server {{server}};{{/endpoints}} }\n{{#endpoints}}server "
             "{ listen 127.0.0.1:{{meta.listen}}; }{{/endpoints}}\n{{/services}}");
  auto good = service_at("web", {&a_});
  good.endpoints[0].meta["listen"] = std::to_string(port);
  ASSERT_EQ(sink("confirm_timeout = \"1s\"\ntemplate = \"" + (nginx_.prefix() / "t.mustache").string() + "\"\n")
                .apply({good})
                .result,
            DRCON_OK);
  const auto before = file();
  // nginx -t passes, but the reload fails: the port is somebody else's.
  auto taken = good;
  taken.endpoints[0].meta["listen"] = std::to_string(squatter.port());
  const auto how = sink_->apply({taken});
  EXPECT_EQ(how.result, DRCON_REJECTED);
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
  ASSERT_EQ(sink_->apply({service_at("web", {})}).result, DRCON_OK);
  EXPECT_TRUE(answers("a\n"));
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

TEST_F(NginxSink, MendsAFileThatWasEditedBehindItsBack) {
  ASSERT_EQ(sink().apply({service_at("web", {&a_})}).result, DRCON_OK);
  const auto right = file();
  write_file(nginx_.file(), "upstream web { server 127.0.0.1:9; }\n");
  nginx_.reload();
  ASSERT_EQ(sink_->reconcile().result, DRCON_OK);
  EXPECT_EQ(file(), right);
  serve_web();
  EXPECT_TRUE(answers("a\n"));
}

TEST_F(NginxSink, NeedsNoReloadAfterNginxWasRestarted) {
  ASSERT_EQ(sink().apply({service_at("web", {&a_})}).result, DRCON_OK);
  nginx_.kill9();
  EXPECT_EQ(sink_->reconcile().result, DRCON_RETRY);
  nginx_.serve(proxy);
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

TEST_F(NginxSink, ConfirmsByWorkersWhenNoListenerIsWanted) {
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

TEST_F(NginxSink, DrawsWithAUsersTemplate) {
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
  ASSERT_EQ(sink().apply({web}).result, DRCON_OK);
  EXPECT_EQ(file().find(std::to_string(a_.port())), std::string::npos);
  ASSERT_TRUE(wait_until([&] { return !sink_->refused().empty(); }));
  EXPECT_EQ(sink_->refused()[0].endpoint, "a");
  EXPECT_NE(sink_->refused()[0].why.find("';'"), std::string::npos) << sink_->refused()[0].why;
  sink_.reset();
  ASSERT_EQ(sink("hostile = \"drop value\"\n").apply({web}).result, DRCON_OK);
  EXPECT_NE(file().find(std::to_string(a_.port())), std::string::npos);
  EXPECT_EQ(nginx_.dump().find("PWNED"), std::string::npos);
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

}  // namespace
}  // namespace drcon::test
