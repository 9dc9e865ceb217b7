// The DR CoN story on real servers: Docker, Consul, nginx and drcon; containers start and stop, and traffic follows.
#include "support/consul_agent.hpp"
#include "support/docker_engine.hpp"
#include "support/drcon_process.hpp"
#include "support/nginx_server.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>

#include <parsed_json.hpp>

#include <set>

namespace drcon::test {
namespace {

using nlohmann::json;
using names = std::set<std::string>;

class DockerStory : public ::testing::Test {
protected:
  // docker -> consul-catalog, and consul-http -> nginx: one drcon is Registrator and Consul Template.
  std::string config(const std::string& more = "", const std::string& owner = "me") const {
    return "[source.docker]\nplugin = \"docker\"\nengine = \"" + engine_.address() +
           "\"\nhost_name = \"h\"\nhost_address = \"127.0.0.1\"\nsettle = \"1s\"\n" + more +
           "[sink.registry]\nplugin = \"consul-catalog\"\naddress = \"" + consul_.url() + "\"\nowner = \"" + owner +
           "\"\nverify = \"500ms\"\n[pipeline.register]\nsources = [\"docker\"]\nsinks = [\"registry\"]\n"
           "brake = { hold = \"0s\" }\n";
  }
  std::string routing() const {
    return "[source.consul]\nplugin = \"consul-http\"\nretry_max = \"500ms\"\naddress = \"" + consul_.url() +
           "\"\nservice = [{ name = \"simple\" }]\n[sink.edge]\nplugin = \"nginx\"\n" + nginx_.options() +
           "[pipeline.route]\nsources = [\"consul\"]\nsinks = [\"edge\"]\n";
  }
  void start() {
    drcon_ = std::make_unique<drcon_process>(config() + routing());
    drcon_->start();
    ASSERT_TRUE(wait_until([this] { return read_file(nginx_.file()).find("upstream simple") != std::string::npos; }))
        << drcon_->log();
    nginx_.serve("server { listen 127.0.0.1:@PORT@; location / { proxy_pass http://simple; } }");
    nginx_.start();
  }
  // A container of the service `simple` that answers its own name.
  void run(const std::string& name, std::vector<std::string> more = {}) const {
    more.insert(more.end(), {"-p", "127.0.0.1:0:80", "-e", "SERVICE_NAME=simple"});
    engine_.run(name, more, {"sh", "-c", "echo " + name + " > /www/index.html; exec httpd -f -p 80 -h /www"});
  }
  names answers() const { return answerers(nginx_.port(), 12); }
  bool routes_to(const names& wanted) const {
    return wait_until([&] { return nginx_.serves_alone() && answers() == wanted; });
  }
  names registered() const {
    names ids;
    const auto all = parsed_json(consul_.get("/v1/agent/services").body);
    for (const auto& [id, each] : all.items()) ids.insert(id);
    return ids;
  }
  static names ids_of(const names& containers) {
    names ids;
    for (const auto& each : containers) ids.insert("h:" + each + ":80");
    return ids;
  }

  docker_engine engine_;
  consul_agent consul_;
  nginx_server nginx_{"", false};
  std::unique_ptr<drcon_process> drcon_;
};

TEST_F(DockerStory, RoutesToContainersAsTheyStartAndLetsGoBeforeTheyStop) {
  run("first");
  start();
  EXPECT_TRUE(routes_to({"first"})) << drcon_->log();
  run("second");
  EXPECT_TRUE(routes_to({"first", "second"})) << drcon_->log();
  const auto stopping = engine_.stop_slowly("first", 60);
  EXPECT_TRUE(routes_to({"second"})) << drcon_->log();
  EXPECT_EQ(engine_.docker({"inspect", "-f", "{{.State.Running}}", "first"}), "true");
  EXPECT_EQ(registered(), ids_of({"second"}));
}

TEST_F(DockerStory, NeverRoutesToAContainerThatIsNotHealthy) {
  run("good");
  start();
  ASSERT_TRUE(routes_to({"good"})) << drcon_->log();
  run("sick", {"--health-cmd", "/bin/test -e /ok", "--health-interval", "300ms", "--health-retries", "2"});
  ASSERT_TRUE(wait_until([this] { return registered() == ids_of({"good", "sick"}); })) << drcon_->log();
  names seen;
  EXPECT_TRUE(wait_until([&] {
    seen.merge(answers());
    return engine_.docker({"inspect", "-f", "{{.State.Health.Status}}", "sick"}) == "unhealthy";
  }));
  EXPECT_EQ(seen, names{"good"});
  engine_.docker({"exec", "sick", "/bin/touch", "/ok"});
  EXPECT_TRUE(routes_to({"good", "sick"})) << drcon_->log();
}

TEST_F(DockerStory, LosesAndDoublesNothingWhenItIsKilledInTheMiddle) {
  run("stays");
  run("goes");
  start();
  ASSERT_TRUE(routes_to({"stays", "goes"})) << drcon_->log();
  drcon_->kill9();
  engine_.docker({"rm", "-f", "goes"});
  run("comes");
  drcon_->start();
  EXPECT_TRUE(routes_to({"stays", "comes"})) << drcon_->log();
  EXPECT_EQ(registered(), ids_of({"stays", "comes"}));
}

TEST_F(DockerStory, FollowsAgainAfterTheEngineWasRestarted) {
  run("stays", {"--restart", "always"});
  run("ends");
  start();
  ASSERT_TRUE(routes_to({"stays", "ends"})) << drcon_->log();
  engine_.kill9();
  ASSERT_TRUE(wait_until([this] { return drcon_->status()["sources"]["docker"]["state"] == "away"; })) << drcon_->log();
  EXPECT_EQ(registered(), ids_of({"stays", "ends"})) << "nothing is known";
  engine_.start();
  EXPECT_TRUE(wait_until([this] { return registered() == ids_of({"stays"}); })) << drcon_->log();
  EXPECT_TRUE(routes_to({"stays"})) << drcon_->log();
  run("more");
  EXPECT_TRUE(routes_to({"stays", "more"})) << drcon_->log();
}

TEST_F(DockerStory, RegistersAllAgainWhenConsulCameBackEmpty) {
  run("first");
  run("second");
  start();
  ASSERT_TRUE(routes_to({"first", "second"})) << drcon_->log();
  consul_.kill9();
  ASSERT_TRUE(wait_until([this] { return drcon_->status()["sinks"]["registry"]["state"] != "ok"; }))
      << drcon_->status();
  EXPECT_EQ(answers(), (names{"first", "second"}));
  consul_.start(false);
  EXPECT_TRUE(wait_until([this] { return registered() == ids_of({"first", "second"}); })) << drcon_->log();
  EXPECT_TRUE(routes_to({"first", "second"})) << drcon_->log();
}

// config/docker.toml, with no more changed than paths: no Consul at all.
TEST_F(DockerStory, NeedsNoRegistryOnOneHost) {
  auto shipped = read_file(std::filesystem::path(DRCON_SOURCE_ROOT) / "config/docker.toml");
  const auto replace = [&shipped](const std::string& what, const std::string& with) {
    ASSERT_NE(shipped.find(what), std::string::npos) << what;
    shipped.replace(shipped.find(what), what.size(), with);
  };
  replace("plugin  = \"docker\"\n",
          "plugin  = \"docker\"\nengine = \"" + engine_.address() + "\"\nhost_address = \"127.0.0.1\"\n");
  replace("file   = \"/etc/nginx/conf.d/drcon.conf\"\n", nginx_.options());
  drcon_ = std::make_unique<drcon_process>(shipped);
  drcon_->start();
  ASSERT_TRUE(wait_until([this] { return read_file(nginx_.file()).find("upstream simple") != std::string::npos; }))
      << drcon_->log();
  nginx_.serve("server { listen 127.0.0.1:@PORT@; location / { proxy_pass http://simple; } }");
  nginx_.start();
  EXPECT_EQ(answers(), names{"503"});
  run("first");
  EXPECT_TRUE(routes_to({"first"})) << drcon_->log();
  run("second");
  EXPECT_TRUE(routes_to({"first", "second"})) << drcon_->log();
  engine_.docker({"rm", "-f", "first"});
  EXPECT_TRUE(routes_to({"second"})) << drcon_->log();
  engine_.docker({"rm", "-f", "second"});
  EXPECT_TRUE(routes_to({"503"})) << drcon_->log();
}

TEST_F(DockerStory, RegistersAndRemovesEachBindingOfAPort) {
  engine_.run("both", {"-p", "127.0.0.1:18080:80", "-p", "[::1]:18080:80", "-e", "SERVICE_NAME=simple"});
  drcon_ = std::make_unique<drcon_process>(config("bindings = \"all\"\n"));
  drcon_->start();
  EXPECT_TRUE(wait_until([this] {
    return registered() == names{"h:both:80", "h:both:80@[::1]:18080"};
  })) << drcon_->log();
  engine_.docker({"rm", "-f", "both"});
  EXPECT_TRUE(wait_until([this] { return registered().empty(); })) << drcon_->log();
}

// The question that Registrator's users ask most: why is my container not there?
TEST_F(DockerStory, ExplainsWhyAContainerIsNotThere) {
  engine_.run("quiet", {"-e", "SERVICE_NAME=quiet"});
  run("there");
  drcon_ = std::make_unique<drcon_process>(config());
  drcon_->start();
  ASSERT_TRUE(wait_until([this] { return registered() == ids_of({"there"}); })) << drcon_->log();
  const auto explained = drcon_->verb("explain", {"register", "quiet"}).out;
  EXPECT_NE(explained.find("source docker does not publish it: it publishes no port (docker run -p)"),
            std::string::npos)
      << explained;
  const std::string line = "container quiet is not published: it publishes no port";
  const auto log = drcon_->log();
  ASSERT_NE(log.find(line), std::string::npos) << log;
  EXPECT_EQ(log.find(line), log.rfind(line)) << "once: " << log;
  const auto source = drcon_->status()["sources"]["docker"];
  EXPECT_EQ(source["state"], "ok") << source;
  EXPECT_NE(source.dump().find("1 running container is not published: 'quiet'"), std::string::npos) << source;
}

TEST_F(DockerStory, LeavesTheContainersOfAnotherDrconAlone) {
  run("ours", {"--label", "team=a"});
  run("theirs", {"--label", "team=b"});
  drcon_process one(config("label = [\"team=a\"]\n", "a"));
  drcon_process other(config("label = [\"team=b\"]\n", "b"));
  one.start();
  other.start();
  EXPECT_TRUE(wait_until([this] { return registered() == ids_of({"ours", "theirs"}); })) << one.log() << other.log();
  engine_.docker({"rm", "-f", "ours"});
  EXPECT_TRUE(wait_until([this] { return registered() == ids_of({"theirs"}); })) << one.log() << other.log();
  other.stop();
  run("more", {"--label", "team=a"});
  EXPECT_TRUE(wait_until([this] { return registered() == ids_of({"more", "theirs"}); })) << one.log();
}

}  // namespace
}  // namespace drcon::test
