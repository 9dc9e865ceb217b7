// The program as users run it: real Consul, drcon, real nginx, and instances that come and go.
#include "support/backend.hpp"
#include "support/consul_agent.hpp"
#include "support/drcon_process.hpp"
#include "support/nginx_server.hpp"
#include "support/ports.hpp"
#include "support/wait.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace drcon::test {
namespace {

using nlohmann::json;

const std::string proxy_to_web =
    "server { listen 127.0.0.1:@PORT@; location / { proxy_pass http://web; proxy_connect_timeout 1s; } }";
const std::string nothing = "server { listen 127.0.0.1:@PORT@; location / { return 200 \"none\\n\"; } }";

// Losses are applied at once: for tests that are not about the brake.
class Drcon : public ::testing::Test {
protected:
  static std::string config(const std::string& source, const std::string& sink,
                            const std::string& pipeline = no_brake) {
    return "[source.consul]\nplugin = \"consul-http\"\nretry_max = \"1s\"\n" + source +
           "\n[sink.edge]\nplugin = \"nginx\"\n" + sink +
           "\n[pipeline.web]\nsources = [\"consul\"]\nsinks = [\"edge\"]\n" + pipeline + "\n";
  }
  std::string source(const std::string& more = "service = [{ name = \"web\" }]") const {
    return "address = \"" + consul_->url() + "\"\n" + more;
  }
  void start(const std::string& source_more = "service = [{ name = \"web\" }]", const std::string& sink_more = {},
             const std::string& pipeline = no_brake) {
    drcon_ = std::make_unique<drcon_process>(config(source(source_more), nginx_.options() + sink_more, pipeline));
    drcon_->start();
  }
  void add(const backend& each, json more = json::object()) const {
    consul_->add("web", each.name(), each.address(), each.port(), std::move(more));
  }
  // The names that answer through nginx, over enough requests to meet each.
  std::set<std::string> answers() const { return answerers(nginx_.port(), 24); }
  bool routes_to(const std::set<std::string>& names) const {
    return wait_until([&] { return nginx_.serves_alone() && answers() == names; });
  }
  json endpoints(const std::string& service = "web") const {
    const auto pipeline = drcon_->pipeline("web");
    for (const auto& each : pipeline.at("services"))
      if (each["name"] == service) return each["endpoints"];
    return json::array();
  }
  std::string file() const { return read_file(nginx_.file()); }
  void use(const std::string& servers) {
    nginx_.serve(servers);
    nginx_.reload();
  }

  std::unique_ptr<consul_agent> consul_ = std::make_unique<consul_agent>();
  nginx_server nginx_;
  std::unique_ptr<drcon_process> drcon_;
};

TEST_F(Drcon, SuggestsTheServiceThatWasMeantWhereConsulKnowsNone) {
  const backend a("a");
  add(a);
  start("service = [{ name = \"wbe\" }, { name = \"web\" }]");
  EXPECT_TRUE(wait_until([&] {
    return drcon_->log().find("Consul knows no service \"wbe\" (did you mean \"web\"?)") != std::string::npos;
  })) << drcon_->log();
  EXPECT_THAT(drcon_->log(), ::testing::Not(::testing::HasSubstr("knows no service \"web\"")));
  EXPECT_TRUE(wait_until([&] { return drcon_->status()["pipelines"]["web"]["state"]["code"] == "warnings"; }))
      << drcon_->status();
}

TEST_F(Drcon, RoutesToWhatIsRegisteredAndNoLongerToWhatIsNot) {
  const backend a("a");
  const backend b("b");
  add(a);
  start();
  ASSERT_TRUE(drcon_->settled()) << drcon_->log();
  use(proxy_to_web);
  EXPECT_TRUE(routes_to({"a"})) << file() << drcon_->log();
  add(b);
  EXPECT_TRUE(routes_to({"a", "b"})) << file() << drcon_->log();
  consul_->remove("a");
  EXPECT_TRUE(routes_to({"b"})) << file() << drcon_->log();
}

TEST_F(Drcon, FollowsAHealthCheck) {
  const backend a("a");
  const backend b("b");
  add(a);
  add(b, {{"Check", {{"TTL", "60s"}, {"Status", "passing"}}}});
  start();
  ASSERT_TRUE(drcon_->settled()) << drcon_->log();
  use(proxy_to_web);
  EXPECT_TRUE(routes_to({"a", "b"}));
  consul_->put("/v1/agent/check/fail/service:b");
  EXPECT_TRUE(routes_to({"a"}));
  consul_->put("/v1/agent/check/pass/service:b");
  EXPECT_TRUE(routes_to({"a", "b"}));
}

TEST_F(Drcon, TakesAnInstanceInMaintenanceOut) {
  const backend a("a");
  const backend b("b");
  add(a);
  add(b);
  start();
  ASSERT_TRUE(drcon_->settled());
  use(proxy_to_web);
  consul_->maintenance("b", true);
  EXPECT_TRUE(routes_to({"a"}));
  consul_->maintenance("b", false);
  EXPECT_TRUE(routes_to({"a", "b"}));
}

TEST_F(Drcon, FollowsTagsAndWeights) {
  const backend a("a");
  const backend b("b");
  add(a, {{"Tags", {"v2"}}});
  add(b, {{"Tags", {"v1"}}});
  start("service = [{ name = \"web\", tag = [\"v2\"] }]");
  ASSERT_TRUE(drcon_->settled());
  use(proxy_to_web);
  EXPECT_TRUE(routes_to({"a"}));
  add(b, {{"Tags", {"v1", "v2"}}, {"Weights", {{"Passing", 7}, {"Warning", 1}}}});
  EXPECT_TRUE(routes_to({"a", "b"}));
  EXPECT_TRUE(wait_until([&] { return file().find(std::to_string(b.port()) + " weight=7") != std::string::npos; }))
      << file();
  add(b, {{"Tags", {"v2"}}, {"Weights", {{"Passing", 3}, {"Warning", 1}}}});
  EXPECT_TRUE(wait_until([&] { return file().find(std::to_string(b.port()) + " weight=3") != std::string::npos; }))
      << file();
}

TEST_F(Drcon, UsesTheNodesAddressForAServiceWithoutOne) {
  const backend a("a");
  consul_->add("web", "a", "", a.port());
  start();
  ASSERT_TRUE(drcon_->settled()) << drcon_->log();
  EXPECT_EQ(endpoints().at(0)["address"], "127.0.0.1");
  use(proxy_to_web);
  EXPECT_TRUE(routes_to({"a"}));
}

TEST_F(Drcon, RoutesToAnIpv6Endpoint) {
  const backend six("six", "::1");
  add(six);
  start();
  ASSERT_TRUE(drcon_->settled());
  use(proxy_to_web);
  EXPECT_TRUE(routes_to({"six"})) << file();
}

TEST_F(Drcon, FollowsServicesThatAppearAndVanish) {
  const backend a("a");
  add(a);
  start("service = [{ match = \"web|api-.*\" }]");
  ASSERT_TRUE(drcon_->settled());
  consul_->add("api-1", "x", "127.0.0.1", 1234);
  EXPECT_TRUE(wait_until([&] { return file().find("upstream api-1 {") != std::string::npos; })) << drcon_->log();
  consul_->add("other", "y", "127.0.0.1", 1235);
  consul_->remove("x");
  EXPECT_TRUE(wait_until([&] { return file().find("upstream api-1 {") == std::string::npos; })) << drcon_->log();
  EXPECT_EQ(file().find("upstream other {"), std::string::npos);
  EXPECT_NE(file().find("upstream web {"), std::string::npos);
}

TEST_F(Drcon, KeepsAVanishedServiceThatNginxStillNeeds) {
  const backend a("a");
  add(a);
  start("service = [{ match = \"web|api\" }]");
  consul_->add("api", "x", "127.0.0.1", 1234);
  ASSERT_TRUE(wait_until([&] { return file().find("upstream api {") != std::string::npos; }));
  use(proxy_to_web + " server { listen 127.0.0.1:" + std::to_string(free_port()) +
      "; location / { proxy_pass http://api; } }");
  ASSERT_TRUE(routes_to({"a"}));
  consul_->remove("x");
  ASSERT_TRUE(wait_until([&] { return drcon_->status()["sinks"]["edge"]["state"] == "degraded"; })) << drcon_->log();
  EXPECT_NE(file().find("upstream api {"), std::string::npos) << "nginx would refuse the file without it";
  const backend b("b");
  add(b);
  EXPECT_TRUE(routes_to({"a", "b"})) << "one vanished service must not block the others";
}

TEST_F(Drcon, KeepsServingWhileConsulIsDownAndWhenItComesBackEmpty) {
  const backend a("a");
  const backend b("b");
  add(a);
  add(b);
  start("service = [{ name = \"web\" }]", {}, "");
  ASSERT_TRUE(drcon_->settled());
  use(proxy_to_web);
  ASSERT_TRUE(routes_to({"a", "b"}));
  const auto before = file();
  consul_->kill9();
  ASSERT_TRUE(wait_until([&] { return drcon_->status()["sources"]["consul"]["state"] == "away"; })) << drcon_->log();
  EXPECT_EQ(file(), before);
  consul_->start(false);  // nothing is registered any more, and the index went back
  ASSERT_TRUE(wait_until([&] { return drcon_->status()["pipelines"]["web"]["held"] != ""; })) << drcon_->log();
  EXPECT_EQ(file(), before) << "the brake holds";
  EXPECT_EQ(answers(), (std::set<std::string>{"a", "b"}));
  const backend c("c");
  add(a);
  add(b);
  add(c);
  EXPECT_TRUE(routes_to({"a", "b", "c"})) << drcon_->log();
}

TEST_F(Drcon, KeepsServingWhileConsulHasNoLeader) {
  const backend a("a");
  const backend b("b");
  add(a);
  start();
  ASSERT_TRUE(drcon_->settled());
  use(proxy_to_web);
  ASSERT_TRUE(routes_to({"a"}));
  const auto before = file();
  consul_->start_without_leader();
  ASSERT_TRUE(wait_until([&] {
    return drcon_->status()["sources"]["consul"]["text"].get<std::string>().find("500") != std::string::npos;
  })) << drcon_->log();
  EXPECT_EQ(file(), before);
  EXPECT_EQ(answers(), (std::set<std::string>{"a"}));
  consul_->start(false);
  add(b);
  EXPECT_TRUE(wait_until([&] { return file().find(std::to_string(b.port())) != std::string::npos; })) << drcon_->log();
}

TEST_F(Drcon, TouchesNothingWhileConsulIsAwayAtStartAndAppliesAllWhenItComes) {
  const backend a("a");
  add(a);
  consul_->stop();
  write_file(nginx_.file(), "# by hand\n");
  start();
  ASSERT_TRUE(wait_until([&] { return drcon_->status()["sources"]["consul"]["state"] == "away"; })) << drcon_->log();
  EXPECT_EQ(file(), "# by hand\n");
  EXPECT_EQ(nginx_.reloads(), 0);
  consul_->start(true);
  add(a);
  EXPECT_TRUE(wait_until([&] { return file().find("upstream web {") != std::string::npos; })) << drcon_->log();
  EXPECT_TRUE(drcon_->settled());
}

TEST_F(Drcon, WritesForAnNginxThatIsDownAndNeedsNoReloadWhenItStarts) {
  const backend a("a");
  add(a);
  nginx_.stop();
  nginx_.serve(proxy_to_web);
  start();
  ASSERT_TRUE(wait_until([&] { return drcon_->status()["sinks"]["edge"]["last_answer"] == "away"; })) << drcon_->log();
  EXPECT_NE(file().find(std::to_string(a.port())), std::string::npos);
  nginx_.start();
  EXPECT_TRUE(drcon_->settled()) << drcon_->log();
  EXPECT_TRUE(routes_to({"a"}));
  EXPECT_EQ(nginx_.reloads(), 0);
}

TEST_F(Drcon, PutsTheFileBackWhileNginxsOwnConfigIsBrokenAndAppliesItOnceFixed) {
  const backend a("a");
  const backend b("b");
  add(a);
  start();
  ASSERT_TRUE(drcon_->settled());
  const auto before = file();
  ASSERT_TRUE(wait_until([&] { return nginx_.workers().size() == 1; })) << "an earlier generation ends";
  const auto workers = nginx_.workers();
  nginx_.break_config();
  add(b);
  ASSERT_TRUE(wait_until([&] {
    return drcon_->status()["sinks"]["edge"]["why"].get<std::string>().find("no_such_directive") != std::string::npos;
  })) << drcon_->log();
  EXPECT_TRUE(wait_until([&] { return file() == before; })) << file();
  EXPECT_EQ(nginx_.workers(), workers);
  nginx_.fix_config();
  EXPECT_TRUE(drcon_->settled()) << drcon_->log();
  EXPECT_NE(file().find(std::to_string(b.port())), std::string::npos);
}

TEST_F(Drcon, HealsWhatAKillBetweenWriteAndReloadLeft) {
  const backend a("a");
  const backend b("b");
  add(a);
  start();
  ASSERT_TRUE(drcon_->settled());
  use(proxy_to_web);
  ASSERT_TRUE(routes_to({"a"}));
  // What a kill leaves at that very point: the new file in place, its predecessor aside, nginx not told.
  drcon_->kill9();
  add(b);
  const auto old = file();
  write_file(nginx_.file().parent_path() / ".drcon.conf.previous", old);
  auto next = old;
  next.replace(next.find("    server 127"), 0, "    server 127.0.0.1:" + std::to_string(b.port()) + ";\n");
  write_file(nginx_.file(), next);
  drcon_->start();
  ASSERT_TRUE(drcon_->settled()) << drcon_->log();
  EXPECT_TRUE(routes_to({"a", "b"})) << drcon_->log() << file();
  EXPECT_FALSE(std::filesystem::exists(nginx_.file().parent_path() / ".drcon.conf.previous"));
}

// Killed for real at that point: its nginx -t is a script that stops there as long as "hold" exists.
TEST_F(Drcon, HealsAfterAKillBetweenWriteAndReload) {
  const temp_dir directory;
  const auto script = directory / "nginx";
  write_file(script, "#!/bin/sh\ncd " + directory.path().string() +
                         "\nif [ -e hold ]; then echo $$ > pid; mv pid held; exec sleep 60; fi\nexec nginx \"$@\"\n");
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  const backend a("a");
  const backend b("b");
  add(a);
  start("service = [{ match = \"web|more\" }]", "nginx = \"" + script.string() + "\"\n");
  ASSERT_TRUE(drcon_->settled()) << drcon_->log();
  write_file(directory / "hold", "");
  consul_->add("more", "b", b.address(), b.port());  // a new service: checked before the signal
  ASSERT_TRUE(wait_until([&] { return std::filesystem::exists(directory / "held"); })) << drcon_->log();
  drcon_->kill9();
  ::kill(std::stoi(read_file(directory / "held")), SIGKILL);
  const auto reloads = nginx_.reloads();
  ASSERT_NE(file().find("upstream more"), std::string::npos) << "written";
  std::filesystem::remove(directory / "hold");
  drcon_->start();
  ASSERT_TRUE(drcon_->settled()) << drcon_->log();
  EXPECT_GT(nginx_.reloads(), reloads) << "and now served";
  use("server { listen 127.0.0.1:@PORT@; location / { proxy_pass http://more; } }");
  EXPECT_TRUE(routes_to({"b"})) << file();
  EXPECT_FALSE(std::filesystem::exists(nginx_.file().parent_path() / ".drcon.conf.previous"));
}

TEST_F(Drcon, ReloadsNginxForAFileThatIsRightButNotServed) {
  const backend a("a");
  add(a);
  start();
  ASSERT_TRUE(drcon_->settled());
  drcon_->stop();
  const auto right = file();
  std::filesystem::remove(nginx_.file());
  nginx_.reload();
  ASSERT_TRUE(wait_until([&] { return nginx_.reloads() >= 2; }));
  write_file(nginx_.file(), right);
  drcon_->start();
  EXPECT_TRUE(drcon_->settled());
  use(proxy_to_web);
  EXPECT_TRUE(routes_to({"a"})) << drcon_->log();
}

TEST_F(Drcon, DoesNothingToAnNginxThatServesWhatIsDesiredAlready) {
  const backend a("a");
  add(a);
  start();
  ASSERT_TRUE(drcon_->settled());
  ASSERT_TRUE(wait_until([&] { return nginx_.workers().size() == 1; })) << "an earlier generation ends";
  const auto workers = nginx_.workers();
  const auto written = std::filesystem::last_write_time(nginx_.file());
  const auto reloads = nginx_.reloads();
  ASSERT_EQ(drcon_->stop(), 0) << drcon_->log();
  drcon_->start();
  ASSERT_TRUE(drcon_->settled());
  add(a);  // the same again
  consul_->put("/v1/agent/service/register", {{"Name", "unrelated"}, {"ID", "u"}, {"Port", 1}});
  ASSERT_EQ(drcon_->verb("once").code, 0);
  EXPECT_EQ(nginx_.workers(), workers);
  EXPECT_EQ(std::filesystem::last_write_time(nginx_.file()), written);
  EXPECT_EQ(nginx_.reloads(), reloads);
}

TEST_F(Drcon, DropsWhatIsHostileAndNothingElse) {
  const backend a("a");
  add(a);
  const auto form = nginx_.prefix() / "form.mustache";
  write_file(form,
             "{{#services}}upstream {{name}} {\n{{#endpoints}}  server {{server}}; # {{id}} {{node}} "
             "{{#tags}}{{.}} {{/tags}}{{#meta_list}}{{key}}={{value}} {{/meta_list}}\n{{/endpoints}}}\n{{/services}}");
  start("service = [{ match = \"[^]*\" }]", "template = \"" + form.string() + "\"\n");
  ASSERT_TRUE(drcon_->settled()) << drcon_->log();
  const std::string payload = "x; } server { listen 1; return 200 PWNED; } upstream y { server 127.0.0.1:1";
  const std::vector<std::string> hostile{payload,
                                         "PWNED;",
                                         "PWNED}",
                                         "PWNED\nserver {}",
                                         "PWNED\"",
                                         "PWNED'",
                                         "$PWNED",
                                         std::string("PWNED\0", 6),
                                         "PWNED" + std::string(10240, 'x')};
  int id = 0;
  const auto try_add = [&](const json& body) {
    http("PUT", consul_->port(), "/v1/agent/service/register", body.dump());  // Consul itself refuses some
  };
  for (const auto& value : hostile) {
    const auto n = std::to_string(++id);
    try_add({{"Name", "tagged"}, {"ID", "t" + n}, {"Address", "127.0.0.1"}, {"Port", 7}, {"Tags", {value}}});
    try_add({{"Name", "described"}, {"ID", "m" + n}, {"Address", "127.0.0.1"}, {"Port", 7}, {"Meta", {{"k", value}}}});
    try_add({{"Name", "placed"}, {"ID", "p" + n}, {"Address", value}, {"Port", 7}});
    try_add({{"Name", value}, {"ID", "n" + n}, {"Address", "127.0.0.1"}, {"Port", 7}});
    try_add({{"Name", "named"}, {"ID", value}, {"Address", "127.0.0.1"}, {"Port", 7}});
  }
  const backend b("b");
  add(b);  // the last of all: when it is served, all before it has been seen
  use(proxy_to_web);
  ASSERT_TRUE(routes_to({"a", "b"})) << drcon_->log();
  // The target has all that is decided. What is not settled is nothing but services that lose what was refused of them.
  EXPECT_TRUE(wait_until([&] { return drcon_->status()["sinks"]["edge"]["up_to_date"] == true; })) << drcon_->log();
  std::istringstream open(drcon_->ask("GET", "/readyz").body);
  std::vector<std::string> lose;
  for (std::string line; std::getline(open, line);) {
    ASSERT_THAT(line, ::testing::HasSubstr("sink edge leaves out ")) << drcon_->log();
    lose.push_back(line.substr(line.find(" of service ") + 12));
  }
  EXPECT_THAT(lose,
              ::testing::UnorderedElementsAre(::testing::StartsWith("described: "), ::testing::StartsWith("named: "),
                                              ::testing::StartsWith("tagged: ")));
  EXPECT_EQ(nginx_.dump().find("PWNED"), std::string::npos) << nginx_.dump();
  EXPECT_EQ(file().find(":7"), std::string::npos) << file();
  EXPECT_NE(drcon_->log().find("left out"), std::string::npos);
  EXPECT_NE(drcon_->metrics().find("drcon_refused_total"), std::string::npos);
}

TEST_F(Drcon, HoldsAnEmptyRegistryWhenItsOwnStateIsLostToo) {
  const backend a("a");
  const backend b("b");
  add(a);
  add(b);
  start("service = [{ name = \"web\" }]", "empty = \"503\"\n", "");
  use(proxy_to_web);
  ASSERT_TRUE(drcon_->settled());
  drcon_->stop();
  std::filesystem::remove_all(drcon_->directory() / "state");
  consul_->remove("a");
  consul_->remove("b");
  const auto before = file();
  drcon_->start();
  ASSERT_TRUE(wait_until([&] { return drcon_->verb("status").out.find("nothing is kept") != std::string::npos; }))
      << drcon_->log();
  EXPECT_EQ(drcon_->verb("status").code, 3);
  EXPECT_EQ(file(), before);
  EXPECT_TRUE(routes_to({"a", "b"}));
  add(a);
  EXPECT_TRUE(routes_to({"a"})) << "what comes back is applied at once";
}

// How often the source had nothing to report for nearly as long as ends a storm (core/engine/pacer.hpp). Consul or
// drcon may be kept from working for as long on a machine that is busy.
int pauses_between_reports(const std::string& log) {
  constexpr auto long_pause = 150ms;
  int pauses = 0;
  std::optional<std::chrono::milliseconds> last;
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    if (line.find(" publishes service s") == std::string::npos) continue;
    const auto number = [&line](std::size_t place, std::size_t digits) {
      return std::stoi(line.substr(place, digits));
    };
    // 2026-11-27T20:16:11.123+0000
    const std::chrono::milliseconds now = std::chrono::hours(number(11, 2)) + std::chrono::minutes(number(14, 2)) +
                                          std::chrono::seconds(number(17, 2)) +
                                          std::chrono::milliseconds(number(20, 3));
    if (last && now - *last >= long_pause) ++pauses;
    last = now;
  }
  return pauses;
}

TEST_F(Drcon, FoldsAStormOfRegistrations) {
  const backend a("a");
  add(a);
  start("service = [{ match = \"web|s[0-9]+\" }]");
  ASSERT_TRUE(drcon_->settled());
  ASSERT_EQ(drcon_->verb("log", {"debug", "--plugin", "consul-http"}).code, 0);
  const auto before = nginx_.reloads();
  const auto began = std::chrono::steady_clock::now();
  constexpr int many = 500;
  for (int i = 0; i < many; ++i) consul_->add("s" + std::to_string(i), "i" + std::to_string(i), "127.0.0.1", 1000 + i);
  ASSERT_TRUE(wait_until([&] { return drcon_->pipeline("web")["services"].size() == many + 1; }, 60s)) << drcon_->log();
  ASSERT_TRUE(drcon_->settled(60s));
  const auto text = file();
  for (int i = 0; i < many; ++i) EXPECT_NE(text.find("upstream s" + std::to_string(i) + " {"), std::string::npos) << i;
  // A handful, and one every half second for as long as Consul takes to hear of all of them. A pause that ends a storm
  // begins another one.
  const auto halves = (std::chrono::steady_clock::now() - began) / 500ms;
  ASSERT_NE(drcon_->log().find(" publishes service s"), std::string::npos);
  const auto storms = 1 + pauses_between_reports(drcon_->log());
  EXPECT_LE(nginx_.reloads() - before, 5 * storms + halves) << storms << " storms";
}

TEST_F(Drcon, ReloadsItsConfigurationAndRefusesAWrongOne) {
  const backend a("a");
  const backend b("b");
  add(a);
  consul_->add("web2", "b", "127.0.0.1", b.port());
  start();
  ASSERT_TRUE(drcon_->settled());
  const auto before = file();
  drcon_->reload(config(source(), nginx_.options() + "emty = \"503\"\n"));
  ASSERT_TRUE(wait_until([&] { return drcon_->log().find("did you mean 'empty'?") != std::string::npos; }))
      << drcon_->log();
  EXPECT_EQ(file(), before);
  drcon_->reload(config(source("service = [{ name = \"web\" }, { name = \"web2\" }]"), nginx_.options()));
  EXPECT_TRUE(wait_until([&] { return file().find("upstream web2 {") != std::string::npos; })) << drcon_->log();
  EXPECT_NE(file().find("upstream web {"), std::string::npos);
}

TEST_F(Drcon, StopsCleanlyWithinItsDeadline) {
  const backend a("a");
  add(a);
  start();
  ASSERT_TRUE(drcon_->settled());
  const auto before = file();
  EXPECT_EQ(drcon_->stop(), 0) << drcon_->log();
  EXPECT_EQ(file(), before);
}

TEST_F(Drcon, RendersWithoutTouchingAnything) {
  const backend a("a");
  add(a);
  drcon_ = std::make_unique<drcon_process>(config(source(), nginx_.options()));
  const auto shown = drcon_->verb("render");
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_NE(shown.out.find("upstream web {"), std::string::npos) << shown.out;
  const auto diff = drcon_->verb("render", {"--diff"});
  EXPECT_NE(diff.out.find("+upstream web {"), std::string::npos) << diff.out;
  EXPECT_FALSE(std::filesystem::exists(nginx_.file()));
  EXPECT_FALSE(std::filesystem::exists(drcon_->directory() / "state"));
  ASSERT_EQ(drcon_->verb("once").code, 0);
  EXPECT_EQ(drcon_->verb("render", {"--diff"}).out, "");
}

// A file system that is not mounted yet: systemd starts it again, which it does not do after a faulty configuration.
TEST(Run, EndsAsAfterAFailureAndNotAsAfterAFaultyConfigurationWhenAPluginMissesSomething) {
  const temp_dir directory;
  write_file(directory / "drcon.toml",
             "[host]\nstate_directory = \"state\"\n[admin]\nsocket = \"admin.sock\"\n"
             "[source.s]\nplugin = \"file\"\npath = \"s.toml\"\n"
             "[sink.t]\nplugin = \"template\"\nfile = [{ path = \"out\", template = "
             "\"absent/t.mustache\", escape = \"none\" }]\n"
             "[pipeline.p]\nsources = [\"s\"]\nsinks = [\"t\"]\n");
  const auto ended = run({DRCON_BINARY, "run", "-c", (directory / "drcon.toml").string()});
  EXPECT_EQ(ended.code, 3) << ended.err;
  EXPECT_NE(ended.err.find("absent/t.mustache"), std::string::npos) << ended.err;
  write_file(directory / "drcon.toml", "[pipeline.p]\nsources = [\"none\"]\nsinks = []\n");
  EXPECT_EQ(run({DRCON_BINARY, "run", "-c", (directory / "drcon.toml").string()}).code, 1);
}

// At boot an agent may write the token, and the file systems of includes and plugins may be mounted, after drcon
// starts.
TEST(Run, EndsAsAfterAFailureWhereAFileThatTheConfigurationNamesIsNotThereYet) {
  const temp_dir directory;
  const auto code_of = [&](const std::string& source, const std::string& more = {}, const std::string& verb = "run") {
    write_file(directory / "drcon.toml", more +
                                             "[host]\nstate_directory = \"state\"\nplugin_directories = [\"plugins\"]\n"
                                             "[admin]\nsocket = \"admin.sock\"\n[source.s]\n" +
                                             source +
                                             "\n[sink.t]\nplugin = \"nginx\"\nfile = \"out.conf\"\n"
                                             "[pipeline.p]\nsources = [\"s\"]\nsinks = [\"t\"]\n");
    return run({DRCON_BINARY, verb, "-c", (directory / "drcon.toml").string()}).code;
  };
  const std::string token = "plugin = \"consul-http\"\nservice = [{ name = \"web\" }]\ntoken = { file = \"token\" }";
  const std::string file = "plugin = \"file\"\npath = \"s.toml\"";
  const std::string none = "plugin = \"none-such\"";
  EXPECT_EQ(code_of(token), 3);
  EXPECT_EQ(code_of(token, {}, "once"), 3);
  EXPECT_EQ(code_of(token, {}, "check"), 1) << "it judges the configuration as it is";
  EXPECT_EQ(code_of(file, "include = [\"later/p.toml\"]\n"), 3);
  EXPECT_EQ(code_of(none), 3) << "its directory is not there";
  std::filesystem::create_directory(directory / "plugins");
  EXPECT_EQ(code_of(none), 3) << "its directory is the place of a file system that is not mounted";
  write_file(directory / "plugins" / "other.so", "");
  EXPECT_EQ(code_of(none), 1);
  std::filesystem::create_directory(directory / "token");
  EXPECT_EQ(code_of(token), 1) << "a directory is no secret, and stays none";
  EXPECT_EQ(code_of(token + "\nno_such_option = 1", "include = [\"later/p.toml\"]\n"), 1) << "there is more to it";
  EXPECT_EQ(run({DRCON_BINARY, "run", "-c", (directory / "none.toml").string()}).code, 1);
}

TEST_F(Drcon, SaysWhyOnceCouldNotBeDone) {
  consul_->stop();
  drcon_ = std::make_unique<drcon_process>(config(source(), nginx_.options()));
  const auto result = drcon_->verb("once", {"--timeout", "1s"});
  EXPECT_EQ(result.code, 3);
  EXPECT_NE(result.err.find("pipeline web waits for source consul"), std::string::npos) << result.err;
}

TEST_F(Drcon, OnceEndsInOrderByASignalWhileItWaits) {
  consul_->stop();
  drcon_ = std::make_unique<drcon_process>(config(source(), nginx_.options()));
  const auto log = drcon_->directory() / "once.log";
  process once({DRCON_BINARY, "once", "-c", (drcon_->directory() / "drcon.toml").string(), "--timeout", "1h"}, log);
  ASSERT_TRUE(wait_until([&] { return once.text().find("[source consul]") != std::string::npos; })) << once.text();
  once.signal(SIGTERM);
  EXPECT_EQ(once.wait(patience), 3) << once.text();
  EXPECT_NE(once.text().find("a signal came before every target was up to date"), std::string::npos) << once.text();
}

TEST(Check, FindsNoFaultInTheShippedConfigurations) {
  const std::filesystem::path root(DRCON_SOURCE_ROOT);
  int count = 0;
  for (const auto& file : std::filesystem::directory_iterator(root / "config")) {
    if (file.path().extension() != ".toml") continue;
    const auto result = run({DRCON_BINARY, "check", "-c", file.path().string()});
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_EQ(result.err, "") << file.path();
    ++count;
  }
  EXPECT_GE(count, 7);
}

class CheckOfTemplates : public ::testing::Test {
protected:
  auto check(const std::string& text, const std::string& more_of_sink = {}) const {
    write_file(directory_.path() / "t.ctmpl", text);
    const auto file = directory_.path() / "drcon.toml";
    write_file(file,
               "[source.consul]\nplugin = \"consul-http\"\nservice = [{ name = \"web\" }]\n"
               "[source.kv]\nplugin = \"consul-kv\"\nkey = [{ path = \"a/b\" }, { prefix = \"c/\" }]\n"
               "[sink.file]\nplugin = \"template\"\n" +
                   more_of_sink + "[[sink.file.file]]\npath = \"" + (directory_.path() / "out").string() +
                   "\"\ntemplate = \"" + (directory_.path() / "t.ctmpl").string() +
                   "\"\nescape = \"none\"\n[pipeline.p]\nsources = [\"consul\", \"kv\"]\nsinks = [\"file\"]\n");
    return run({DRCON_BINARY, "check", "-c", file.string()});
  }
  temp_dir directory_;
};

TEST_F(CheckOfTemplates, FindNoFaultWhereSourcesWatchWhatTheyAskFor) {
  const auto result = check(R"({{range service "web"}}{{.Port}}{{end}}{{key "a/b"}}{{keyOrDefault "c/d" "1"}})");
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.err, "");
}

TEST_F(CheckOfTemplates, ReportWhatNoSourceWatchesWithTheLineToAdd) {
  for (const auto* isolation : {"", "isolation = { mode = \"process\" }\n"}) {
    const auto result = check("\n{{range service \"shop\"}}{{.Port}}{{end}}", isolation);
    EXPECT_EQ(result.code, 1);
    EXPECT_NE(result.err.find("t.ctmpl:2:9: no source of this pipeline publishes a service \"shop\""),
              std::string::npos)
        << result.err;
    EXPECT_NE(result.err.find("service = [{ name = \"shop\" }] of consul-http"), std::string::npos) << result.err;
  }
}

TEST_F(CheckOfTemplates, WarnOfKeysThatAlwaysHaveTheirDefault) {
  const auto result = check(R"({{keyOrDefault "x/y" "1"}})");
  EXPECT_EQ(result.code, 0);
  EXPECT_NE(result.err.find("no source of this pipeline watches the key \"x/y\", so that keyOrDefault always"),
            std::string::npos)
      << result.err;
  EXPECT_NE(result.err.find("key = [{ path = \"x/y\" }] of consul-kv"), std::string::npos) << result.err;
  EXPECT_NE(result.out.find(": no error found, see the warnings"), std::string::npos) << result.out;
}

TEST_F(CheckOfTemplates, TakeServicesThatComeAndGoAsTheSinkSays) {
  const auto result = check(R"({{range service "shop"}}{{.Port}}{{end}})", "absent = \"empty\"\n");
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.err, "");
}

TEST(Check, ReportsThePlaceOfEachFaultInABrokenConfiguration) {
  const auto root = std::filesystem::path(DRCON_SOURCE_ROOT) / "tests/golden/config";
  int count = 0;
  for (const auto& each : std::filesystem::directory_iterator(root)) {
    const auto result =
        run({"sh", "-c", "cd '" + each.path().string() + "' && '" DRCON_BINARY "' check -c drcon.toml"});
    EXPECT_EQ(result.code, 1) << each.path();
    EXPECT_EQ(result.err, read_file(each.path() / "expected")) << each.path();
    ++count;
  }
  EXPECT_GE(count, 20);
}

}  // namespace
}  // namespace drcon::test
