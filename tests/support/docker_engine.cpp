#include "support/docker_engine.hpp"

#include "support/own_network.hpp"
#include "support/wait.hpp"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace drcon::test {

namespace {

bool is_podman_asked_for() {
  const auto* engine = std::getenv("DRCON_TEST_ENGINE");
  return engine != nullptr && std::string_view(engine) == "podman";
}

}  // namespace

docker_engine::docker_engine(std::vector<std::string> more) : docker_engine(std::move(more), is_podman_asked_for()) {}
docker_engine::docker_engine(podman_in_its_place) : docker_engine({}, true) {}

docker_engine::docker_engine(std::vector<std::string> more, bool is_podman)
    : more_(std::move(more)), is_podman_(is_podman) {
  enter_own_network();
  // Its default limits are above what a test's machine may allow.
  write_file(directory_ / "containers.conf", "[containers]\ndefault_ulimits = []\n");
  start();
  make_image();
}

// What runs in its process namespace dies with it; only then can its files be removed.
docker_engine::~docker_engine() { process_.kill9(); }

std::vector<std::string> docker_engine::command_of_docker() const {
  // Published ports go through Docker's own proxy: no firewall rules are needed. vfs runs on any file system.
  std::vector<std::string> argv{"dockerd",
                                "--data-root",
                                (directory_ / "data").string(),
                                "--exec-root",
                                (directory_ / "exec").string(),
                                "--pidfile",
                                (directory_ / "pid").string(),
                                "-H",
                                address(),
                                "--iptables=false",
                                "--ip6tables=false",
                                "--storage-driver",
                                "vfs"};
  argv.insert(argv.end(), more_.begin(), more_.end());
  return argv;
}

std::vector<std::string> docker_engine::command_of_podman() const {
  const auto path = [this](const char* name) { return (directory_ / name).string(); };
  return {"env",
          "CONTAINERS_CONF=" + path("containers.conf"),
          "podman",
          "--root",
          path("data"),
          "--runroot",
          path("exec"),
          "--tmpdir",
          path("tmp"),
          "--storage-driver",
          "vfs",
          "--cgroup-manager",
          "cgroupfs",
          "--events-backend",
          "file",
          "--network-config-dir",
          path("networks"),
          "--runtime",
          "runc",
          "system",
          "service",
          "--time",
          "0",
          address()};
}

void docker_engine::start() {
  // As after a restart of the machine: what is there speaks of processes that are gone.
  std::filesystem::remove_all(directory_ / "exec");
  std::filesystem::remove(directory_ / "pid");
  std::vector<std::string> argv{"unshare", "--pid", "--fork", "--kill-child", "--mount-proc"};
  for (auto& each : is_podman_ ? command_of_podman() : command_of_docker()) argv.push_back(std::move(each));
  process_ = process(argv, directory_ / "log");
  const bool up =
      wait_until([this] { return !process_.running() || drcon::test::run(command_line({"version"})).code == 0; });
  if (!up || !process_.running()) throw std::runtime_error("the engine does not start:\n" + log());
}

void docker_engine::make_image() const {
  const auto root = directory_ / "image";
  std::filesystem::create_directories(root / "bin");
  std::filesystem::create_directories(root / "www");
  std::filesystem::copy_file("/bin/busybox", root / "bin/busybox");
  for (const auto* each : {"sleep", "sh", "cat", "httpd", "test", "touch", "rm", "false", "nc"})
    std::filesystem::create_symlink("busybox", root / "bin" / each);
  const auto made = drcon::test::run(
      {"sh", "-c", "tar -C \"$1\" -c . | docker -H \"$2\" import - \"$3\"", "sh", root.string(), address(), image});
  if (made.code != 0) throw std::runtime_error("the image cannot be made: " + made.err);
}

std::vector<std::string> docker_engine::command_line(const std::vector<std::string>& argv) const {
  std::vector<std::string> all{"docker", "-H", address()};
  all.insert(all.end(), argv.begin(), argv.end());
  return all;
}

std::string docker_engine::docker(const std::vector<std::string>& argv) const {
  auto result = drcon::test::run(command_line(argv));
  if (result.code != 0) throw std::runtime_error("docker " + argv.front() + ": " + result.err);
  while (result.out.ends_with('\n')) result.out.pop_back();
  return result.out;
}

std::string docker_engine::run(const std::string& name, const std::vector<std::string>& options,
                               const std::vector<std::string>& command) const {
  std::vector<std::string> argv{"run", "-d", "--name", name};
  argv.insert(argv.end(), options.begin(), options.end());
  argv.emplace_back(image);
  argv.insert(argv.end(), command.begin(), command.end());
  return docker(argv);
}

std::uint16_t docker_engine::port_of(const std::string& container, int port) const {
  const auto listed = docker({"port", container, std::to_string(port)});
  const auto first = listed.substr(0, listed.find('\n'));
  return static_cast<std::uint16_t>(std::stoi(first.substr(first.rfind(':') + 1)));
}

process docker_engine::stop_slowly(const std::string& container, int seconds) const {
  return process(command_line({"stop", "-t", std::to_string(seconds), container}), directory_ / "stop.log");
}

}  // namespace drcon::test
