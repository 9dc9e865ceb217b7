// The docker source against a real Docker engine.
#include "integration/docker_source.hpp"
#include "support/certificates.hpp"
#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>

namespace drcon::test {
namespace {

using strings = std::vector<std::string>;

class Docker : public docker_source_test {
protected:
  bool has(const std::string& service) const { return source_->now().services.contains(service); }
  bool sees_health(const std::string& service, health wanted) const {
    return wait_until([&] {
      const auto all = endpoints(service);
      return all.size() == 1 && all.front().health == wanted;
    });
  }
  std::string all() const {
    std::string text;
    for (const auto& [name, each] : source_->now().services) {
      text += name + ":";
      for (const auto& one : each.endpoints)
        text += " " + one.id + "@" + one.address + ":" + std::to_string(one.port) + "/" +
                std::string(to_string(one.health));
      text += "\n";
    }
    return text + source_->status().text;
  }
};

// ---- conventions ----------------------------------------------------------------------------------------

TEST_F(Docker, PublishesAPublishedPortUnderTheNameOfItsImage) {
  engine_.run("one", {"-p", "127.0.0.1:0:8080"});
  watch();
  ASSERT_TRUE(sees("tiny", 1)) << all();
  const auto one = endpoints("tiny").front();
  EXPECT_EQ(one.id, "h:one:8080");
  EXPECT_EQ(one.node, "h");
  EXPECT_EQ(one.address, "127.0.0.1");
  EXPECT_EQ(one.port, engine_.port_of("one", 8080));
  EXPECT_EQ(one.health, health::passing);
  EXPECT_TRUE(one.tags.empty());
}

TEST_F(Docker, ReadsNameTagsIdAndMetadataFromLabelsAndEnvironment) {
  engine_.run("one", {"-p", "8080", "-e", "SERVICE_NAME=by-env", "-e", "SERVICE_TAGS=a,b\\,c", "-e",
                      "SERVICE_REGION=north", "-e", "PATH=/bin", "--label", "SERVICE_NAME=web", "--label",
                      "SERVICE_CHECK_HTTP=/health", "--label", "other=x"});
  engine_.run("two", {"-p", "8080", "-e", "SERVICE_NAME=web", "-e", "SERVICE_ID=my-own"});
  watch("tags = [\"docker\"]\n");
  ASSERT_TRUE(sees("web", 2)) << all();
  const auto one = endpoints("web").front();
  EXPECT_EQ(one.id, "h:one:8080");
  EXPECT_EQ(one.address, "127.0.0.1") << "published on all addresses";
  EXPECT_EQ(one.tags, (strings{"a", "b,c", "docker"}));
  EXPECT_EQ(one.meta, (std::map<std::string, std::string>{{"check_http", "/health"}, {"region", "north"}}));
  EXPECT_EQ(endpoints("web").back().id, "my-own");
}

TEST_F(Docker, KeepsPortsApartAndTakesSettingsForOne) {
  engine_.run("one", {"-p", "80", "-p", "443", "-p", "53/udp", "-e", "SERVICE_NAME=web", "-e",
                      "SERVICE_443_NAME=secure", "-e", "SERVICE_443_TAGS=tls", "-e", "SERVICE_80_IGNORE=yes", "-e",
                      "SERVICE_TEAM=a", "-e", "SERVICE_443_TEAM=b"});
  watch();
  ASSERT_TRUE(sees("secure", 1)) << all();
  EXPECT_EQ(endpoints("secure").front().tags, strings{"tls"});
  EXPECT_EQ(endpoints("secure").front().meta.at("team"), "b");
  ASSERT_TRUE(sees("web-53", 1)) << all();
  EXPECT_EQ(endpoints("web-53").front().id, "h:one:53:udp");
  EXPECT_EQ(endpoints("web-53").front().tags, strings{"udp"});
  EXPECT_EQ(endpoints("web-53").front().meta.at("team"), "a");
  EXPECT_EQ(source_->now().services.size(), 2U) << all();
}

TEST_F(Docker, LeavesOutWhatIsIgnoredNotPublishedOrNotNamed) {
  engine_.run("ignored", {"-p", "80", "-e", "SERVICE_IGNORE=1", "-e", "SERVICE_NAME=ignored"});
  engine_.run("unpublished", {"--expose", "80", "-e", "SERVICE_NAME=unpublished"});
  engine_.run("unnamed", {"-p", "80"});
  engine_.run("named", {"-p", "80", "--label", "SERVICE_NAME=named"});
  watch("explicit = true\n");
  ASSERT_TRUE(sees("named", 1)) << all();
  EXPECT_EQ(source_->now().services.size(), 1U) << all();
}

// The question that Registrator's users ask most.
TEST_F(Docker, SaysOfEachContainerThatIsNotPublishedWhyForAsLongAsItIsNot) {
  engine_.run("quiet", {"--expose", "80", "-e", "SERVICE_NAME=quiet"});
  engine_.run("ignored", {"-p", "80", "-e", "SERVICE_IGNORE=1", "-e", "SERVICE_NAME=web"});
  engine_.run("hosty", {"--network", "host", "-e", "SERVICE_8080_NAME=hosty"});
  engine_.run("good", {"-p", "80", "-e", "SERVICE_NAME=web"});
  watch("label = []\n");
  ASSERT_TRUE(sees("web", 1)) << all();
  const auto why = [this](const std::string& container) {
    for (const auto& each : source_->omitted())
      if (each.endpoint == container) return each.service + ": " + each.why;
    return std::string();
  };
  EXPECT_EQ(why("quiet"), "quiet: no port of this machine leads to it (docker run -p): port 80");
  EXPECT_EQ(why("ignored"), "web: SERVICE_IGNORE is set: port 80");
  EXPECT_NE(why("hosty").find("SERVICE_8080_NAME: the container has no port 8080"), std::string::npos) << why("hosty");
  EXPECT_EQ(why("good"), "");
  EXPECT_NE(source_->status().text.find("3 running containers are not published: "), std::string::npos) << all();
  EXPECT_EQ(source_->status().state, DRCON_STATE_OK) << "nothing is wrong";
  EXPECT_NE(source_->metrics().find("drcon_docker_containers_not_published{kind=\"source\",name=\"test\"} 3"),
            std::string::npos)
      << source_->metrics();
  engine_.docker({"rename", "quiet", "silent"});
  EXPECT_TRUE(wait_until([&] { return why("quiet").empty() && !why("silent").empty(); })) << all();
  engine_.docker({"rm", "-f", "silent", "ignored"});
  EXPECT_TRUE(wait_until([&] { return why("silent").empty() && why("ignored").empty(); })) << all();
  EXPECT_TRUE(wait_until([&] {
    return source_->status().text.find("1 running container is not published: 'hosty'") != std::string::npos;
  })) << all();
}

TEST_F(Docker, TakesThePublishedOrTheNamedPortsOfHostMode) {
  engine_.docker({"run", "-d", "--name", "grafana", "--network", "host", "-p", "3000:3000", "--expose", "4000", "-e",
                  "SERVICE_NAME=grafana", docker_engine::image, "sleep", "100000"});
  engine_.run("bare", {"--network", "host", "-e", "SERVICE_8080_NAME=bare"});
  watch();
  EXPECT_TRUE(sees("grafana-3000", 1) && sees("grafana-4000", 1)) << all();
  EXPECT_FALSE(has("bare"));
  watch("host_network = \"published\"\n");
  EXPECT_TRUE(sees("grafana", 1)) << all();
  EXPECT_EQ(source_->now().services.size(), 1U) << all();
  watch("host_network = \"named\"\n");
  ASSERT_TRUE(sees("bare", 1)) << all();
  EXPECT_EQ(endpoints("bare").front().port, 8080U);
  EXPECT_EQ(source_->now().services.size(), 1U) << all();
}

// Whoever uses the network of a container in network mode host is in it as well.
TEST_F(Docker, TakesTheHostsAddressForAContainerInTheNetworkOfOneInHostMode) {
  engine_.run("lender", {"--network", "host"});
  engine_.run("borrower", {"--network", "container:lender", "-e", "SERVICE_8080_NAME=web"});
  watch("host_network = \"named\"\n");
  ASSERT_TRUE(sees("web", 1)) << all();
  EXPECT_EQ(endpoints("web").front().id, "h:borrower:8080");
  EXPECT_EQ(endpoints("web").front().address, "127.0.0.1");
}

TEST_F(Docker, TakesOnlyContainersWithTheLabels) {
  engine_.run("aa", {"-p", "80", "--label", "SERVICE_NAME=a", "--label", "edge", "--label", "zone=1"});
  engine_.run("bb", {"-p", "80", "--label", "SERVICE_NAME=b", "--label", "edge", "--label", "zone=2"});
  engine_.run("cc", {"-p", "80", "--label", "SERVICE_NAME=c", "--label", "zone=1"});
  watch("label = [\"edge\", \"zone=1\"]\n");
  ASSERT_TRUE(sees("a", 1)) << all();
  EXPECT_EQ(source_->now().services.size(), 1U) << all();
}

TEST_F(Docker, GivesTheContainersOwnAddressInTheChosenNetwork) {
  engine_.docker({"network", "create", "--subnet", "10.99.0.0/24", "front"});
  engine_.run("one", {"--expose", "80", "-e", "SERVICE_NAME=web", "--network", "front", "--ip", "10.99.0.7"});
  engine_.run("two", {"--expose", "80", "-e", "SERVICE_NAME=web"});
  engine_.docker({"commit", "--change", "EXPOSE 80", "one", "exposing:1"});
  engine_.docker(
      {"run", "-d", "-e", "SERVICE_NAME=web", "--network", "container:one", "exposing:1", "sleep", "100000"});
  watch("addresses = \"internal\"\nnetwork = \"front\"\n");
  ASSERT_TRUE(sees("web", 2)) << all();
  for (const auto& each : endpoints("web")) {
    EXPECT_EQ(each.address, "10.99.0.7");
    EXPECT_EQ(each.port, 80U);
  }
  engine_.docker({"network", "connect", "--ip", "10.99.0.9", "front", "two"});
  EXPECT_TRUE(sees("web", 3)) << all();
  engine_.docker({"network", "disconnect", "front", "two"});
  EXPECT_TRUE(sees("web", 2)) << all();
  watch("addresses = \"internal\"\n");
  EXPECT_TRUE(sees("web", 3)) << "each in the network that it is in: " << all();
}

TEST_F(Docker, TakesTheHostsAddressInHostModeAndTheAddressOfALabel) {
  engine_.run("host", {"--expose", "81", "--network", "host", "-e", "SERVICE_NAME=host"});
  engine_.run("labelled", {"-p", "127.0.0.1:0:80", "-e", "SERVICE_NAME=labelled", "--label", "ip=192.0.2.7/24"});
  watch("address_label = \"ip\"\n");
  ASSERT_TRUE(sees("host", 1) && sees("labelled", 1)) << all();
  EXPECT_EQ(endpoints("host").front().address, "127.0.0.1");
  EXPECT_EQ(endpoints("host").front().port, 81U);
  EXPECT_EQ(endpoints("labelled").front().address, "192.0.2.7");
}

TEST_F(Docker, SaysWhenTwoContainersClaimOneId) {
  engine_.run("aa", {"-p", "80", "-e", "SERVICE_NAME=web", "-e", "SERVICE_ID=x"});
  engine_.run("bb", {"-p", "80", "-e", "SERVICE_NAME=web", "-e", "SERVICE_ID=x"});
  watch();
  ASSERT_TRUE(sees("web", 1)) << all();
  EXPECT_NE(source_->status().text.find("must be unique"), std::string::npos) << all();
}

TEST_F(Docker, PublishesAServiceThatIsAskedForFromTheStart) {
  watch("service = [\"web\"]\n");
  EXPECT_TRUE(has("web"));
  EXPECT_TRUE(endpoints("web").empty());
  engine_.run("one", {"-p", "80", "-e", "SERVICE_NAME=web"});
  EXPECT_TRUE(sees("web", 1));
  engine_.docker({"rm", "-f", "one"});
  EXPECT_TRUE(sees("web", 0));
  EXPECT_TRUE(has("web")) << "empty, not gone";
}

// ---- events ---------------------------------------------------------------------------------------------

TEST_F(Docker, FollowsStartAndRemoval) {
  watch();
  engine_.run("one", {"-p", "80", "-e", "SERVICE_NAME=web"});
  EXPECT_TRUE(sees("web", 1)) << all();
  engine_.run("two", {"-p", "80", "-e", "SERVICE_NAME=web"});
  EXPECT_TRUE(sees("web", 2)) << all();
  engine_.docker({"rm", "-f", "one"});
  EXPECT_TRUE(sees("web", 1)) << all();
  engine_.docker({"rm", "-f", "two"});
  EXPECT_TRUE(wait_until([this] { return !has("web"); })) << all();
}

TEST_F(Docker, LetsAnEndpointGoWhenItsContainerIsAskedToStopAndBeforeItHas) {
  engine_.run("one", {"-p", "80", "-e", "SERVICE_NAME=web"});
  engine_.run("two", {"-p", "80", "-e", "SERVICE_NAME=web"});
  watch();
  ASSERT_TRUE(sees("web", 2)) << all();
  auto stopping = engine_.stop_slowly("one", 60);  // it does not react to SIGTERM
  EXPECT_TRUE(sees("web", 1)) << all();
  EXPECT_EQ(engine_.docker({"inspect", "-f", "{{.State.Running}}", "one"}), "true");
  EXPECT_TRUE(stopping.running());

  // A drcon that is started now must not take it for one that serves.
  watch();
  EXPECT_EQ(endpoints("web").size(), 1U) << all();
  stopping.kill9();
}

TEST_F(Docker, TakesBackWhatWasAskedToStopAndRunsOn) {
  engine_.run("one", {"-p", "80", "-e", "SERVICE_NAME=web"});
  watch("stop_wait = \"1s\"\nservice = [\"web\"]\n");
  ASSERT_TRUE(sees("web", 1)) << all();
  engine_.docker({"kill", "-s", "TERM", "one"});
  EXPECT_TRUE(sees("web", 0)) << all();
  EXPECT_TRUE(sees("web", 1)) << all();
}

TEST_F(Docker, DoesNotTakeEverySignalForAStop) {
  engine_.run("one", {"-p", "80", "-e", "SERVICE_NAME=web"});
  engine_.run("quits", {"-p", "80", "-e", "SERVICE_NAME=quits", "--stop-signal", "SIGUSR1"});
  watch();
  ASSERT_TRUE(sees("web", 1) && sees("quits", 1)) << all();
  engine_.docker({"kill", "-s", "HUP", "one"});
  engine_.docker({"kill", "-s", "USR1", "one"});
  engine_.docker({"kill", "-s", "USR1", "quits"});
  EXPECT_TRUE(wait_until([this] { return !has("quits"); })) << all();
  EXPECT_EQ(endpoints("web").size(), 1U) << all();
}

TEST_F(Docker, ShowsPauseAsMaintenance) {
  engine_.run("one", {"-p", "80", "-e", "SERVICE_NAME=web"});
  watch();
  ASSERT_TRUE(sees_health("web", health::passing)) << all();
  engine_.docker({"pause", "one"});
  EXPECT_TRUE(sees_health("web", health::maintenance)) << all();
  engine_.docker({"unpause", "one"});
  EXPECT_TRUE(sees_health("web", health::passing)) << all();
}

TEST_F(Docker, ShowsTheHealthOfItsOwnCheckAndStartingIsNotHealthy) {
  watch();
  engine_.run("one", {"-p", "80", "-e", "SERVICE_NAME=web", "--health-cmd", "/bin/test -e /ok", "--health-interval",
                      "300ms", "--health-retries", "1"});
  EXPECT_TRUE(sees_health("web", health::critical)) << all();
  engine_.docker({"exec", "one", "/bin/touch", "/ok"});
  EXPECT_TRUE(sees_health("web", health::passing)) << all();
  engine_.docker({"exec", "one", "/bin/rm", "/ok"});
  EXPECT_TRUE(sees_health("web", health::critical)) << all();
}

TEST_F(Docker, NeverCallsAContainerPassingThatDoesNotBecomeHealthy) {
  watch();
  engine_.run("one", {"-p", "80", "-e", "SERVICE_NAME=web", "--health-cmd", "/bin/false", "--health-interval", "200ms",
                      "--health-retries", "2"});
  bool passing = false;
  EXPECT_TRUE(wait_until([&] {
    for (const auto& each : endpoints("web")) passing |= each.health == health::passing;
    return engine_.docker({"inspect", "-f", "{{.State.Health.Status}}", "one"}) == "unhealthy";
  }));
  EXPECT_TRUE(sees_health("web", health::critical)) << all();
  EXPECT_FALSE(passing);
}

TEST_F(Docker, FollowsARename) {
  engine_.run("one", {"-p", "80", "-e", "SERVICE_NAME=web"});
  watch();
  ASSERT_TRUE(sees("web", 1)) << all();
  engine_.docker({"rename", "one", "new"});
  EXPECT_TRUE(wait_until([this] {
    const auto now = endpoints("web");
    return now.size() == 1 && now.front().id == "h:new:80";
  })) << all();
}

TEST_F(Docker, FollowsARestartWithAnotherPort) {
  engine_.run("one", {"-p", "80", "-e", "SERVICE_NAME=web"});
  watch("service = [\"web\"]\n");
  ASSERT_TRUE(sees("web", 1)) << all();
  engine_.docker({"restart", "-t", "0", "one"});
  const auto port = engine_.port_of("one", 80);
  EXPECT_TRUE(wait_until([&] {
    const auto now = endpoints("web");
    return now.size() == 1 && now.front().port == port && now.front().health == health::passing;
  })) << all();
}

TEST_F(Docker, RemovesOrKeepsACrashedContainerAsConfiguredAndAlwaysRemovesAStoppedOne) {
  watch("on_exit = \"critical\"\n");
  // A file of the host ends them: a process of `docker exec` may be killed with the container that it ends.
  const temp_dir shared;
  const auto mount = shared.path().string() + ":/shared";
  engine_.run("crash", {"-p", "80", "-v", mount, "-e", "SERVICE_NAME=crash"},
              {"sh", "-c", "while ! test -e /shared/end; do sleep 0.05; done; exit 3"});
  engine_.run("clean", {"-p", "80", "-v", mount, "-e", "SERVICE_NAME=clean"},
              {"sh", "-c", "while ! test -e /shared/end; do sleep 0.05; done"});
  engine_.run("stopped", {"-p", "80", "-e", "SERVICE_NAME=stopped"});
  ASSERT_TRUE(sees("crash", 1) && sees("clean", 1) && sees("stopped", 1)) << all();
  write_file(shared / "end", "");
  engine_.docker({"stop", "-t", "0", "stopped"});
  EXPECT_TRUE(sees_health("crash", health::critical)) << all();
  EXPECT_TRUE(wait_until([this] { return !has("clean") && !has("stopped"); })) << all();
  EXPECT_EQ(endpoints("crash").size(), 1U);
  watch();
  EXPECT_FALSE(has("crash")) << all();
}

// ---- what goes wrong ------------------------------------------------------------------------------------

TEST_F(Docker, KeepsWhatItKnewWhileTheEngineIsUnreachableAndComparesWhenItIsBack) {
  engine_.run("stays", {"-p", "127.0.0.1:18080:80", "-e", "SERVICE_NAME=stays", "--restart", "always"});
  engine_.run("ends", {"-p", "80", "-e", "SERVICE_NAME=ends"});
  watch("settle = \"300ms\"\n");
  ASSERT_TRUE(sees("stays", 1) && sees("ends", 1)) << all();
  engine_.kill9();
  EXPECT_TRUE(wait_until([this] { return !source_->now().all_unknown.empty(); }));
  EXPECT_EQ(endpoints("stays").size(), 1U);
  EXPECT_EQ(endpoints("ends").size(), 1U);
  engine_.start();
  EXPECT_TRUE(wait_until([this] { return !has("ends"); })) << "its container did not come back: " << all();
  EXPECT_TRUE(sees("stays", 1)) << all();
  EXPECT_TRUE(wait_until([this] { return source_->now().all_unknown.empty(); }));
  EXPECT_EQ(source_->status().state, DRCON_STATE_OK) << all();
  engine_.run("more", {"-p", "80", "-e", "SERVICE_NAME=more"});
  EXPECT_TRUE(sees("more", 1)) << "events are followed again: " << all();
}

TEST_F(Docker, WaitsForAnEngineThatIsNotThereAtStart) {
  engine_.run("one", {"-p", "127.0.0.1:18081:80", "-e", "SERVICE_NAME=web", "--restart", "always"});
  engine_.kill9();
  start("");
  EXPECT_TRUE(wait_until([this] { return source_->status().state == DRCON_STATE_AWAY; }));
  EXPECT_FALSE(source_->now().ready);
  EXPECT_TRUE(wait_until([this] { return source_->status().text.find("docker.sock") != std::string::npos; }))
      << source_->status().text;
  engine_.start();
  EXPECT_TRUE(sees("web", 1)) << all();
}

TEST_F(Docker, ComparesEverythingAtItsIntervalAndPublishesNothingWhenItIsEqual) {
  engine_.run("one", {"-p", "80", "-e", "SERVICE_NAME=web"});
  watch("resync = \"1s\"\n");
  ASSERT_TRUE(sees("web", 1)) << all();
  const auto words = source_->now().words;
  const auto looks = [this] {
    const auto figures = source_->metrics();
    const auto at = figures.find("drcon_docker_looks_total{");
    return at == std::string::npos ? 0 : std::stoi(figures.substr(figures.find("} ", at) + 2));
  };
  EXPECT_TRUE(wait_until([&] { return looks() >= 3; })) << looks();
  EXPECT_EQ(source_->now().words, words);
}

TEST(DockerOverTls, IsFollowedWithCertificatesAndNotTrustedWithout) {
  const certificates files;
  const docker_engine engine({"-H", "tcp://127.0.0.1:2376", "--tlsverify", "--tlscacert", files.ca(), "--tlscert",
                              files.server(), "--tlskey", files.server_key()});
  engine.run("one", {"-p", "80", "-e", "SERVICE_NAME=web"});
  const auto ca = "engine = \"tcp://127.0.0.1:2376\"\nretry_max = \"200ms\"\ntls = { ca_file = \"" + files.ca() + "\"";
  source_harness source("docker",
                        ca + ", cert_file = \"" + files.client() + "\", key_file = \"" + files.client_key() + "\" }\n");
  source.start();
  EXPECT_TRUE(source.wait_for([](const auto& now) { return now.services.contains("web"); })) << source.status().text;
  engine.run("two", {"-p", "80", "-e", "SERVICE_NAME=api"});
  EXPECT_TRUE(source.wait_for([](const auto& now) { return now.services.contains("api"); })) << source.status().text;
  source_harness nobody("docker", ca + " }\n");
  nobody.start();
  EXPECT_TRUE(wait_until([&] { return nobody.status().state == DRCON_STATE_AWAY; }));
  EXPECT_FALSE(nobody.now().ready);
}

TEST_F(Docker, StopsWithoutSayingThatAnythingIsUnknown) {
  engine_.run("one", {"-p", "80", "-e", "SERVICE_NAME=web"});
  watch();
  ASSERT_TRUE(sees("web", 1)) << all();
  EXPECT_TRUE(source_->stop());
  EXPECT_TRUE(source_->now().all_unknown.empty()) << source_->now().all_unknown;
}

}  // namespace
}  // namespace drcon::test
