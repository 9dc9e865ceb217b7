// The docker source against Podman's socket: what differs from Docker's. With DRCON_TEST_ENGINE=podman the tests of
// docker_test.cpp run against Podman, too.
#include "integration/docker_source.hpp"

namespace drcon::test {
namespace {

class Podman : public docker_source_test {
protected:
  Podman() : docker_source_test(docker_engine::podman_in_its_place()) {}
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
