// An engine and the docker source that follows it, for the tests against Docker, Podman and a swarm.
#pragma once

#include "support/docker_engine.hpp"
#include "support/plugin_harness.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace drcon::test {

class docker_source_test : public ::testing::Test {
protected:
  docker_source_test() = default;
  explicit docker_source_test(docker_engine::podman_in_its_place which) : engine_(which) {}

  /// Starts a source with these options, in place of the one before.
  void start(const std::string& options) {
    source_.reset();
    source_ = std::make_unique<source_harness>("docker", "engine = \"" + engine_.address() + "\"\n" + options);
    source_->start();
  }
  /// The same with the names that the tests expect, and waits until it is ready.
  void watch(const std::string& more = "") {
    start("host_name = \"h\"\nhost_address = \"127.0.0.1\"\n" + more);
    if (!source_->wait_ready()) ADD_FAILURE() << "not ready: " << source_->status().text;
  }
  std::vector<endpoint> endpoints(const std::string& service) const {
    const auto now = source_->now();
    const auto found = now.services.find(service);
    return found == now.services.end() ? std::vector<endpoint>() : found->second.endpoints;
  }
  bool sees(const std::string& service, std::size_t count) const {
    return wait_until([&] { return endpoints(service).size() == count; });
  }

  docker_engine engine_;
  std::unique_ptr<source_harness> source_;
};

}  // namespace drcon::test
