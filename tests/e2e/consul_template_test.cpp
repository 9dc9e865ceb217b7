// Templates of Consul Template's users, as they are, with a real Consul and a real nginx.
#include "support/backend.hpp"
#include "support/consul_agent.hpp"
#include "support/drcon_process.hpp"
#include "support/nginx_server.hpp"
#include "support/ports.hpp"
#include "support/wait.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

namespace drcon::test {
namespace {

using ::testing::HasSubstr;

class ConsulTemplate : public ::testing::Test {
protected:
  std::string path(const std::string& name) const { return (directory_ / name).string(); }
  // A template sink that writes a file and reloads whoever reads it.
  void start(const std::string& form, const std::string& file, const std::string& sources, const std::string& more) {
    write_file(path("form.ctmpl"), form);
    drcon_ = std::make_unique<drcon_process>("[source.consul]\nplugin = \"consul-http\"\naddress = \"" + consul_.url() +
                                             "\"\n" + sources + "[sink.file]\nplugin = \"template\"\n" + more +
                                             "file = [{ path = \"" + file + "\", template = \"" + path("form.ctmpl") +
                                             "\", escape = \"nginx\" }]\n");
    drcon_->start();
  }

  consul_agent consul_;
  nginx_server nginx_;
  temp_dir directory_;
  std::unique_ptr<drcon_process> drcon_;
};

// The template of the DR CoN recipe of 2015, but for the port.
TEST_F(ConsulTemplate, TheRecipesTemplateOf2015BalancesBetweenContainers) {
  const auto port = free_port();
  start(R"(upstream app {
    least_conn;
    {{range service "simple"}}server {{.Address}}:{{.Port}} max_fails=3 fail_timeout=60 weight=1;
    {{else}}server 127.0.0.1:65535; # force a 502{{end}}
}

server {
    listen 127.0.0.1:)" +
            std::to_string(port) + R"( default_server;

    location / {
        proxy_pass http://app;
    }
}
)",
        nginx_.file("app.conf").string(),
        "service = [{ name = \"simple\" }]\n"
        "[pipeline.app]\nsources = [\"consul\"]\nsinks = [\"file\"]\nbrake = { hold = \"0s\" }\n",
        "reload = { signal = \"HUP\", pid_file = \"" + nginx_.pid_file().string() + "\" }\n");
  const auto answer = [&] {
    const auto got = get(port, "/");
    return got.status == 200 ? got.body : std::to_string(got.status);
  };
  EXPECT_TRUE(wait_until([&] { return answer() == "502"; })) << drcon_->log();
  const backend a("a");
  const backend b("b");
  consul_.add("simple", "a", a.address(), a.port());
  EXPECT_TRUE(wait_until([&] { return answer() == "a\n"; })) << answer() << drcon_->log();
  consul_.add("simple", "b", b.address(), b.port());
  EXPECT_TRUE(wait_until([&] { return answer() == "b\n" && nginx_.serves_alone(); })) << drcon_->log();
  std::multiset<std::string> answers;
  for (int i = 0; i < 10; ++i) answers.insert(answer());
  EXPECT_EQ(answers.count("a\n"), 5U) << "requests alternate";
  EXPECT_EQ(answers.count("b\n"), 5U);
  consul_.remove("a");
  consul_.remove("b");
  EXPECT_TRUE(wait_until([&] { return answer() == "502"; })) << drcon_->log();
}

TEST_F(ConsulTemplate, WaitsForAKeyThatIsNotThereAndTakesADefaultWhereItIsGiven) {
  const auto out = path("out.conf");
  start(
      "colour {{key \"app/colour\"}};\nsize {{keyOrDefault \"app/size\" \"M\"}};\n"
      "{{range ls \"app/limits\"}}limit {{.Key}} {{.Value}};\n{{end}}",
      out,
      "service = [{ name = \"simple\" }]\n[source.kv]\nplugin = \"consul-kv\"\naddress = \"" + consul_.url() +
          "\"\nkey = [{ prefix = \"app/\" }]\n"
          "[pipeline.app]\nsources = [\"consul\", \"kv\"]\nsinks = [\"file\"]\nbrake = { hold = \"0s\" }\n",
      "");
  const auto is_refused = [&] {
    return drcon_->log().find("form.ctmpl:1:") != std::string::npos &&
           drcon_->log().find("there is no key \"app/colour\" in this pipeline") != std::string::npos;
  };
  EXPECT_TRUE(wait_until(is_refused)) << drcon_->log();
  EXPECT_FALSE(std::filesystem::exists(out));
  const auto put = [this](const std::string& key, const std::string& value) {
    http("PUT", consul_.port(), "/v1/kv/" + key, value);
  };
  put("app/colour", "red");
  EXPECT_TRUE(wait_until([&] { return read_file(out) == "colour red;\nsize M;\n"; })) << drcon_->log();
  put("app/limits/cpu", "2");
  put("app/size", "L");
  EXPECT_TRUE(wait_until([&] { return read_file(out) == "colour red;\nsize L;\nlimit cpu 2;\n"; })) << drcon_->log();
  EXPECT_TRUE(drcon_->settled());
}

TEST_F(ConsulTemplate, KeepsTheOldFileWhileATemplateAsksForAServiceThatNoSourceWatches) {
  const auto out = path("out.conf");
  write_file(out, "old\n");
  consul_.add("simple", "a", "127.0.0.1", 7);
  consul_.add("other", "b", "127.0.0.1", 8);
  start("{{range service \"simple\"}}{{.Port}};{{end}}\n{{range service \"other\"}}{{.Port}};{{end}}\n", out,
        "service = [{ name = \"simple\" }]\n[pipeline.app]\nsources = [\"consul\"]\nsinks = [\"file\"]\n", "");
  EXPECT_TRUE(wait_until([&] { return drcon_->log().find("form.ctmpl:2:") != std::string::npos; })) << drcon_->log();
  EXPECT_THAT(drcon_->log(), HasSubstr("no source of this pipeline publishes a service \"other\""));
  EXPECT_EQ(read_file(out), "old\n");
  EXPECT_FALSE(drcon_->settled(std::chrono::milliseconds(1)));
  write_file(path("form.ctmpl"), "{{range service \"simple\"}}{{.Port}};{{end}}\n");
  EXPECT_TRUE(wait_until([&] { return read_file(out) == "7;\n"; })) << drcon_->log();
  EXPECT_TRUE(drcon_->settled());
}

// One template for each service: 200 of them come and go, while requests go on and a file of another hand stays.
TEST(TemplateSites, ComeAndGoWithTheirServicesAndNoRequestIsLost) {
  const consul_agent consul;
  const auto port = free_port();
  const auto listen = "listen 127.0.0.1:" + std::to_string(port) + ";";
  nginx_server nginx;
  const temp_dir directory;
  const auto form = (directory / "site.ctmpl").string();
  write_file(form,
             "server { " + listen + " server_name {{.Name}}.example; location / { return 200 \"{{.Name}}\"; } }\n");
  const auto mine = nginx.file("site-mine.conf");
  write_file(mine, "server { " + listen + " server_name mine.example; location / { return 200 \"mine\"; } }\n");
  nginx.reload();
  const auto answer = [&](const std::string& name) {
    const auto got = http("GET", port, "/", {}, {{"Host", name + ".example"}, {"Connection", "close"}});
    return got.status == 200 ? got.body : std::to_string(got.status);
  };
  ASSERT_TRUE(wait_until([&] { return answer("mine") == "mine"; })) << nginx.log();
  const auto name_of = [](int i) { return "svc-" + std::to_string(i); };
  const auto has = [&](int i) { return std::filesystem::exists(nginx.file("site-" + name_of(i) + ".conf")); };
  drcon_process drcon("[source.consul]\nplugin = \"consul-http\"\naddress = \"" + consul.url() +
                      "\"\nservice = [{ match = \"svc-.*\" }]\n[sink.sites]\nplugin = \"template\"\n" +
                      "reload = { signal = \"HUP\", pid_file = \"" + nginx.pid_file().string() + "\" }\n" +
                      "file = [{ path = \"" + nginx.file("site-{{name}}.conf").string() + "\", template = \"" + form +
                      "\", escape = \"nginx\", for_each = \"service\" }]\n" +
                      "[pipeline.sites]\nsources = [\"consul\"]\nsinks = [\"sites\"]\nbrake = { hold = \"0s\" }\n");
  drcon.start();
  std::atomic<bool> ends = false;
  std::atomic<int> asked = 0;
  std::atomic<int> lost = 0;
  std::thread client([&] {
    for (; !ends; ++asked)
      if (answer("mine") != "mine") ++lost;
  });
  for (int i = 0; i < 200; ++i) consul.add(name_of(i), name_of(i), "127.0.0.1", 1000 + i);
  const auto all_there = [&] {
    for (int i = 0; i < 200; ++i)
      if (!has(i)) return false;
    return answer(name_of(199)) == name_of(199);
  };
  EXPECT_TRUE(wait_until(all_there, std::chrono::minutes(1))) << drcon.log();
  for (int i = 0; i < 200; i += 2) consul.remove(name_of(i));
  const auto half_is_gone = [&] {
    for (int i = 0; i < 200; ++i)
      if (has(i) != (i % 2 == 1)) return false;
    return answer(name_of(1)) == name_of(1) && answer(name_of(0)) != name_of(0);
  };
  EXPECT_TRUE(wait_until(half_is_gone, std::chrono::minutes(1))) << drcon.log();
  EXPECT_TRUE(drcon.settled());
  ends = true;
  client.join();
  EXPECT_EQ(lost, 0) << "of " << asked;
  EXPECT_GT(asked, 10);
  EXPECT_TRUE(std::filesystem::exists(mine));
}

}  // namespace
}  // namespace drcon::test
