// A container as Consul Template's users have it: one process 1 that renders the configuration, keeps nginx, and ends
// with it. Their `exec`, imported, with a real Consul and a real nginx, in a pid namespace.
#include "support/backend.hpp"
#include "support/consul_agent.hpp"
#include "support/nginx_server.hpp"
#include "support/ports.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <future>
#include <set>

namespace drcon::test {
namespace {

class Container : public ::testing::Test {
protected:
  std::string path(const std::string& name) const { return (directory_ / name).string(); }
  std::string answer() const {
    const auto got = http("GET", port_, "/", {}, {{"Connection", "close"}});
    return got.status == 200 ? got.body : std::to_string(got.status);
  }
  void import_and_start() {
    write_file(path("app.ctmpl"),
               "upstream app {\n{{range service \"simple\"}}server {{.Address}}:{{.Port}};\n"
               "{{else}}server 127.0.0.1:65535;{{end}}\n}\nserver {\n  listen 127.0.0.1:" +
                   std::to_string(port_) + " default_server;\n  location / { proxy_pass http://app; }\n}\n");
    write_file(path("consul-template.hcl"),
               "consul { address = \"127.0.0.1:" + std::to_string(consul_.port()) + "\" }\ntemplate {\n  source = \"" +
                   path("app.ctmpl") + "\"\n  destination = \"" + nginx_.file("app.conf").string() +
                   "\"\n}\nexec {\n  command = \"nginx -p " + nginx_.prefix().string() + " -c " +
                   nginx_.config().string() + "\"\n  reload_signal = \"SIGHUP\"\n  kill_signal = \"SIGQUIT\"\n}\n");
    const auto imported = run({DRCON_BINARY, "import", "consul-template", "-config", path("consul-template.hcl")});
    ASSERT_EQ(imported.code, 0) << imported.err;
    write_file(path("drcon.toml"), "host.state_directory = \"state\"\nadmin.socket = \"admin.sock\"\n" + imported.out +
                                       "brake = { hold = \"0s\" }\n");
    start();
  }
  void start() { container_ = as_process_one({DRCON_BINARY, "run", "-c", path("drcon.toml")}, path("log")); }
  std::string log() const { return read_file(path("log")) + nginx_.log(); }
  // As it is known outside.
  pid_t process_one() const {
    const auto children = container_.children();
    return children.empty() ? 0 : *children.begin();
  }
  // The master's, as it is known inside.
  std::string nginx_pid() const { return read_file(nginx_.pid_file()); }

  const std::uint16_t port_ = free_port();
  consul_agent consul_;
  nginx_server nginx_{"", false};
  temp_dir directory_;
  process container_;
};

TEST_F(Container, KeepsNginxWithAnImportedExecAndEndsWithIt) {
  ASSERT_EQ(::geteuid(), 0U);
  const backend a("a");
  const backend b("b");
  import_and_start();
  EXPECT_TRUE(wait_until([&] { return answer() == "502"; })) << answer() << log();
  const auto master = nginx_pid();
  consul_.add("simple", "a", a.address(), a.port());
  EXPECT_TRUE(wait_until([&] { return answer() == "a\n"; })) << answer() << log();
  consul_.add("simple", "b", b.address(), b.port());
  std::multiset<std::string> last;
  EXPECT_TRUE(wait_until([&] {
    last.clear();
    for (int i = 0; i < 10; ++i) last.insert(answer());
    return last.count("a\n") == 5 && last.count("b\n") == 5;
  })) << "requests alternate; "
      << log();
  EXPECT_EQ(nginx_pid(), master) << "it was reloaded, and not started again";
  ::kill(process_one(), SIGTERM);
  EXPECT_EQ(container_.wait(patience), 0) << log();
  EXPECT_FALSE(std::filesystem::exists(nginx_.pid_file())) << "nginx has ended in order: " << log();
}

// config/container.toml, with no more changed than addresses and paths.
TEST_F(Container, RunsTheShippedExample) {
  ASSERT_EQ(::geteuid(), 0U);
  const std::filesystem::path shipped = std::filesystem::path(DRCON_SOURCE_ROOT) / "config";
  auto config = read_file(shipped / "container.toml");
  auto form = read_file(shipped / "templates/app.conf.mustache");
  const auto replace = [](std::string& text, const std::string& what, const std::string& with) {
    ASSERT_NE(text.find(what), std::string::npos) << what;
    text.replace(text.find(what), what.size(), with);
  };
  replace(form, "listen 80 ", "listen 127.0.0.1:" + std::to_string(port_) + " ");
  replace(config, "http://consul:8500", consul_.url());
  replace(config, R"("nginx", "-g", "daemon off;")",
          R"("nginx", "-p", ")" + nginx_.prefix().string() + R"(", "-c", ")" + nginx_.config().string() + "\"");
  replace(config, "/etc/nginx/conf.d/drcon.conf", nginx_.file("app.conf").string());
  replace(config, "templates/app.conf.mustache", path("form.mustache"));
  write_file(path("form.mustache"), form);
  write_file(path("drcon.toml"), "host.state_directory = \"state\"\nadmin.socket = \"admin.sock\"\n" + config);
  const backend a("a");
  consul_.add("simple", "a", a.address(), a.port());
  start();
  EXPECT_TRUE(wait_until([&] { return answer() == "a\n"; })) << answer() << log();
  ::kill(process_one(), SIGTERM);
  EXPECT_EQ(container_.wait(patience), 0) << log();
}

// As docker stop does: what nginx has accepted is answered, as when nginx alone is asked to quit.
TEST_F(Container, FinishesEveryRequestUnderWayWhenItIsStopped) {
  ASSERT_EQ(::geteuid(), 0U);
  const backend a("a");
  import_and_start();
  consul_.add("simple", "a", a.address(), a.port());
  ASSERT_TRUE(wait_until([&] { return answer() == "a\n"; })) << answer() << log();
  constexpr int clients = 8;
  const auto before = a.requests();
  std::vector<std::future<std::string>> held;
  for (int i = 0; i < clients; ++i)
    held.push_back(std::async(std::launch::async, [this] {
      const auto got = http("GET", port_, "/held", {}, {{"Connection", "close"}});
      return std::to_string(got.status) + " " + got.body;
    }));
  ASSERT_TRUE(wait_until([&] { return a.requests() >= before + clients; })) << log();
  ::kill(process_one(), SIGTERM);
  EXPECT_TRUE(wait_until([&] { return answer() == "0"; })) << "it takes no more: " << answer();
  a.release();
  for (auto& each : held) EXPECT_EQ(each.get(), "200 a\n");
  EXPECT_EQ(container_.wait(patience), 0) << log();
}

TEST_F(Container, EndsWithNginxsExitCodeWhenNginxRefusesItsConfiguration) {
  ASSERT_EQ(::geteuid(), 0U);
  nginx_.break_config();
  import_and_start();
  EXPECT_EQ(container_.wait(patience), 1) << log();
  EXPECT_THAT(log(), ::testing::HasSubstr("ended with code 1; drcon stops, and ends with code 1 as well"));
}

}  // namespace
}  // namespace drcon::test
