// A load balancer in a container, and drcon beside it or outside: the ways to reload it that plugins/template/README.md
// names, with a real Docker engine. The balancer is a shell that notes each SIGHUP with what its file holds then.
#include "support/docker_engine.hpp"
#include "support/drcon_process.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace drcon::test {
namespace {

class ReloadInContainers : public ::testing::Test {
protected:
  ReloadInContainers() {
    write_file(path("t.mustache"), "{{#service.web.endpoints}}{{server}}\n{{/service.web.endpoints}}");
    change("10.0.0.1");
  }
  std::string path(const std::string& name) const { return (directory_ / name).string(); }
  void change(const std::string& address) const {
    write_file(path("services.toml"),
               "[[service]]\nname = \"web\"\n[[service.endpoint]]\naddress = \"" + address + "\"\nport = 80\n");
  }
  // It needs its file to start. Within a trap `read` of busybox 1.38 never ends.
  void start_balancer() const {
    engine_.run("lb", {"-v", directory_.path().string() + ":/shared"},
                {"sh", "-c",
                 "read was < /shared/lb.conf || exit 1\n"
                 "trap 'echo reloaded $(cat /shared/lb.conf) >> /shared/notes' HUP\n"
                 "trap 'echo by hand >> /shared/notes' USR1\n"
                 "echo started $was >> /shared/notes\nwhile :; do sleep 0.05; done"});
  }
  std::string config(const std::string& reload) const {
    return "[source.file]\nplugin = \"file\"\npath = \"" + path("services.toml") +
           "\"\n[sink.lb]\nplugin = \"template\"\n" + reload + "\n[[sink.lb.file]]\npath = \"" + path("lb.conf") +
           "\"\ntemplate = \"" + path("t.mustache") + "\"\nescape = \"none\"\n" +
           "[pipeline.web]\nsources = [\"file\"]\nsinks = [\"lb\"]\nbrake = { hold = \"0s\" }\n";
  }
  std::string command(const std::string& words) const { return "reload = { command = [" + words + "] }"; }
  std::string notes() const { return read_file(path("notes")); }
  bool notes_last(const std::string& line) const {
    return wait_until([&] { return notes().ends_with(line + "\n"); });
  }
  // The balancer waits for its file, and the reload for the balancer.
  void expect_first_start_and_reloads(const std::string& reload) {
    drcon_process drcon(config(reload));
    drcon.start();
    ASSERT_TRUE(wait_until([this] { return read_file(path("lb.conf")) == "10.0.0.1:80\n"; })) << drcon.log();
    ASSERT_TRUE(wait_until([&] { return drcon.status().dump().find("the reload is retried") != std::string::npos; }))
        << drcon.log();
    EXPECT_EQ(read_file(path("lb.conf")), "10.0.0.1:80\n") << "it stays, although nobody could be reloaded";
    start_balancer();
    EXPECT_TRUE(drcon.settled()) << drcon.log() << notes();
    EXPECT_TRUE(notes_last("reloaded 10.0.0.1:80")) << notes() << drcon.log();
    change("10.0.0.2");
    EXPECT_TRUE(notes_last("reloaded 10.0.0.2:80")) << notes() << drcon.log();
  }

  temp_dir directory_;
  docker_engine engine_;
};

TEST_F(ReloadInContainers, ByDockerKill) {
  expect_first_start_and_reloads(
      command("\"docker\", \"-H\", \"" + engine_.address() + "\", \"kill\", \"-s\", \"HUP\", \"lb\""));
}

TEST_F(ReloadInContainers, ByDockerExec) {
  expect_first_start_and_reloads(
      command("\"docker\", \"-H\", \"" + engine_.address() + "\", \"exec\", \"lb\", \"sh\", \"-c\", \"kill -HUP 1\""));
}

// Without the docker program: the API by the container's name.
TEST_F(ReloadInContainers, ByDockersApi) {
  expect_first_start_and_reloads(command("\"curl\", \"-sSf\", \"-X\", \"POST\", \"--unix-socket\", \"" +
                                         engine_.socket().string() +
                                         "\", \"http://docker/containers/lb/kill?signal=HUP\""));
}

// drcon in a container of its own, which sees the balancer's processes: no socket of Docker's at all. The image has no
// more than a shell, so that drcon and its libraries are those of this machine.
TEST_F(ReloadInContainers, ByASignalInASharedPidNamespace) {
  write_file(path("pid"), "1\n");
  write_file(path("lb.conf"), "10.0.0.9:80\n");
  start_balancer();
  ASSERT_TRUE(notes_last("started 10.0.0.9:80")) << notes();
  write_file(path("drcon.toml"), "host.state_directory = \"" + path("state") + "\"\nadmin.socket = \"" +
                                     path("admin.sock") + "\"\n" +
                                     config("reload = { signal = \"HUP\", pid_file = \"" + path("pid") + "\" }"));
  std::vector<std::string> mounts;
  const auto built = std::filesystem::path(DRCON_BINARY).parent_path().parent_path().string();
  for (const std::string each : {"/usr", "/lib", "/lib64", built.c_str()})
    mounts.insert(mounts.end(), {"-v", each + ":" + each + ":ro"});
  mounts.insert(mounts.end(),
                {"-v", directory_.path().string() + ":" + directory_.path().string(), "--pid", "container:lb"});
  engine_.run("drcon", mounts,
              {"sh", "-c",
               std::string("exec ") + DRCON_BINARY + " run -c " + path("drcon.toml") + " > " + path("log") + " 2>&1"});
  EXPECT_TRUE(notes_last("reloaded 10.0.0.1:80")) << notes() << read_file(path("log"));
  change("10.0.0.2");
  EXPECT_TRUE(notes_last("reloaded 10.0.0.2:80")) << notes() << read_file(path("log"));
}

}  // namespace
}  // namespace drcon::test
