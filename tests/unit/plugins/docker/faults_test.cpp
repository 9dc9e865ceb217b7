// What a Docker engine may do that a real one cannot be made to: keep events to itself, and fail for one container.
#include "support/plugin_harness.hpp"
#include "support/scripted_consul.hpp"
#include "support/wait.hpp"

#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

namespace drcon::test {
namespace {

using nlohmann::json;

class DockerFaults : public ::testing::Test {
protected:
  DockerFaults() {
    engine_.set("/version", {.body = R"({"ApiVersion": "1.41", "MinAPIVersion": "1.12"})"});
    engine_.set("/v1.41/events", {.body = "", .ends = scripted_answer::how::endless});
  }
  void list(const std::vector<std::string>& ids) {
    auto all = json::array();
    for (const auto& each : ids) all.push_back({{"Id", each}, {"State", "running"}, {"Status", "Up 5 minutes"}});
    engine_.set("/v1.41/containers/json", {.body = all.dump()});
  }
  void describe(const std::string& id, int status = 200, bool runs = true) {
    const json body = {
        {"Id", id},
        {"Name", "/" + id},
        {"State", {{"Running", runs}}},
        {"Config", {{"Image", "web"}, {"Labels", {{"SERVICE_NAME", "web"}}}}},
        {"NetworkSettings", {{"Ports", {{"80/tcp", {{{"HostIp", "10.0.0.1"}, {"HostPort", "8080"}}}}}}}}};
    engine_.set("/v1.41/containers/" + id + "/json",
                {.status = status, .body = status == 200 ? body.dump() : R"({"message": "layer is gone"})"});
  }
  void watch(const std::string& resync = "1s") {
    source_ = std::make_unique<source_harness>("docker", "engine = \"" + engine_.url() + "\"\nresync = \"" + resync +
                                                             "\"\ntimeout = \"200ms\"\nretry_max = \"200ms\"\n");
    source_->start();
  }
  std::size_t count() const {
    const auto now = source_->now();
    const auto at = now.services.find("web");
    return at == now.services.end() ? 0 : at->second.endpoints.size();
  }

  scripted_consul engine_;
  std::unique_ptr<source_harness> source_;
};

TEST_F(DockerFaults, NoMissedEventLeavesAGhostOrHidesAContainer) {
  list({"aa", "bb"});
  describe("aa");
  describe("bb");
  watch();
  ASSERT_TRUE(wait_until([this] { return count() == 2; })) << source_->status().text;
  describe("cc");
  list({"bb", "cc"});
  EXPECT_TRUE(wait_until([this] {
    const auto now = source_->now();
    return now.services.contains("web") && now.services.at("web").endpoints.size() == 2 &&
           now.services.at("web").endpoints.back().id.find(":cc:") != std::string::npos;
  })) << source_->status().text;
}

TEST_F(DockerFaults, OneContainerThatCannotBeReadKeepsNobodyElseFromBeingKnown) {
  list({"aa", "bb"});
  describe("aa");
  describe("bb", 500);
  watch();
  EXPECT_TRUE(source_->wait_ready()) << source_->status().text;
  EXPECT_TRUE(wait_until([this] { return count() == 1; }));
  EXPECT_TRUE(wait_until([this] { return source_->status().text.find("layer is gone") != std::string::npos; }))
      << source_->status().text;
  EXPECT_EQ(source_->status().state, DRCON_STATE_DEGRADED);
  EXPECT_NE(source_->metrics().find("drcon_docker_containers_in_trouble{kind=\"source\",name=\"test\"} 1"),
            std::string::npos)
      << source_->metrics();
  describe("bb");
  EXPECT_TRUE(wait_until([this] { return count() == 2; })) << source_->status().text;
  EXPECT_TRUE(wait_until([this] { return source_->status().state == DRCON_STATE_OK; })) << source_->status().text;
}

TEST_F(DockerFaults, OneContainerWhoseInspectionNeverEndsKeepsNobodyElseFromBeingKnown) {
  list({"aa", "bb", "cc"});
  engine_.set("/v1.41/containers/aa/json", {.body = "", .ends = scripted_answer::how::endless});
  describe("bb");
  describe("cc");
  watch();
  EXPECT_TRUE(source_->wait_ready()) << source_->status().text;
  EXPECT_TRUE(wait_until([this] { return count() == 2; }));
  EXPECT_TRUE(wait_until([this] {
    return source_->status().text.find("keeps its last known state: 'aa'") != std::string::npos;
  })) << source_->status().text;
  describe("aa");
  EXPECT_TRUE(wait_until([this] { return count() == 3; })) << source_->status().text;
}

// Its labels are part of each of its events.
TEST_F(DockerFaults, OneContainerWithTooManyLabelsKeepsNobodyElseFromBeingKnown) {
  const auto event = [](const std::string& id, const std::string& label) {
    return json{{"Type", "container"},
                {"Action", "start"},
                {"time", 1},
                {"timeNano", 1000000000},
                {"Actor", {{"ID", id}, {"Attributes", {{"label", label}}}}}}
               .dump() +
           "\n";
  };
  constexpr std::size_t too_much = std::size_t{5} * 1024 * 1024;
  engine_.set("/v1.41/events",
              {.body = event("aa", std::string(too_much, 'x')), .ends = scripted_answer::how::endless});
  list({"aa", "bb"});
  describe("aa");
  describe("bb");
  watch("10m");
  ASSERT_TRUE(source_->wait_ready()) << source_->status().text;
  EXPECT_TRUE(wait_until([this] { return count() == 2; })) << source_->status().text;
  EXPECT_TRUE(wait_until([this] {
    return source_->metrics().find("drcon_docker_dropped_events_total") != std::string::npos;
  })) << source_->metrics();
  EXPECT_TRUE(wait_until([this] {
    return source_->metrics().find("drcon_docker_looks_total{kind=\"source\",name=\"test\"} 2\n") != std::string::npos;
  })) << "everything is looked at again: "
      << source_->metrics();
  EXPECT_EQ(source_->status().state, DRCON_STATE_OK) << source_->status().text;
  EXPECT_TRUE(source_->now().all_unknown.empty());
}

TEST_F(DockerFaults, AnEngineThatAnswersNoInspectionIsUnreachableAndNotEmpty) {
  list({"aa"});
  engine_.set("/v1.41/containers/aa/json", {.body = "", .ends = scripted_answer::how::endless});
  watch();
  ASSERT_TRUE(source_->wait_for([](const auto& now) { return !now.all_unknown.empty(); })) << source_->status().text;
  EXPECT_FALSE(source_->now().ready);
  EXPECT_EQ(source_->status().state, DRCON_STATE_AWAY);
}

// Engines from 29 on refuse what is older than 1.44.
TEST_F(DockerFaults, SpeaksTheOldestVersionThatANewEngineTakes) {
  engine_.set("/version", {.body = R"({"ApiVersion": "1.52", "MinAPIVersion": "1.44"})"});
  engine_.set("/v1.44/events", {.body = "", .ends = scripted_answer::how::endless});
  engine_.set("/v1.44/containers/json", {.body = "[]"});
  watch();
  EXPECT_TRUE(source_->wait_ready()) << source_->status().text;
}

// Podman sends no event when a container is asked to stop; only its state says so, while it finishes its requests.
TEST_F(DockerFaults, OfPodmanAContainerLeavesWhenItsStateSaysThatItStopsThoughNoEventDoes) {
  engine_.set("/version", {.body = R"({"ApiVersion": "1.41", "MinAPIVersion": "1.24",
                                       "Components": [{"Name": "Podman Engine"}, {"Name": "Conmon"}]})"});
  list({"aa", "bb"});
  describe("aa");
  describe("bb");
  watch("10m");
  ASSERT_TRUE(wait_until([this] { return count() == 2; })) << source_->status().text;
  describe("aa", 200, false);
  engine_.set("/v1.41/containers/json", {.body = json::array({{{"Id", "aa"}, {"State", "stopping"}, {"Status", ""}},
                                                              {{"Id", "bb"}, {"State", "running"}, {"Status", "Up"}}})
                                                     .dump()});
  EXPECT_TRUE(wait_until([this] { return count() == 1; })) << "long before the next resync: " << source_->status().text;
}

TEST_F(DockerFaults, AnAnswerThatIsNoneChangesNothing) {
  list({"aa"});
  describe("aa");
  watch();
  ASSERT_TRUE(wait_until([this] { return count() == 1; })) << source_->status().text;
  for (const auto* body : {"", "{}", "[7]", R"([{"Id": 7}])", "null"}) {
    engine_.set("/v1.41/containers/json", {.body = body});
    EXPECT_TRUE(wait_until([this] { return source_->status().state == DRCON_STATE_AWAY; })) << body;
    EXPECT_EQ(count(), 1U) << body;
    list({"aa"});
    EXPECT_TRUE(wait_until([this] { return source_->status().state == DRCON_STATE_OK; })) << body;
  }
}

}  // namespace
}  // namespace drcon::test
