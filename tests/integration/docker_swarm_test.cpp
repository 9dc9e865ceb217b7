// The docker source against a real swarm of one node.
#include "integration/docker_source.hpp"

namespace drcon::test {
namespace {

class DockerSwarm : public docker_source_test {
protected:
  DockerSwarm() { engine_.docker({"swarm", "init", "--advertise-addr", "127.0.0.1"}); }

  void watch(const std::string& more = "") {
    start("watch = \"swarm\"\nswarm_interval = \"200ms\"\nretry_max = \"300ms\"\n" + more);
  }
  void create(const std::string& name, std::vector<std::string> more) const {
    std::vector<std::string> argv{"service", "create", "--detach", "--no-resolve-image", "--name", name};
    argv.insert(argv.end(), more.begin(), more.end());
    argv.insert(argv.end(), {docker_engine::image, "sleep", "100000"});
    engine_.docker(argv);
  }
  std::string all() const {
    std::string text;
    for (const auto& [name, each] : source_->now().services)
      for (const auto& one : each.endpoints)
        text += name + " " + one.id + " " + one.address + ":" + std::to_string(one.port) + "\n";
    return text + source_->status().text + "\n" + engine_.docker({"service", "ls"});
  }
};

TEST_F(DockerSwarm, PublishesTasksByHostModeAndByIngressAndFollowsThem) {
  create("direct", {"--publish", "mode=host,published=8081,target=80", "-e", "SERVICE_NAME=web"});
  create("spread", {"--publish", "published=8082,target=80", "--replicas", "2", "--label", "SERVICE_TAGS=a"});
  create("quiet", {});
  watch();
  ASSERT_TRUE(source_->wait_ready()) << source_->status().text;
  ASSERT_TRUE(sees("web", 1)) << all();
  const auto direct = endpoints("web").front();
  EXPECT_EQ(direct.address, "127.0.0.1");
  EXPECT_EQ(direct.port, 8081U);
  EXPECT_NE(direct.id.find(":direct.1."), std::string::npos) << direct.id;
  ASSERT_TRUE(sees("spread", 1)) << "one for the node: " << all();
  EXPECT_EQ(endpoints("spread").front().port, 8082U);
  EXPECT_EQ(endpoints("spread").front().tags, std::vector<std::string>{"a"});
  const auto is_explained = [this] {
    for (const auto& each : source_->omitted())
      if (each.service == "quiet") return each.why == "its service publishes no port";
    return false;
  };
  EXPECT_TRUE(wait_until(is_explained)) << all();

  engine_.docker({"service", "scale", "--detach", "direct=0"});
  EXPECT_TRUE(wait_until([this] { return !source_->now().services.contains("web"); })) << all();
  engine_.docker({"service", "update", "--detach", "--label-add", "SERVICE_NAME=renamed", "spread"});
  EXPECT_TRUE(sees("renamed", 1)) << all();
  engine_.docker({"service", "rm", "spread"});
  EXPECT_TRUE(wait_until([this] { return source_->now().services.empty(); })) << all();
}

TEST_F(DockerSwarm, GivesTasksTheirOwnAddressInAnOverlayNetwork) {
  engine_.docker({"network", "create", "--driver", "overlay", "--subnet", "10.77.0.0/24", "front"});
  create("web", {"--network", "front", "--replicas", "2", "--label", "SERVICE_80_NAME=web"});
  watch("addresses = \"internal\"\nnetwork = \"front\"\n");
  ASSERT_TRUE(sees("web", 2)) << all();
  for (const auto& each : endpoints("web")) {
    EXPECT_EQ(each.address.substr(0, 8), "10.77.0.") << each.address;
    EXPECT_EQ(each.port, 80U);
  }
}

TEST_F(DockerSwarm, KeepsWhatItKnewWhileTheManagerIsUnreachable) {
  create("direct", {"--publish", "mode=host,published=8081,target=80", "-e", "SERVICE_NAME=web"});
  watch();
  ASSERT_TRUE(sees("web", 1)) << all();
  engine_.kill9();
  EXPECT_TRUE(source_->wait_for([](const auto& now) { return !now.all_unknown.empty(); }));
  EXPECT_EQ(endpoints("web").size(), 1U);
  EXPECT_EQ(source_->status().state, DRCON_STATE_AWAY);
}

TEST(DockerSwarmOfNobody, IsReportedAsUnreachableAndNotAsEmpty) {
  const docker_engine engine;
  source_harness source("docker", "engine = \"" + engine.address() + "\"\nwatch = \"swarm\"\nretry_max = \"200ms\"\n");
  source.start();
  ASSERT_TRUE(wait_until([&] { return source.status().state == DRCON_STATE_AWAY; }));
  EXPECT_TRUE(wait_until([&] { return source.status().text.find("not a swarm manager") != std::string::npos; }))
      << source.status().text;
  EXPECT_FALSE(source.now().ready);
}

}  // namespace
}  // namespace drcon::test
