// The consul-kv source against a real Consul, alone and with a template.
#include "support/consul_agent.hpp"
#include "support/drcon_process.hpp"
#include "support/plugin_harness.hpp"
#include "support/wait.hpp"

#include <parsed_json.hpp>

#include <gtest/gtest.h>

namespace drcon::test {
namespace {

using entries = std::map<std::string, std::string>;

class ConsulKv : public ::testing::Test {
protected:
  void put(const std::string& key, const std::string& value) const {
    ASSERT_EQ(http("PUT", consul_.port(), "/v1/kv/" + key, value).status, 200);
  }
  void remove(const std::string& key) const { ASSERT_EQ(http("DELETE", consul_.port(), "/v1/kv/" + key).status, 200); }
  void watch(const std::string& keys) {
    source_ = std::make_unique<source_harness>(
        "consul-kv", "address = \"" + consul_.url() + "\"\nretry_max = \"500ms\"\nkey = [" + keys + "]\n");
    source_->start();
  }
  entries values(const std::string& name) const {
    const auto now = source_->now();
    const auto at = now.services.find(name);
    return at == now.services.end() ? entries() : at->second.values;
  }
  bool sees(const std::string& name, const entries& expected) const {
    return wait_until([&] { return values(name) == expected; });
  }

  consul_agent consul_;
  std::unique_ptr<source_harness> source_;
};

TEST_F(ConsulKv, FollowsAKeyAndAPrefix) {
  put("app/colour", "red");
  put("app/db/host", "db.example");
  put("other", "x");
  watch(R"({ path = "app/colour", as = "colour" }, { prefix = "app/" }, { prefix = "app/", depth = 1, as = "top" })");
  EXPECT_TRUE(sees("colour", {{"app/colour", "red"}})) << source_->status().text;
  EXPECT_TRUE(sees("app", {{"app/colour", "red"}, {"app/db/host", "db.example"}}));
  EXPECT_TRUE(sees("top", {{"app/colour", "red"}}));
  EXPECT_TRUE(source_->wait_ready());
  put("app/colour", "line one\nline \"two\"; $x");
  EXPECT_TRUE(sees("colour", {{"app/colour", "line one\nline \"two\"; $x"}}));
  put("app/new", "");
  EXPECT_TRUE(sees("top", {{"app/colour", "line one\nline \"two\"; $x"}, {"app/new", ""}}));
}

TEST_F(ConsulKv, ReportsThatAKeyIsNotThereAndWhenItComesAndGoes) {
  watch(R"({ path = "colour" })");
  EXPECT_TRUE(source_->wait_ready()) << source_->status().text;
  EXPECT_TRUE(source_->now().services.empty());
  put("colour", "red");
  EXPECT_TRUE(sees("colour", {{"colour", "red"}}));
  remove("colour");
  EXPECT_TRUE(wait_until([this] { return source_->now().services.empty(); }));
}

TEST_F(ConsulKv, ReportsAKeyThatIsNotThereUnlessItNeedNotBe) {
  watch(R"({ path = "colour" }, { path = "size", required = false }, { prefix = "none/" })");
  ASSERT_TRUE(source_->wait_ready()) << source_->status().text;
  EXPECT_EQ(source_->status().state, DRCON_STATE_DEGRADED);
  EXPECT_EQ(source_->status().text, "Consul has no key colour");
  put("colour", "red");
  EXPECT_TRUE(wait_until([this] { return source_->status().state == DRCON_STATE_OK; })) << source_->status().text;
}

TEST_F(ConsulKv, WaitsForARequiredKeyAndKeepsItsLastValueWhenItIsRemoved) {
  put("other", "1");
  watch(R"({ path = "colour", required = true }, { prefix = "folder/", required = true }, { path = "other" })");
  ASSERT_TRUE(sees("other", {{"other", "1"}}));
  ASSERT_TRUE(source_->wait_for([](const auto& now) { return now.unknown.size() == 2; })) << source_->status().text;
  EXPECT_FALSE(source_->now().ready);
  EXPECT_EQ(source_->status().text, "Consul has no key colour, which is required; waiting for it (and 1 more)");
  put("folder/a", "x");
  put("colour", "red");
  EXPECT_TRUE(source_->wait_ready()) << source_->status().text;
  EXPECT_EQ(source_->status().state, DRCON_STATE_OK);
  remove("colour");
  EXPECT_TRUE(source_->wait_for([](const auto& now) { return now.unknown.contains("colour"); }));
  EXPECT_EQ(values("colour"), (entries{{"colour", "red"}}));
  EXPECT_EQ(source_->status().text, "Consul has no key colour, which is required; its last value is kept");
  put("colour", "blue");
  EXPECT_TRUE(sees("colour", {{"colour", "blue"}}));
  EXPECT_TRUE(source_->wait_for([](const auto& now) { return now.unknown.empty(); }));
  EXPECT_TRUE(wait_until([this] { return source_->status().state == DRCON_STATE_OK; })) << source_->status().text;
}

TEST_F(ConsulKv, SaysNothingWhenSomethingElseHasChanged) {
  put("a", "1");
  watch(R"({ path = "a" })");
  ASSERT_TRUE(source_->wait_ready());
  const auto words = source_->now().words;
  for (int i = 0; i < 20; ++i) put("b" + std::to_string(i), "x");
  put("c", "x");
  put("a", "2");
  EXPECT_TRUE(sees("a", {{"a", "2"}}));
  EXPECT_EQ(source_->now().words, words + 1);
}

TEST_F(ConsulKv, LeavesOutAValueThatIsNoText) {
  put("a/binary", std::string("\xff\x00\x01", 3));
  put("a/text", "x");
  watch(R"({ prefix = "a/" })");
  EXPECT_TRUE(sees("a", {{"a/text", "x"}})) << source_->status().text;
}

TEST_F(ConsulKv, KeepsWhatItKnewWhileConsulIsUnreachableAndFollowsWhenItIsBack) {
  put("a", "1");
  watch(R"({ path = "a" })");
  ASSERT_TRUE(sees("a", {{"a", "1"}}));
  consul_.kill9();
  EXPECT_TRUE(wait_until([this] { return source_->now().unknown.contains("a"); }));
  EXPECT_EQ(values("a"), (entries{{"a", "1"}}));
  EXPECT_EQ(source_->status().state, DRCON_STATE_AWAY);
  consul_.start(true);
  put("a", "2");
  EXPECT_TRUE(sees("a", {{"a", "2"}})) << source_->status().text;
  EXPECT_EQ(source_->status().state, DRCON_STATE_OK);
}

TEST_F(ConsulKv, RefusesEntriesThatMakeNoSense) {
  for (const auto* key : {"{}", R"({ path = "a", prefix = "b" })", R"({ path = "/a" })", R"({ path = "a", depth = 1 })",
                          R"({ path = "a" }, { path = "a" })"})
    EXPECT_ANY_THROW(watch(key)) << key;
}

TEST_F(ConsulKv, FillsATemplateBesideServicesAndNeverReachesALoadBalancer) {
  put("app/colour", "red \"one\"");
  consul_.add("web", "a", "10.0.0.1", 80);
  const temp_dir directory;
  write_file(directory / "form",
             R"({"colour": "{{key.app/colour}}", "size": "{{key.app/size}}{{^key.app/size}}7{{/key.app/size}}",
 "all": [{{#service.app.values}}"{{name}}={{value}}"{{^last}}, {{/last}}{{/service.app.values}}],
 "services": [{{#services}}"{{name}}"{{/services}}], "peers": [{{#service.web.endpoints}}"{{server}}"{{/service.web.endpoints}}]})");
  const auto out = directory / "out.json";
  drcon_process drcon("[source.kv]\nplugin = \"consul-kv\"\naddress = \"" + consul_.url() +
                      "\"\nkey = [{ prefix = \"app/\" }]\n[source.consul]\nplugin = \"consul-http\"\naddress = \"" +
                      consul_.url() + "\"\nservice = [{ name = \"web\" }]\n[sink.file]\nplugin = \"template\"\n" +
                      "file = [{ path = \"" + out.string() + "\", template = \"" + (directory / "form").string() +
                      "\", escape = \"json\" }]\n[pipeline.app]\nsources = [\"kv\", \"consul\"]\nsinks = [\"file\"]\n");
  drcon.start();
  const auto rendered = [&] { return parsed_json(read_file(out)); };
  const nlohmann::json expected{{"colour", "red \"one\""},
                                {"size", "7"},
                                {"all", {"colour=red \"one\""}},
                                {"services", {"web"}},
                                {"peers", {"10.0.0.1:80"}}};
  EXPECT_TRUE(wait_until([&] { return rendered() == expected; })) << read_file(out) << drcon.log();
  put("app/size", "9");
  EXPECT_TRUE(wait_until([&] { return rendered().is_object() && rendered()["size"] == "9"; })) << read_file(out);
  ASSERT_TRUE(wait_until([&] { return drcon.kept_state("app").find(R"("app/size":"9")") != std::string::npos; }))
      << drcon.kept_state("app");
  // The last good values survive a restart while Consul is unreachable.
  consul_.kill9();
  drcon.kill9();
  std::filesystem::remove(out);
  drcon.start();
  EXPECT_TRUE(wait_until([&] { return rendered().is_object() && rendered()["size"] == "9"; })) << drcon.log();
}

}  // namespace
}  // namespace drcon::test
