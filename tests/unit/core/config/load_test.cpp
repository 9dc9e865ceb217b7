#include "known_plugins.hpp"

#include "support/temp_dir.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <parsed_json.hpp>

#include <filesystem>
#include <string>

namespace drcon::config {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::write_file;

class Load : public ::testing::Test {
protected:
  std::optional<configuration> load_text(const std::string& text) {
    write_file(dir_ / "drcon.toml", text);
    found_ = {};
    return load(dir_ / "drcon.toml", known_plugins(), found_);
  }
  std::optional<host_config> load_host_text(const std::string& text) {
    write_file(dir_ / "drcon.toml", text);
    found_ = {};
    return load_host(dir_ / "drcon.toml", found_);
  }
  std::string said() const {
    auto all = found_.text();
    const auto prefix = dir_.path().string() + "/";
    for (auto at = all.find(prefix); at != std::string::npos; at = all.find(prefix)) all.erase(at, prefix.size());
    return all;
  }

  test::temp_dir dir_;
  diagnostics found_;
};

TEST_F(Load, SeesThatAFileBehindAnOptionWasRenewed) {
  write_file(dir_ / "ca.pem", "old");
  const auto text =
      small + "[source.other]\nplugin = \"consul-http\"\nservice = [{ name = \"b\" }]\ntls.ca_file = \"ca.pem\"\n";
  const auto before = load_text(text);
  ASSERT_TRUE(before) << said();
  EXPECT_EQ(before->sources, load_text(text)->sources);
  write_file(dir_ / "ca.pem", "new");
  const auto after = load_text(text);
  EXPECT_EQ(after->sources.at("consul"), before->sources.at("consul"));
  EXPECT_NE(after->sources.at("other"), before->sources.at("other"));
  std::filesystem::remove(dir_ / "ca.pem");
  EXPECT_NE(load_text(text)->sources.at("other"), after->sources.at("other")) << "that it is gone is a change, too";
}

TEST_F(Load, FillsInEveryDefault) {
  const auto made = load_text(small);
  ASSERT_TRUE(made) << said();
  EXPECT_EQ(said(), "");
  EXPECT_EQ(made->host.plugin_directories.size(), 0U);
  EXPECT_FALSE(made->host.stop_on_bad_plugin);
  EXPECT_EQ(made->host.state_directory, "/var/lib/drcon");
  EXPECT_EQ(made->host.stop_deadline, 10s);
  EXPECT_EQ(made->host.state_interval, 500ms);
  EXPECT_EQ(made->host.journal_size, 1000);
  EXPECT_EQ(made->host.log.level, "info");
  EXPECT_EQ(made->host.log.format, "text");
  EXPECT_EQ(made->host.admin.socket, "");
  const auto& web = made->pipelines.at("web");
  EXPECT_EQ(web.name, "web");
  EXPECT_EQ(web.merge, (merge_config{merge_policy::union_of_all, 10s}));
  EXPECT_EQ(web.wait, (wait_config{20ms, 500ms}));
  EXPECT_EQ(web.brake, (brake_config{0.5, 1, true, 5min, 30s}));
  EXPECT_EQ(web.resync, 1min);
  EXPECT_EQ(web.where, (position{(dir_ / "drcon.toml").string(), 7, 1}));
  EXPECT_EQ(
      made->sources.at("consul").options,
      parsed_json(R"({"address": "http://127.0.0.1:8500", "wait": "55s", "connections": "auto", "tls": {"verify": true},
                            "service": [{"name": "simple", "tag": [], "health": "passing"}]})"));
  EXPECT_EQ(made->sinks.at("edge").options.at("file"), (dir_ / "out/edge.conf").string());
  EXPECT_EQ(made->sinks.at("edge").plugin, "nginx");
}

TEST_F(Load, TakesEveryKeyOfItsOwn) {
  const auto made = load_text(small + R"(merge = "prefer"
prefer_grace = "3s"
wait = { min = "1s", max = "1s" }
resync = "0"
[pipeline.web.brake]
max_removed = "12.5%"
min_endpoints = 0
per_service = false
hold = "0s"
window = "1m"
[host]
plugin_directories = ["plugins", "/opt/drcon"]
on_bad_plugin = "stop"
state_directory = ""
stop_deadline = "1500ms"
state_interval = "5s"
journal_size = 1000000
[log]
level = "trace"
format = "json"
plugins = { nginx = "debug", ngnix = "error" }
[admin]
socket = "run/drcon.sock"
)");
  ASSERT_TRUE(made) << said();
  const auto& web = made->pipelines.at("web");
  EXPECT_EQ(web.merge, (merge_config{merge_policy::prefer, 3s}));
  EXPECT_EQ(web.wait, (wait_config{1s, 1s}));
  EXPECT_EQ(web.brake, (brake_config{0.125, 0, false, 0s, 1min}));
  EXPECT_EQ(web.resync, 0s);
  EXPECT_EQ(made->host.plugin_directories, (std::vector<std::filesystem::path>{dir_ / "plugins", "/opt/drcon"}));
  EXPECT_TRUE(made->host.stop_on_bad_plugin);
  EXPECT_EQ(made->host.state_directory, "");
  EXPECT_EQ(made->host.stop_deadline, 1500ms);
  EXPECT_EQ(made->host.state_interval, 5s);
  EXPECT_EQ(made->host.journal_size, 1000000);
  EXPECT_EQ(made->host.log.level, "trace");
  EXPECT_EQ(made->host.log.format, "json");
  EXPECT_EQ(made->host.log.plugins, (std::map<std::string, std::string>{{"nginx", "debug"}, {"ngnix", "error"}}));
  EXPECT_THAT(said(), ::testing::HasSubstr(
                          ": warning: 'plugins' in [log]: there is no plugin 'ngnix'; did you mean 'nginx'?\n"));
  EXPECT_EQ(made->host.admin.socket, dir_ / "run/drcon.sock");
}

TEST_F(Load, TakesRelativePathsFromTheFileTheyStandIn) {
  std::filesystem::create_directory(dir_ / "sub");
  write_file(dir_ / "sub/edge.toml", "[sink.edge]\nplugin = \"nginx\"\nfile = \"edge.conf\"\n");
  write_file(dir_ / "sub/token", "s3cret\n");
  write_file(dir_ / "sub/consul.toml",
             "[source.consul]\nplugin = \"consul-http\"\nservice = [{}]\ntoken = { file = \"token\" }\n");
  const auto made =
      load_text("include = [\"sub/*.toml\"]\n[pipeline.web]\nsources = [\"consul\"]\nsinks = [\"edge\"]\n");
  ASSERT_TRUE(made) << said();
  EXPECT_EQ(made->sinks.at("edge").options.at("file"), (dir_ / "sub/edge.conf").string());
  EXPECT_EQ(made->sources.at("consul").options.at("token"), "s3cret");
  EXPECT_EQ(made->sources.at("consul").secrets, std::set<std::string>{"/token"});
}

TEST_F(Load, TakesARelativeMainFile) {
  write_file(dir_ / "drcon.toml", small);
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(dir_.path());
  const auto made = load("drcon.toml", known_plugins(), found_);
  std::filesystem::current_path(before);
  ASSERT_TRUE(made) << said();
  EXPECT_EQ(made->sinks.at("edge").options.at("file"), (dir_ / "out/edge.conf").string());
}

TEST_F(Load, WarnsOfWhatNoPipelineUses) {
  EXPECT_TRUE(load_text(small + "[source.list]\nplugin = \"file\"\npath = \"x\"\n"));
  EXPECT_EQ(said(), "drcon.toml:10:1: warning: [source.list] is used by no pipeline\n");
}

TEST_F(Load, SaysNothingOfMissingNamesWhileAFileIsBroken) {
  write_file(dir_ / "sinks.toml", "[sink.edge\n");
  EXPECT_FALSE(load_text("include = [\"sinks.toml\"]\n[pipeline.web]\nsources = [\"consul\"]\nsinks = [\"edge\"]\n"));
  ASSERT_EQ(found_.sorted().size(), 1U) << said();
  EXPECT_EQ(found_.sorted()[0].where.file, (dir_ / "sinks.toml").string());
}

TEST_F(Load, ChecksATableThatIsThereTwiceBothTimes) {
  write_file(dir_ / "a.toml", "[log]\nlevel = 1\n");
  EXPECT_FALSE(load_text("include = [\"a.toml\"]\n[log]\nlevel = 2\n" + small));
  EXPECT_EQ(said(),
            "a.toml:1:1: error: [log] is there twice; the other is at drcon.toml:2:1\n"
            "a.toml:2:9: error: 'level' in [log]: expected a string, found integer 1\n"
            "drcon.toml:3:9: error: 'level' in [log]: expected a string, found integer 2\n");
}

TEST_F(Load, LetsASourceAndASinkHaveOneName) {
  EXPECT_TRUE(
      load_text("[source.a]\nplugin = \"file\"\npath = \"x\"\n[sink.a]\nplugin = \"nginx\"\nfile = \"y\"\n"
                "[pipeline.a]\nsources = [\"a\"]\nsinks = [\"a\"]\n"))
      << said();
}

TEST_F(Load, NamesTheFileThatIsNotThere) {
  EXPECT_FALSE(load(dir_ / "none.toml", known_plugins(), found_));
  EXPECT_EQ(said(), "none.toml: error: 'none.toml' cannot be read: No such file or directory\n");
}

class Name : public ::testing::TestWithParam<std::pair<std::string, bool>> {};

TEST_P(Name, IsOfLettersDigitsAndAFewSigns) {
  test::temp_dir dir;
  const auto& [name, good] = GetParam();
  write_file(dir / "drcon.toml", small + "[pipeline.\"" + name + "\"]\nsources = [\"consul\"]\nsinks = [\"edge\"]\n");
  diagnostics found;
  EXPECT_EQ(load(dir / "drcon.toml", known_plugins(), found).has_value(), good) << found.text();
}

INSTANTIATE_TEST_SUITE_P(All, Name,
                         ::testing::Values(std::pair{std::string("a"), true}, std::pair{std::string("A-1_b.c"), true},
                                           std::pair{std::string(63, 'x'), true},
                                           std::pair{std::string(64, 'x'), false}, std::pair{std::string(), false},
                                           std::pair{std::string("a b"), false}, std::pair{std::string("../x"), false},
                                           std::pair{std::string(".."), false}, std::pair{std::string("é"), false},
                                           std::pair{std::string("a\\n"), false}));

TEST_F(Load, ReadsTheHostsOwnKeysBeforeAnyPluginIsKnown) {
  const auto host = load_host_text("[host]\njournal_size = 7\n[source.x]\nplugin = \"not loaded yet\"\n[nonsense]\n");
  ASSERT_TRUE(host) << said();
  EXPECT_EQ(host->journal_size, 7);
  EXPECT_EQ(said(), "");
}

TEST_F(Load, GivesNoHostWhenItsKeysAreWrong) {
  EXPECT_FALSE(load_host_text("[host]\njournal_size = -7\n"));
  EXPECT_EQ(
      said(),
      "drcon.toml:2:16: error: 'journal_size' in [host]: expected an integer from 1 to 1000000, found integer -7\n");
  EXPECT_FALSE(load_host_text("[host\n"));
}

TEST_F(Load, RefusesAnAdminAddressThatOthersReachWithoutTokenAndTls) {
  const std::string with_token = "token = \"sixteen characters\"\n";
  const std::string with_tls = "certificate = \"/c\"\nprivate_key = \"/k\"\n";
  for (const std::string address : {"0.0.0.0", "10.0.0.1", "[::]", "[2001:db8::1]"}) {
    const auto listen = "[admin]\nlisten = \"" + address + ":9180\"\n";
    EXPECT_FALSE(load_host_text(listen)) << address;
    EXPECT_THAT(said(), ::testing::HasSubstr("can be reached from elsewhere, and has no token")) << address;
    EXPECT_FALSE(load_host_text(listen + with_tls)) << address;
    EXPECT_THAT(said(), ::testing::HasSubstr("can be reached from elsewhere, and has no token")) << address;
    EXPECT_FALSE(load_host_text(listen + with_token)) << address;
    EXPECT_THAT(said(), ::testing::HasSubstr("can be reached from elsewhere, and has no TLS")) << address;
    EXPECT_TRUE(load_host_text(listen + with_token + with_tls)) << address << said();
  }
  for (const std::string address : {"127.0.0.1", "127.0.0.2", "[::1]"})
    EXPECT_TRUE(load_host_text("[admin]\nlisten = \"" + address + ":9180\"\n")) << address << said();
}

TEST_F(Load, GivesTheHostThoughAnIncludeIsBroken) {
  write_file(dir_ / "web.toml", "[pipeline\n");
  const auto host = load_host_text("include = [\"web.toml\"]\n[host]\nplugin_directories = [\"mine\"]\n");
  ASSERT_TRUE(host);
  EXPECT_EQ(host->plugin_directories.at(0), dir_ / "mine");
  EXPECT_TRUE(found_.has_errors());
}

TEST(InstanceConfig, ShowsNoSecret) {
  const instance_config made{
      .name = "consul",
      .plugin = "consul-http",
      .options = parsed_json(R"({"address": "http://x", "token": "hunter2", "list": [{"t": "hunter2"}, {}]})"),
      .secrets = {"/token", "/list/0/t", "/list/1/t", "/absent"}};
  EXPECT_EQ(made.redacted(), R"J({"address":"http://x","list":[{"t":"(secret)"},{}],"token":"(secret)"})J");
}

TEST_F(Load, SaysThatALimitOfTheBrakeMeansMoreThanItDidUnlessThatIsConfigured) {
  ASSERT_TRUE(load_text(small + "brake = { max_removed = \"20%\" }\n"));
  EXPECT_EQ(said(),
            "drcon.toml:10:25: warning: 'brake.max_removed' limits each service now, and not only the pipeline; write "
            "per_service = true to confirm that, or per_service = false for the pipeline alone\n");
  ASSERT_TRUE(load_text(small + "brake = { max_removed = \"20%\", per_service = false }\n"));
  EXPECT_EQ(said(), "");
  ASSERT_TRUE(load_text(small + "brake = { hold = \"1m\" }\n"));
  EXPECT_EQ(said(),
            "drcon.toml:10:9: warning: 'brake' names no limit: the defaults limit each service now, and not only the "
            "pipeline; write per_service = true to confirm that, or per_service = false for the pipeline alone\n");
  for (const auto* silent : {"brake = { hold = \"1m\", per_service = true }\n", "brake = { hold = \"0s\" }\n", ""}) {
    ASSERT_TRUE(load_text(small + silent));
    EXPECT_EQ(said(), "") << silent;
  }
}

TEST(PipelineConfig, IsTheSameWhenNothingThatCountsDiffers) {
  const pipeline_config one{.name = "a", .sources = {"s"}, .sinks = {"t"}};
  auto other = one;
  other.where = {"elsewhere", 1, 1};
  EXPECT_TRUE(one == other);
  const auto differs = [&one](auto change) {
    auto changed = one;
    change(changed);
    return one != changed;
  };
  EXPECT_TRUE(differs([](auto& c) { c.sources.emplace_back("x"); }));
  EXPECT_TRUE(differs([](auto& c) { c.sinks = {}; }));
  EXPECT_TRUE(differs([](auto& c) { c.merge.grace = 1s; }));
  EXPECT_TRUE(differs([](auto& c) { c.wait.max = 1s; }));
  EXPECT_TRUE(differs([](auto& c) { c.brake.min_endpoints = 2; }));
  EXPECT_TRUE(differs([](auto& c) { c.resync = 1s; }));
}

// Every key of drcon's own is documented where it is defined.
void expect_described(const json& schema, const std::string& path) {
  if (schema.contains("additionalProperties") && schema.at("additionalProperties").is_object())
    expect_described(schema.at("additionalProperties"), path + ".NAME");
  if (!schema.contains("properties")) return;
  for (const auto& [key, each] : schema.at("properties").items()) {
    EXPECT_TRUE(each.contains("description")) << path << "." << key;
    expect_described(each, path + "." + key);
  }
}

TEST(HostSchema, DescribesEveryKey) {
  expect_described(host_schema(), "");
  EXPECT_EQ(host_schema().at("properties").size(), 7U);
}

}  // namespace
}  // namespace drcon::config
