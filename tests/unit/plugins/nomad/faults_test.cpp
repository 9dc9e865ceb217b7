// The nomad source against a server whose answers are made from Nomad's documentation: no Debian has Nomad 1.3.
#include "support/plugin_harness.hpp"
#include "support/scripted_consul.hpp"
#include "support/wait.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drcon::test {
namespace nomad_faults_test {

using ::testing::HasSubstr;

std::string row(const std::string& id) {
  return R"({"ID":")" + id + R"(","ServiceName":"web","Address":"10.0.0.1","Port":80,"NodeID":"n","Tags":[]})";
}

// Nomad's index has a name of its own.
scripted_answer rows(std::uint64_t index, const std::string& body) {
  return {.index = index,
          .body = "[" + body + "]",
          .headers = {{"X-Nomad-Index", std::to_string(index)}},
          .has_index = false};
}

class NomadSource : public ::testing::Test {
protected:
  void watch(const std::string& services, const std::string& more = {}) {
    source_ = std::make_unique<source_harness>("nomad", "address = \"" + nomad_.url() + "\"\nretry_max = \"300ms\"\n" +
                                                            more + "service = [" + services + "]\n");
    source_->start();
  }
  bool has(const std::string& name, std::size_t count) const {
    return source_->wait_for([&](const auto& now) {
      const auto found = now.services.find(name);
      return found != now.services.end() && found->second.endpoints.size() == count;
    });
  }

  const std::string path_ = "/v1/service/web";
  scripted_consul nomad_;
  std::unique_ptr<source_harness> source_;
};

TEST_F(NomadSource, FollowsAServiceByBlockingQueries) {
  nomad_.set(path_, rows(14, row("a")));
  watch(R"({ name = "web" })", "namespace = \"apps\"\nregion = \"eu\"\n");
  ASSERT_TRUE(has("web", 1));
  ASSERT_TRUE(source_->wait_ready());
  ASSERT_TRUE(wait_until([&] { return nomad_.requests(path_).size() >= 2; }));
  EXPECT_THAT(nomad_.requests(path_).back(), HasSubstr("index=14&wait=55000ms&namespace=apps&region=eu"));
  nomad_.set(path_, rows(15, row("a") + "," + row("b")));
  EXPECT_TRUE(has("web", 2));
  nomad_.set(path_, rows(16, ""));
  EXPECT_TRUE(has("web", 0)) << "it is known that there is none";
}

TEST_F(NomadSource, WhatFailsLeavesWhatIsKnown) {
  nomad_.set(path_, rows(14, row("a")));
  watch(R"({ name = "web" })");
  ASSERT_TRUE(source_->wait_ready());
  nomad_.kill();
  ASSERT_TRUE(source_->wait_for([](const auto& now) { return !now.all_unknown.empty(); }));
  EXPECT_TRUE(has("web", 1));
  nomad_.set(path_, rows(9, row("a") + "," + row("b")));  // another one, whose index begins again
  nomad_.revive();
  EXPECT_TRUE(has("web", 2));
  EXPECT_TRUE(source_->wait_for([](const auto& now) { return now.all_unknown.empty(); }));
}

TEST_F(NomadSource, OneServiceThatIsRefusedHoldsUpNoOther) {
  nomad_.set(path_, rows(14, row("a")));
  nomad_.set("/v1/service/secret", {.status = 403, .body = "Permission denied"});
  watch(R"({ name = "secret" }, { name = "web" })");
  EXPECT_TRUE(source_->wait_ready()) << source_->status().text;
  EXPECT_TRUE(has("web", 1));
  EXPECT_TRUE(wait_until([&] { return source_->status().state == DRCON_STATE_DEGRADED; }));
  EXPECT_THAT(source_->status().text, HasSubstr("read-job"));
}

TEST_F(NomadSource, IsReadyWithAsManyInstancesAsItWaitsFor) {
  nomad_.set(path_, rows(14, row("a")));
  watch(R"({ name = "web", at_least = 2 })");
  ASSERT_TRUE(wait_until([&] { return source_->status().text == "waiting for 2 endpoints of web, which has 1"; }))
      << source_->status().text;
  EXPECT_FALSE(source_->now().ready);
  nomad_.set(path_, rows(15, row("a") + "," + row("b")));
  EXPECT_TRUE(source_->wait_ready());
  EXPECT_TRUE(wait_until([&] { return source_->status().state == DRCON_STATE_OK; })) << source_->status().text;
}

TEST_F(NomadSource, AnInstanceWithoutAPortIsLeftOutWithItsReason) {
  nomad_.set(path_, rows(14, R"({"ID":"a","ServiceName":"web","Address":"10.0.0.1","Port":0})"));
  watch(R"({ name = "web", as = "shop" })");
  ASSERT_TRUE(has("shop", 0));
  EXPECT_TRUE(wait_until([&] { return source_->omitted().size() == 1; }));
  EXPECT_TRUE(wait_until([&] { return source_->status().state == DRCON_STATE_DEGRADED; }));
  EXPECT_THAT(source_->status().text, HasSubstr("all instances of web are left out: it has no port"));
  nomad_.set(path_, rows(15, R"({"ID":"a","ServiceName":"web","Address":"","Port":80})"));
  EXPECT_TRUE(wait_until([&] { return source_->status().text.find("it has no address") != std::string::npos; }))
      << source_->status().text;
}

}  // namespace nomad_faults_test
}  // namespace drcon::test
