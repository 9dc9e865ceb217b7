// A private Docker engine, or Podman in its place: in a network namespace of the test's own, with its processes in a
// namespace that ends with it, and one tiny image made from busybox.
#pragma once

#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace drcon::test {

class docker_engine {
public:
  /// Enters a network namespace of the test's own: to be made before anything else of the test. `more`: options of
  /// dockerd. With DRCON_TEST_ENGINE=podman in the environment it is Podman.
  explicit docker_engine(std::vector<std::string> more = {});
  /// Podman's API, which is Docker's as far as Podman has it.
  struct podman_in_its_place {};
  explicit docker_engine(podman_in_its_place which);
  ~docker_engine();
  docker_engine(const docker_engine&) = delete;
  docker_engine& operator=(const docker_engine&) = delete;

  std::filesystem::path socket() const { return directory_ / "docker.sock"; }
  std::string address() const { return "unix://" + socket().string(); }
  /// A verb of the docker program; its output without the last newline. Throws when it fails.
  std::string docker(const std::vector<std::string>& argv) const;
  /// Starts a container that does nothing, or what `command` says, and returns its id.
  std::string run(const std::string& name, const std::vector<std::string>& options = {},
                  const std::vector<std::string>& command = {"sleep", "100000"}) const;
  /// The port of this machine that a port of a container is published on.
  std::uint16_t port_of(const std::string& container, int port) const;
  /// docker stop, without waiting for it.
  process stop_slowly(const std::string& container, int seconds) const;

  /// The engine and all containers die; what it knows stays on the disk.
  void kill9() { process_.kill9(); }
  void start();
  std::string log() const { return process_.text(); }

  static constexpr auto image = "tiny:1";

private:
  docker_engine(std::vector<std::string> more, bool is_podman);
  std::vector<std::string> command_line(const std::vector<std::string>& argv) const;
  std::vector<std::string> command_of_docker() const;
  std::vector<std::string> command_of_podman() const;
  void make_image() const;

  temp_dir directory_;
  std::vector<std::string> more_;
  bool is_podman_ = false;
  process process_;
};

}  // namespace drcon::test
