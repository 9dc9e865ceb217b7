// The docker source against Podman's socket: what differs from Docker's. With DRCON_TEST_ENGINE=podman the tests of
// docker_test.cpp run against Podman, too.
#include "support/docker_engine.hpp"
#include "support/plugin_harness.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>

namespace drcon::test {
namespace {

class Podman : public testing::Test {
protected:
  void watch(const std::string& more = "") {
    source_.reset();
    source_ = std::make_unique<source_harness>(
        "docker", "engine = \"" + engine_.address() + "\"\nhost_name = \"h\"\nhost_address = \"127.0.0.1\"\n" + more);
    source_->start();
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

  docker_engine engine_{docker_engine::podman_in_its_place()};
  std::unique_ptr<source_harness> source_;
};

TEST_F(Podman, PublishesFollowsAndForgetsContainers) {
  engine_.run("one", {"-p", "127.0.0.1:18080:80", "-e", "SERVICE_NAME=web"});
  watch();
  ASSERT_TRUE(sees("web", 1)) << source_->status().text;
  EXPECT_EQ(endpoints("web").front().id, "h:one:80");
  EXPECT_EQ(endpoints("web").front().port, 18080U);
  engine_.run("two", {"-p", "127.0.0.1:18081:80", "-e", "SERVICE_NAME=web"});
  EXPECT_TRUE(sees("web", 2)) << source_->status().text;
  engine_.docker({"pause", "two"});
  EXPECT_TRUE(wait_until([this] {
    const auto all = endpoints("web");
    return all.size() == 2 && all.back().health == health::maintenance;
  }));
  engine_.docker({"unpause", "two"});
  engine_.docker({"rm", "-f", "two"});
  EXPECT_TRUE(sees("web", 1)) << source_->status().text;
}

// It sends no event before the end.
TEST_F(Podman, LetsAnEndpointGoWhenItsContainerIsAskedToStopAndBeforeItHas) {
  engine_.run("one", {"-p", "127.0.0.1:18080:80", "-e", "SERVICE_NAME=web"});
  watch("service = [\"web\"]\n");
  ASSERT_TRUE(sees("web", 1)) << source_->status().text;
  auto stopping = engine_.stop_slowly("one", 60);  // it does not react to SIGTERM
  EXPECT_TRUE(sees("web", 0)) << source_->status().text;
  EXPECT_TRUE(stopping.running());
  stopping.kill9();
}

// Podman 4 reports neither what is exposed nor what was to be published in this mode; Podman 5 reports what is exposed.
TEST_F(Podman, InHostModeANameIsEnoughAndWithoutOneTheReasonSaysSo) {
  engine_.run("hosty", {"--network", "host", "-e", "SERVICE_8080_NAME=hosty"});
  watch();
  EXPECT_TRUE(wait_until([this] {
    const auto all = source_->omitted();
    return all.size() == 1 && all.front().why.find("set host_network = \"named\"") != std::string::npos;
  })) << source_->status().text;
  watch("host_network = \"named\"\n");
  ASSERT_TRUE(sees("hosty", 1)) << source_->status().text;
  EXPECT_EQ(endpoints("hosty").front().port, 8080U);
}

}  // namespace
}  // namespace drcon::test
