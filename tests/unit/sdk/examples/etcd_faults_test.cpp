// What an etcd, or what stands in front of it, may answer that a real one cannot be made to.
#include "support/plugin_harness.hpp"
#include "support/scripted_consul.hpp"
#include "support/wait.hpp"

#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

#include <gtest/gtest.h>

#include <set>

namespace drcon::test {
namespace etcd_faults_test {

using nlohmann::json;
using how = scripted_answer::how;
using ids = std::set<std::string>;

// Base64 of /services/web/a and of {"address":"10.0.0.1","port":80}.
const std::string key_a = "L3NlcnZpY2VzL3dlYi9h";
const std::string key_b = "L3NlcnZpY2VzL3dlYi9i";
const std::string value = "eyJhZGRyZXNzIjoiMTAuMC4wLjEiLCJwb3J0Ijo4MH0=";

json entry(const std::string& key, int revision) {
  return {{"key", key}, {"value", value}, {"mod_revision", std::to_string(revision)}};
}

std::string range(int revision, const std::vector<json>& entries) {
  return json{
      {"header", {{"revision", std::to_string(revision)}}}, {"kvs", entries}, {"count", std::to_string(entries.size())}}
      .dump();
}

std::string told(json result, int revision = 5) {
  if (revision != 0) result["header"] = {{"revision", std::to_string(revision)}};
  else result["header"] = json::object();
  return json{{"result", result}}.dump() + "\n";
}

const std::string created = told({{"created", true}});

class EtcdFaults : public ::testing::Test {
protected:
  EtcdFaults() {
    answer(range(5, {entry(key_a, 5)}));
    tell(created);
  }
  void answer(const std::string& body, how ends = how::whole, int status = 200) {
    etcd_.set("/v3/kv/range", {.status = status, .body = body, .headers = {}, .ends = ends});
  }
  void tell(const std::string& lines, how ends = how::endless) {
    etcd_.set("/v3/watch", {.body = lines, .headers = {}, .ends = ends});
  }
  void watch(const std::string& more = "check = \"1h\"\n") {
    source_ = std::make_unique<source_harness>(
        "etcd", "address = [\"" + etcd_.url() + "\"]\ntimeout = \"1s\"\nretry_max = \"100ms\"\n" + more);
    source_->start();
  }
  ids now() const {
    const auto all = source_->now();
    ids found;
    if (all.services.contains("web"))
      for (const auto& each : all.services.at("web").endpoints) found.insert(each.id);
    return found;
  }
  bool has(const ids& wanted) const {
    return wait_until([&] { return now() == wanted; });
  }
  bool is_unknown() const {
    return source_->wait_for([](const auto& each) { return !each.all_unknown.empty(); });
  }
  bool is_known() const {
    return source_->wait_for([](const auto& each) { return each.ready && each.all_unknown.empty(); });
  }
  bool said_unknown() const { return source_->metrics().find("losses_total") != std::string::npos; }

  scripted_consul etcd_;
  std::unique_ptr<source_harness> source_;
};

TEST_F(EtcdFaults, NoAnswerThatIsNotWholeAndRightChangesAnything) {
  const auto whole = parsed_json(range(6, {entry(key_b, 6)}));
  const auto without = [&](const char* member) {
    auto less = whole;
    less.erase(member);
    return less.dump();
  };
  const auto with = [&](const char* pointer, const json& what) {
    auto other = whole;
    other[json::json_pointer(pointer)] = what;
    return other.dump();
  };
  struct fault {
    std::string body;
    how ends = how::whole;
    int status = 200;
  };
  const std::vector<fault> faults{{whole.dump(), how::cut_short},
                                  {whole.dump(), how::dropped},
                                  {whole.dump(), how::whole, 503},
                                  {"<html>sign in</html>"},
                                  {""},
                                  {"[]"},
                                  {"{}"},
                                  {without("header")},
                                  {with("/header/revision", "x")},
                                  {with("/header/revision", "0")},
                                  {with("/count", "2")},
                                  {without("kvs")},
                                  {with("/kvs", "none")},
                                  {with("/kvs/0", "none")},
                                  {with("/kvs/0/key", "///")},
                                  {with("/kvs/0/key", "")},
                                  {with("/kvs/0/value", 7)},
                                  {R"({"message":"etcdserver: no leader","code":14})", how::whole, 503}};
  watch("check = \"100ms\"\n");
  ASSERT_TRUE(has({"a"}));
  for (const auto& each : faults) {
    answer(each.body, each.ends, each.status);
    EXPECT_TRUE(is_unknown()) << each.body;
    EXPECT_EQ(now(), ids{"a"}) << each.body;
    tell(created);
    answer(range(5, {entry(key_a, 5)}));
    ASSERT_TRUE(is_known()) << each.body << source_->status().text;
  }
  answer(whole.dump());
  EXPECT_TRUE(has({"b"})) << "the right one is taken";
}

TEST_F(EtcdFaults, AConnectionThatEndsBeforeAnyAnswerIsNoEmptyAnswer) {
  answer("", how::dropped);
  watch();
  ASSERT_TRUE(wait_until([&] { return source_->status().state == DRCON_STATE_AWAY; }));
  EXPECT_NE(source_->status().text.find("there is no whole answer: end of stream"), std::string::npos)
      << source_->status().text;
}

TEST_F(EtcdFaults, NoWatchThatFailsChangesAnything) {
  const json gone{{"type", "DELETE"}, {"kv", {{"key", key_a}, {"mod_revision", "6"}}}};
  for (const std::string& lines :
       {std::string("<html>\n"), std::string("{}\n"),
        std::string(R"({"error":{"grpc_code":14,"message":"no leader"}})") + "\n",
        told({{"canceled", true}, {"cancel_reason", "permission denied"}}),
        told({{"events", {gone, {{"kv", {{"key", "/"}}}}}}}, 6), told({{"events", {gone, 7}}}, 6)}) {
    answer(range(5, {entry(key_a, 5)}));
    tell(created + lines);
    watch();
    ASSERT_TRUE(has({"a"})) << lines;
    answer("", how::dropped);  // from now on nothing mends what the watch may have broken
    const auto asked = etcd_.requests("/v3/kv/range").size();
    EXPECT_TRUE(wait_until([&] { return etcd_.requests("/v3/kv/range").size() >= asked + 2; })) << lines;
    EXPECT_TRUE(is_unknown()) << lines;
    EXPECT_EQ(now(), ids{"a"}) << lines;
  }
}

TEST_F(EtcdFaults, ReadsAllAgainWhenWhatTheWatchShouldReportWasCompactedAndIsNotUnknownMeanwhile) {
  tell(told({{"created", true}, {"canceled", true}, {"compact_revision", "9"}}, 0));
  watch();
  ASSERT_TRUE(has({"a"}));
  answer(range(9, {entry(key_b, 9)}));
  EXPECT_TRUE(has({"b"})) << source_->status().text;
  EXPECT_FALSE(said_unknown()) << source_->metrics();
}

TEST_F(EtcdFaults, ReadsAllAgainWhenTheWatchKnowsAnotherHistory) {
  tell(told({{"created", true}}, 2));
  watch();
  ASSERT_TRUE(has({"a"}));
  answer(range(9, {entry(key_b, 9)}));
  EXPECT_TRUE(has({"b"})) << source_->status().text;
  EXPECT_FALSE(said_unknown()) << source_->metrics();
}

TEST_F(EtcdFaults, AWatchThatFellSilentIsFoundByAskingForTheNewestKey) {
  watch("check = \"100ms\"\n");
  ASSERT_TRUE(has({"a"}));
  answer(range(9, {entry(key_a, 5), entry(key_b, 9)}));
  EXPECT_TRUE(has({"a", "b"})) << source_->status().text;
}

TEST_F(EtcdFaults, AWatchThatIsSilentBecauseNothingHappensIsLeftAlone) {
  watch("check = \"100ms\"\n");
  ASSERT_TRUE(has({"a"}));
  ASSERT_TRUE(wait_until([this] { return etcd_.requests("/v3/kv/range").size() >= 10; }));
  EXPECT_FALSE(said_unknown()) << source_->metrics();
  EXPECT_EQ(etcd_.requests("/v3/watch").size(), 1U);
}

TEST_F(EtcdFaults, ALineWithoutEndIsNotRead) {
  tell(created + std::string(100000, 'x'));
  watch("max_answer = \"16KiB\"\ncheck = \"1h\"\n");
  EXPECT_TRUE(wait_until([this] { return source_->status().text.find("max_answer") != std::string::npos; }));
  EXPECT_TRUE(has({"a"}));
}

TEST_F(EtcdFaults, AStopInTheMiddleOfAnythingIsQuick) {
  for (const auto ends : {how::whole, how::endless, how::dropped}) {
    answer(range(5, {entry(key_a, 5)}), ends);
    watch();
    ASSERT_TRUE(wait_until([this] { return !etcd_.requests("/v3/kv/range").empty(); }));
    EXPECT_TRUE(source_->stop());
  }
}

}  // namespace etcd_faults_test
}  // namespace drcon::test
