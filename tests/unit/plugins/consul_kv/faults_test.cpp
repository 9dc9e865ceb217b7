// The consul-kv source against a server that answers as a Consul that is restarted, a proxy, or a refusal would.
#include "support/plugin_harness.hpp"
#include "support/scripted_consul.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace drcon::test {
namespace {

using entries = std::map<std::string, std::string>;

// The answer to GET /v1/kv/KEY; "MQ==" is 1, "Mg==" is 2.
std::string value(const std::string& key, const std::string& base64) {
  return R"([{"Key":")" + key + R"(","Value":")" + base64 + R"("}])";
}

class ConsulKvFaults : public ::testing::Test {
protected:
  void watch(const std::string& keys) {
    source_ = std::make_unique<source_harness>(
        "consul-kv", "address = \"" + consul_.url() + "\"\nretry_max = \"300ms\"\nkey = [" + keys + "]\n");
    source_->start();
  }
  entries values(const std::string& name) const {
    const auto now = source_->now();
    const auto found = now.services.find(name);
    return found == now.services.end() ? entries() : found->second.values;
  }
  bool sees(const std::string& name, const entries& expected) const {
    return wait_until([&] { return values(name) == expected; });
  }

  const std::string path_ = "/v1/kv/a";
  scripted_consul consul_;
  std::unique_ptr<source_harness> source_;
};

TEST_F(ConsulKvFaults, AsksAtAnIntervalAndSeesChangesWhenAnswersHaveNoIndex) {
  consul_.set(path_, {.body = value("a", "MQ=="), .has_index = false});
  watch(R"({ path = "a" })");
  ASSERT_TRUE(sees("a", {{"a", "1"}}));
  const auto words = source_->now().words;
  const auto start = std::chrono::steady_clock::now();
  const auto before = consul_.requests(path_).size();
  ASSERT_TRUE(wait_until([&] { return consul_.requests(path_).size() >= before + 3; }));
  // Holds however slow the machine is: a slower one asks less often.
  EXPECT_GE(std::chrono::steady_clock::now() - start, 1s) << "it must not spin";
  EXPECT_EQ(source_->now().words, words) << "equal bodies are nothing new";
  consul_.set(path_, {.body = value("a", "Mg=="), .has_index = false});
  EXPECT_TRUE(sees("a", {{"a", "2"}}));
}

TEST_F(ConsulKvFaults, UsesTheFirstAnswerAfterAFailureOnlyWhenTheLeaderConfirmsIt) {
  consul_.set(path_, {.index = 100, .body = value("a", "MQ==")});
  watch(R"({ path = "a" })");
  ASSERT_TRUE(source_->wait_ready());
  consul_.set_consistent(path_, {.status = 500, .body = "No cluster leader"});
  consul_.kill();
  ASSERT_TRUE(source_->wait_for([](const auto& now) { return !now.all_unknown.empty(); }));
  const auto before = consul_.requests(path_).size();
  consul_.set(path_, {.index = 150, .body = value("a", "b2xk")});  // "old"
  consul_.revive();
  ASSERT_TRUE(wait_until([&] { return consul_.requests(path_).size() >= before + 3; }));
  EXPECT_EQ(values("a"), (entries{{"a", "1"}}));
  for (const auto& answer : {scripted_answer{.index = 160, .body = value("a", "Mg==")}}) {
    consul_.set(path_, answer);
    consul_.set_consistent(path_, answer);
  }
  EXPECT_TRUE(sees("a", {{"a", "2"}}));
  EXPECT_TRUE(source_->wait_for([](const auto& now) { return now.all_unknown.empty(); }));
}

TEST_F(ConsulKvFaults, UsesAnAnswerWhoseIndexWentBackOnlyWhenTheLeaderConfirmsIt) {
  consul_.set(path_, {.index = 100, .body = value("a", "MQ==")});
  watch(R"({ path = "a" })");
  ASSERT_TRUE(source_->wait_ready());
  const auto words = source_->now().words;
  const auto before = consul_.requests(path_).size();
  consul_.set_consistent(path_, {.index = 100, .body = value("a", "MQ==")});
  consul_.set(path_, {.status = 404, .index = 14, .body = ""});
  ASSERT_TRUE(wait_until([&] { return consul_.requests(path_).size() >= before + 4; }));
  EXPECT_EQ(source_->now().words, words);
  EXPECT_EQ(values("a"), (entries{{"a", "1"}}));
}

TEST_F(ConsulKvFaults, IsReadyWhenConsulRefusesOneEntryForGood) {
  consul_.set("/v1/kv/secret", {.status = 403, .body = "Permission denied"});
  consul_.set(path_, {.index = 100, .body = value("a", "MQ==")});
  watch(R"({ path = "a" }, { path = "secret" })");
  EXPECT_TRUE(source_->wait_ready()) << source_->status().text;
  EXPECT_TRUE(sees("a", {{"a", "1"}}));
  EXPECT_TRUE(source_->wait_for([](const auto& now) { return now.unknown.contains("secret"); }));
  EXPECT_TRUE(wait_until([&] { return source_->status().state == DRCON_STATE_DEGRADED; })) << source_->status().text;
}

TEST_F(ConsulKvFaults, IsReadyThoughOneEntryThatWasNeverKnownIsAnsweredWithErrorsForLong) {
  consul_.set("/v1/kv/b", {.status = 502, .body = "Bad Gateway"});
  consul_.set(path_, {.index = 100, .body = value("a", "MQ==")});
  watch(R"({ path = "a" }, { path = "b" })");
  ASSERT_TRUE(source_->wait_ready()) << source_->status().text;
  EXPECT_TRUE(source_->now().unknown.contains("b"));
  consul_.set("/v1/kv/b", {.index = 101, .body = value("b", "Mg==")});
  EXPECT_TRUE(sees("b", {{"b", "2"}}));
}

TEST_F(ConsulKvFaults, IsReadyAfterAnOutageOnlyWhenEveryEntryWasAskedAgain) {
  for (const auto* each : {"a", "b"})
    consul_.set(std::string("/v1/kv/") + each, {.index = 9, .body = value(each, "MQ==")});
  watch(R"({ path = "a" }, { path = "b" })");
  ASSERT_TRUE(source_->wait_ready());
  consul_.kill();
  ASSERT_TRUE(source_->wait_for([](const auto& now) { return !now.all_unknown.empty(); }));
  consul_.set("/v1/kv/a", {.index = 9, .body = value("a", "Mg==")});
  consul_.set("/v1/kv/b", {.ends = scripted_answer::how::dropped});
  consul_.revive();
  ASSERT_TRUE(sees("a", {{"a", "2"}}));
  EXPECT_FALSE(source_->now().all_unknown.empty()) << "b has not answered yet";
  consul_.set("/v1/kv/b", {.index = 9, .body = value("b", "Mg==")});
  EXPECT_TRUE(source_->wait_for([](const auto& now) { return now.all_unknown.empty(); }));
  EXPECT_TRUE(sees("b", {{"b", "2"}}));
}

TEST_F(ConsulKvFaults, RefusesAPathThatConsulCannotBeAskedFor) {
  for (const auto* key : {R"({ path = "a//b" })", R"({ path = "a/../b" })", R"({ prefix = "a//" })"})
    EXPECT_ANY_THROW(watch(key)) << key;
}

}  // namespace
}  // namespace drcon::test
