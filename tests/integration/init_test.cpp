// drcon init as a user runs it, on machines of several kinds, and what comes of the configuration that it writes.
#include "support/backend.hpp"
#include "support/consul_agent.hpp"
#include "support/docker_engine.hpp"
#include "support/haproxy_server.hpp"
#include "support/nginx_server.hpp"
#include "support/process.hpp"
#include "support/public_drcon.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace drcon::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

// The four options of where to look; whoever is not named is not on this machine.
struct machine {
  std::string consul = "http://127.0.0.1:1";
  std::string docker = "/nonexistent/docker.sock";
  std::string nginx = "/nonexistent/nginx.conf";
  std::string haproxy = "/nonexistent/haproxy.cfg";
};

// No variable of this machine's has a say.
run_result init(const machine& on, const fs::path& file, const std::vector<std::string>& before = {},
                const std::string& drcon = DRCON_BINARY) {
  auto line = before;
  line.insert(line.end(), {"/usr/bin/env",
                           "-u",
                           "CONSUL_HTTP_ADDR",
                           "-u",
                           "CONSUL_HTTP_TOKEN",
                           "-u",
                           "CONSUL_HTTP_SSL",
                           "-u",
                           "DOCKER_HOST",
                           drcon,
                           "init",
                           "--output",
                           file.string(),
                           "--consul",
                           on.consul,
                           "--docker",
                           on.docker,
                           "--nginx",
                           on.nginx,
                           "--haproxy",
                           on.haproxy});
  return run(line);
}

run_result check(const fs::path& file) { return run({DRCON_BINARY, "check", "-c", file.string()}); }

std::string both(const run_result& of) { return of.out + of.err; }

TEST(Init, WritesAConfigurationThatBringsTrafficFromConsulToNginx) {
  const consul_agent consul;
  const backend web("one");
  consul.add("web", "web-1", "127.0.0.1", web.port());
  nginx_server nginx;
  const temp_dir files;
  const auto file = files / "drcon.toml";
  const auto made = init({.consul = consul.url(), .nginx = nginx.config().string()}, file);
  ASSERT_EQ(made.code, 0) << both(made);
  EXPECT_THAT(made.out, HasSubstr("with 1 service: web"));
  EXPECT_THAT(made.out, HasSubstr("proxy_pass http://web;"));
  const auto checked = check(file);
  ASSERT_EQ(checked.code, 0) << both(checked) << read_file(file);

  process drcon({DRCON_BINARY, "run", "-c", file.string()}, files / "drcon.log");
  ASSERT_TRUE(wait_until([&] { return read_file(nginx.file()).find("upstream web") != std::string::npos; }))
      << drcon.text() << read_file(file);
  // What is printed as the last step, with the port of this test.
  nginx.serve("server { listen 127.0.0.1:@PORT@; location / { proxy_pass http://web; } }");
  nginx.reload();
  EXPECT_TRUE(wait_until([&] { return nginx.get().body.starts_with("one"); })) << nginx.log();
  EXPECT_TRUE(wait_until([&] { return run({DRCON_BINARY, "status", "-c", file.string()}).code == 0; }));
}

TEST(Init, WritesAConfigurationThatBringsTrafficFromDockerToHaproxy) {
  const docker_engine docker;  // its network namespace is the test's: before everything else
  haproxy_server haproxy;
  docker.run("web-1", {"-p", "8080", "-e", "SERVICE_NAME=web"});
  const temp_dir files;
  const auto file = files / "drcon.toml";
  const auto made = init({.docker = docker.socket().string(), .haproxy = haproxy.config().string()}, file);
  ASSERT_EQ(made.code, 0) << both(made);
  const auto checked = check(file);
  ASSERT_EQ(checked.code, 0) << both(checked) << read_file(file);
  process drcon({DRCON_BINARY, "run", "-c", file.string()}, files / "drcon.log");
  EXPECT_TRUE(wait_until([&] { return !haproxy.servers("web").empty(); })) << drcon.text() << read_file(file);
}

TEST(Init, RegistersContainersWhereThereIsNoLoadBalancer) {
  const docker_engine docker;
  const consul_agent consul;
  docker.run("web-1", {"-p", "8080", "-e", "SERVICE_NAME=web"});
  const temp_dir files;
  const auto file = files / "drcon.toml";
  const auto made = init({.consul = consul.url(), .docker = docker.socket().string()}, file);
  ASSERT_EQ(made.code, 0) << both(made);
  process drcon({DRCON_BINARY, "run", "-c", file.string()}, files / "drcon.log");
  EXPECT_TRUE(wait_until([&] {
    return consul.get("/v1/catalog/service/web").body.find("\"ServiceID\"") != std::string::npos;
  })) << drcon.text()
      << read_file(file);
}

TEST(Init, WritesNothingWhereNothingIs) {
  const temp_dir files;
  const auto made = init({}, files / "drcon.toml");
  EXPECT_EQ(made.code, 3) << both(made);
  EXPECT_THAT(made.out, HasSubstr("no agent answers at http://127.0.0.1:1"));
  EXPECT_THAT(made.err, HasSubstr("neither Consul nor Docker answers"));
  EXPECT_FALSE(fs::exists(files / "drcon.toml"));
}

TEST(Init, NamesTheRightsThatAreMissing) {
  const consul_agent consul;
  consul.add("web", "web-1", "127.0.0.1", 80);
  const nginx_server nginx;
  const temp_dir files;
  fs::create_directory(files / "closed");
  const std::vector<std::string> nobody{"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};
  // The directories of tests are for everybody to pass through, but for the last.
  for (auto each = files.path(); each != each.root_path(); each = each.parent_path())
    fs::permissions(each, fs::perms::others_exec, fs::perm_options::add);
  const machine there{.consul = consul.url(), .nginx = nginx.config().string()};
  const public_drcon drcon;
  const auto refused = init(there, files / "closed/drcon.toml", nobody, drcon.binary());
  EXPECT_EQ(refused.code, 1) << both(refused);
  EXPECT_THAT(refused.err, HasSubstr("Permission denied. Nothing is written"));

  fs::create_directory(files / "open");
  fs::permissions(files / "open", fs::perms::all);
  const auto made = init(there, files / "open/drcon.toml", nobody, drcon.binary());
  EXPECT_EQ(made.code, 0) << both(made);
  EXPECT_THAT(made.out, HasSubstr("has no permission to write in " + nginx.file().parent_path().string()));
  const auto checked = check(files / "open/drcon.toml");
  EXPECT_EQ(checked.code, 0) << both(checked);
}

TEST(Init, NeverOverwrites) {
  const temp_dir files;
  const auto file = files / "drcon.toml";
  write_file(file, "# mine\n");
  const auto made = init({}, file);
  EXPECT_EQ(made.code, 1) << both(made);
  EXPECT_THAT(made.err, HasSubstr("is there already"));
  EXPECT_EQ(read_file(file), "# mine\n");
  fs::create_symlink(files / "elsewhere", files / "link.toml");
  EXPECT_EQ(init({}, files / "link.toml").code, 1);
  EXPECT_FALSE(fs::exists(files / "elsewhere"));
}

TEST(Init, RefusesAWrongLine) {
  EXPECT_EQ(run({DRCON_BINARY, "init", "--consul="}).code, 2);
  EXPECT_EQ(run({DRCON_BINARY, "init", "everything"}).code, 2);
  EXPECT_EQ(run({DRCON_BINARY, "init", "--output"}).code, 2);
  const auto help = run({DRCON_BINARY, "init", "--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.out, HasSubstr("no file is ever overwritten"));
}

}  // namespace
}  // namespace drcon::test
