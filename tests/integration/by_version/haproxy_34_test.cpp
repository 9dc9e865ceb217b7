// Backends that are made at run time, against a real HAProxy 3.4. Neither Debian 12 nor 13 has one, and a skipped test
// counts as a failed one: so these tests are built where DRCON_HAPROXY_34 names the program when the build is
// configured. The same rules are held everywhere with a HAProxy of the test's, in
// tests/unit/plugins/haproxy/backends_test.cpp.
#include "support/backend.hpp"
#include "support/drcon_process.hpp"
#include "support/haproxy_server.hpp"
#include "support/load.hpp"
#include "support/plugin_harness.hpp"
#include "support/service_at.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <sstream>

namespace drcon::test {
namespace {

class Haproxy34 : public ::testing::Test {
protected:
  using names = std::set<std::string>;

  Haproxy34() {
    write_file(map_, "");
    haproxy_.configure("  use_backend %[req.hdr(host),map(" + map_.string() +
                       ")]\n"
                       "backend web\n  balance roundrobin\n  server static 127.0.0.1:" +
                       std::to_string(fallback_.port()) +
                       "\nbackend be_unused\n"
                       "defaults of-drcon\n  mode http\n  balance roundrobin\n  timeout connect 1s\n"
                       "  timeout server 30s\n  retries 3\n  option redispatch\n");
    haproxy_.start();
  }
  sink_harness& sink(const std::string& more = {}) {
    sink_.reset();
    sink_ = std::make_unique<sink_harness>("haproxy", options() + more);
    sink_->start();
    return *sink_;
  }
  std::string options() const {
    return haproxy_.options() + "backend = \"be_{service}\"\nbackends_from = \"of-drcon\"\nmap = \"" + map_.string() +
           "\"\nserver_options = \"\"\n";
  }
  names backends() const {
    std::istringstream lines(haproxy_.command("show backend"));
    names all;
    for (std::string line; std::getline(lines, line);)
      if (!line.empty() && !line.starts_with('#')) all.insert(line);
    return all;
  }
  bool becomes(const names& expected) const {
    return wait_until([&] { return backends() == expected; });
  }
  std::string answer_for(const std::string& host, const std::string& target = "/") const {
    const auto answer = http("GET", haproxy_.port(), target, {}, {{"Host", host}});
    return answer.status == 200 ? answer.body : std::to_string(answer.status);
  }

  backend fallback_{"fallback"};
  backend a_{"a"};
  backend b_{"b"};
  haproxy_server haproxy_{"", "", false, DRCON_HAPROXY_34};
  const std::filesystem::path map_ = haproxy_.directory() / "services.map";
  std::unique_ptr<sink_harness> sink_;
  const names of_file_{"be_unused", "web"};
};

TEST_F(Haproxy34, GivesANewServiceABackendAndARouteWithoutAReloadOrAFailedRequest) {
  sink();
  ASSERT_EQ(sink_->apply({service_at("api", {&a_})}).result, DRCON_OK) << sink_->status().text;
  const auto worker = haproxy_.worker();
  // One half asks for a service that stays, the other for one that comes and goes: without it, for the default backend.
  load stays(haproxy_.port(), 100, "api");
  load comes_and_goes(haproxy_.port(), 100, "shop");
  const auto enough = [&] { return stays.sent() + comes_and_goes.sent() >= 2000; };
  for (int round = 0; round < 10 || !enough(); ++round) {
    ASSERT_EQ(sink_->apply({service_at("api", {&a_}), service_at("shop", {&b_})}).result, DRCON_OK);
    EXPECT_EQ(answer_for("shop"), "b\n") << "right after the answer";
    const auto before = b_.requests();
    EXPECT_TRUE(wait_until([&] { return b_.requests() > before + 5; }));
    ASSERT_EQ(sink_->apply({service_at("api", {&a_})}).result, DRCON_OK);
    EXPECT_EQ(answer_for("shop"), "fallback\n");
    EXPECT_TRUE(becomes({"be_api", "be_unused", "web"})) << sink_->status().text;
  }
  stays.stop();
  comes_and_goes.stop();
  EXPECT_EQ(stays.failed(), 0) << stays.last();
  EXPECT_EQ(comes_and_goes.failed(), 0) << comes_and_goes.last();
  EXPECT_EQ(haproxy_.reloads(), 0);
  EXPECT_EQ(haproxy_.worker(), worker);
  EXPECT_EQ(sink_->status().state, DRCON_STATE_OK) << sink_->status().text;
}

TEST_F(Haproxy34, MakesEverythingAgainAfterAReload) {
  sink();
  ASSERT_EQ(sink_->apply({service_at("api", {&a_}), service_at("shop", {&b_})}).result, DRCON_OK);
  haproxy_.reload();
  EXPECT_TRUE(wait_until([this] { return answer_for("api") == "a\n" && answer_for("shop") == "b\n"; }))
      << sink_->status().text;
  ASSERT_EQ(sink_->apply({}).result, DRCON_OK);
  EXPECT_TRUE(becomes(of_file_)) << sink_->status().text;
}

TEST_F(Haproxy34, DeletesWhatItMadeBeforeItWasRestartedAndNothingElse) {
  sink();
  ASSERT_EQ(sink_->apply({service_at("api", {&a_}), service_at("shop", {&b_})}).result, DRCON_OK);
  haproxy_.command("add backend by-hand from of-drcon");
  sink();
  ASSERT_EQ(sink_->apply({service_at("shop", {&b_})}).result, DRCON_OK);
  EXPECT_TRUE(becomes({"be_shop", "be_unused", "by-hand", "web"})) << sink_->status().text;
  EXPECT_EQ(answer_for("shop"), "b\n");
}

TEST_F(Haproxy34, DeletesABackendOnlyWhenItsLastRequestHasEnded) {
  sink();
  ASSERT_EQ(sink_->apply({service_at("shop", {&b_})}).result, DRCON_OK);
  auto held = std::async(std::launch::async, [this] { return answer_for("shop", "/held"); });
  ASSERT_TRUE(wait_until([this] { return b_.requests() == 1; }));
  ASSERT_EQ(sink_->apply({}).result, DRCON_OK);
  EXPECT_EQ(answer_for("shop"), "fallback\n");
  EXPECT_TRUE(backends().contains("be_shop"));
  b_.release();
  EXPECT_EQ(held.get(), "b\n");
  EXPECT_TRUE(becomes(of_file_)) << sink_->status().text;
}

TEST_F(Haproxy34, HasOneRefusedBackendHoldUpNoOther) {
  sink("backends = [{ service = \"odd\", backend = \"f\" }]\n");  // the name of the frontend
  ASSERT_EQ(sink_->apply({service_at("odd", {&a_}), service_at("shop", {&b_})}).result, DRCON_OK);
  EXPECT_EQ(answer_for("shop"), "b\n");
  EXPECT_NE(sink_->status().text.find("backend f is not made: HAProxy refuses 'add backend f"), std::string::npos)
      << sink_->status().text;
  EXPECT_EQ(sink_->refused().size(), 1U);
}

TEST_F(Haproxy34, TakesAThousandServicesAtOnce) {
  sink();
  std::vector<service> many;
  for (int i = 0; i < 1000; ++i) many.push_back(service_at("s" + std::to_string(i), {&a_}));
  std::ranges::sort(many, {}, &service::name);
  ASSERT_EQ(sink_->apply(many).result, DRCON_OK) << sink_->status().text;
  EXPECT_EQ(backends().size(), 1000 + of_file_.size());
  EXPECT_EQ(answer_for("s999"), "a\n");
  ASSERT_EQ(sink_->apply({}).result, DRCON_OK);
  EXPECT_TRUE(becomes(of_file_)) << sink_->status().text;
}

// The file has them from the next reload on, and they are of the configuration then.
TEST_F(Haproxy34, MakesAtOnceWhatItsConfigFileHasAfterTheNextReload) {
  const auto file = haproxy_.directory() / "drcon.cfg";
  haproxy_.stop();
  write_file(file, "");
  haproxy_.read_also(file);
  haproxy_.start();
  sink("config_file = \"" + file.string() + "\"\nconfig_defaults = \"of-drcon\"\n");
  ASSERT_EQ(sink_->apply({service_at("shop", {&b_})}).result, DRCON_OK);
  EXPECT_EQ(answer_for("shop"), "b\n");
  EXPECT_NE(read_file(file).find("backend be_shop from of-drcon\n  server drcon-"), std::string::npos)
      << read_file(file);
  EXPECT_EQ(sink_->status().text, "");
  haproxy_.reload();
  EXPECT_TRUE(wait_until([this] { return answer_for("shop") == "b\n"; })) << sink_->status().text;
  ASSERT_EQ(sink_->apply({}).result, DRCON_OK);
  EXPECT_EQ(answer_for("shop"), "fallback\n");
  EXPECT_TRUE(backends().contains("be_shop")) << "it is of the configuration";
}

TEST_F(Haproxy34, LosesABackendOnlyAfterTheBrake) {
  const temp_dir files;
  const auto hosts = files / "hosts.toml";
  const auto entry = [](const std::string& name, const backend& at) {
    return "[[service]]\nname = \"" + name + "\"\n[[service.endpoint]]\naddress = \"" + at.address() +
           "\"\nport = " + std::to_string(at.port()) + "\n";
  };
  write_file(hosts, entry("api", a_) + entry("shop", b_));
  const auto config = "[source.hosts]\nplugin = \"file\"\npath = \"" + hosts.string() +
                      "\"\n[sink.edge]\nplugin = \"haproxy\"\n" + options() +
                      "[pipeline.web]\nsources = [\"hosts\"]\nsinks = [\"edge\"]\n";
  drcon_process drcon(config);
  drcon.start();
  ASSERT_TRUE(wait_until([this] { return answer_for("shop") == "b\n"; })) << drcon.log();
  write_file(hosts, entry("api", a_));
  ASSERT_TRUE(wait_until([&] { return drcon.status()["pipelines"]["web"]["held"] != ""; })) << drcon.log();
  EXPECT_EQ(answer_for("shop"), "b\n");
  EXPECT_TRUE(backends().contains("be_shop"));
  drcon.reload(config + no_brake);
  EXPECT_TRUE(becomes({"be_api", "be_unused", "web"})) << drcon.log();
  EXPECT_EQ(answer_for("shop"), "fallback\n");
}

}  // namespace
}  // namespace drcon::test
