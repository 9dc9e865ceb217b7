// drcon plugins: what each bundled plugin says of itself.
#include "support/drcon_process.hpp"
#include "support/process.hpp"
#include "support/wait.hpp"

#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

#include <gtest/gtest.h>

#include <sys/types.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <string>

namespace drcon::test {
namespace {

// Every option, at any depth, must say what it is for.
void expect_described(const nlohmann::json& schema, const std::string& where) {
  if (!schema.contains("properties")) return;
  for (const auto& [name, option] : schema["properties"].items()) {
    EXPECT_FALSE(option.value("description", "").empty()) << where << "." << name;
    expect_described(option, where + "." + name);
    if (option.contains("items")) expect_described(option["items"], where + "." + name);
  }
}

TEST(Plugins, AreListedWithWhatTheyDo) {
  const auto listed = parsed_json(run({DRCON_BINARY, "plugins", "--json", "-c", "/nowhere"}).out);
  EXPECT_TRUE(listed["refused"].empty()) << listed["refused"];
  std::vector<std::string> names;
  for (const auto& each : listed["plugins"]) {
    names.push_back(each["name"]);
    EXPECT_NE(each["summary"], "");
  }
  EXPECT_EQ(names, (std::vector<std::string>{"consul-catalog", "consul-dns", "consul-http", "consul-kv", "docker",
                                             "file", "haproxy", "http", "nginx", "nomad", "template"}));
}

// The bundled plugins of which the process has the library in its memory.
std::set<std::string> loaded_in(pid_t pid) {
  std::set<std::string> names;
  std::istringstream maps(read_file("/proc/" + std::to_string(pid) + "/maps"));
  for (std::string line; std::getline(maps, line);) {
    const std::filesystem::path file(line.substr(std::min(line.find('/'), line.size())));
    if (file.extension() == ".so" && file.parent_path().filename() == "plugins") names.insert(file.stem().string());
  }
  return names;
}

// Each costs the process a megabyte or more.
TEST(Plugins, AreLoadedWhenTheConfigurationNamesThemAndNotBefore) {
  temp_dir directory;
  write_file(directory / "services.json",
             R"({"service": [{"name": "web", "endpoint": [{"address": "10.0.0.1", "port": 80}]}]})");
  write_file(directory / "template", "{{#services}}{{name}}{{/services}}\n");
  const auto config = [&](const std::string& more) {
    return "[source.f]\nplugin = \"file\"\npath = \"" + (directory / "services.json").string() +
           "\"\n[sink.t]\nplugin = \"template\"\n[[sink.t.file]]\nescape = \"none\"\ntemplate = \"" +
           (directory / "template").string() + "\"\npath = \"" + (directory / "out").string() +
           "\"\n[pipeline.p]\nsources = [\"f\"]\nsinks = [\"t\"" + more;
  };
  drcon_process drcon(config("]\n"));
  drcon.start();
  ASSERT_TRUE(drcon.settled()) << drcon.log();
  EXPECT_EQ(loaded_in(drcon.pid()), (std::set<std::string>{"file", "template"}));
  drcon.reload(
      config(", \"n\"]\n[sink.n]\nplugin = \"nginx\"\nfile = \"" + (directory / "upstreams.conf").string() + "\"\n"));
  EXPECT_TRUE(wait_until([&] { return drcon.status()["sinks"].contains("n"); })) << drcon.log();
  EXPECT_EQ(loaded_in(drcon.pid()), (std::set<std::string>{"file", "nginx", "template"}));
}

TEST(Plugins, DescribeEveryOption) {
  for (const auto* name : {"consul-catalog", "consul-dns", "consul-http", "consul-kv", "docker", "file", "haproxy",
                           "http", "nginx", "nomad", "template"}) {
    const auto shown = parsed_json(run({DRCON_BINARY, "plugins", "--json", "-c", "/nowhere", "show", name}).out);
    for (const auto* kind : {"source", "sink"})
      if (shown.contains(kind)) expect_described(shown[kind], name);
  }
}

// What the word "reads" or "target" of an option does can only be lost silently: a renewed certificate that no reload
// sees, two sinks that undo each other's work. Each option that holds a path, and each that has one of the words, is
// listed here with its word, or with the reason why it has none.
const std::map<std::string, std::string>& words_of_options() {
  static const std::string program = "neither: it is started again for each use";
  static const std::string read_each_time = "neither: it is read each time that it is needed";
  static const std::map<std::string, std::string> words = {
      {"consul-catalog sink address", "target"},
      {"consul-catalog sink namespace", "target"},
      {"consul-catalog sink owner", "target"},
      {"consul-catalog sink partition", "target"},
      {"consul-catalog sink tls.ca_file", "reads"},
      {"consul-catalog sink tls.cert_file", "reads"},
      {"consul-catalog sink tls.key_file", "reads"},
      {"consul-http source tls.ca_file", "reads"},
      {"consul-http source tls.cert_file", "reads"},
      {"consul-http source tls.key_file", "reads"},
      {"consul-kv source tls.ca_file", "reads"},
      {"consul-kv source tls.cert_file", "reads"},
      {"consul-kv source tls.key_file", "reads"},
      {"docker source tls.ca_file", "reads"},
      {"docker source tls.cert_file", "reads"},
      {"docker source tls.key_file", "reads"},
      {"file source path", "reads always"},
      {"haproxy sink backend", "target"},
      {"haproxy sink config_file", "target"},
      {"haproxy sink prefix", "target"},
      {"haproxy sink socket", "target"},
      {"haproxy sink state_file", "target"},
      {"http source tls.ca_file", "reads"},
      {"http source tls.cert_file", "reads"},
      {"http source tls.key_file", "reads"},
      {"nginx sink config", read_each_time},
      {"nginx sink file", "target"},
      {"nginx sink live_module", "neither: nginx reads it, and each change looks whether it is there"},
      {"nginx sink live_socket", "neither: nginx has one for each file"},
      {"nginx sink nginx", program},
      {"nginx sink pid_file", read_each_time},
      {"nginx sink prefix", "neither: a directory, which nginx -t gets by name"},
      {"nginx sink template", "reads"},
      {"nomad source tls.ca_file", "reads"},
      {"nomad source tls.cert_file", "reads"},
      {"nomad source tls.key_file", "reads"},
      {"template sink file.backup", "target"},
      {"template sink file.path", "target"},
      {"template sink file.template", "reads always"},
      {"template sink reload.pid_file", read_each_time},
  };
  return words;
}

// Every option that holds a path or has a word, with its words.
void collect_words(const nlohmann::json& schema, const std::string& where, std::map<std::string, std::string>& found) {
  const auto properties = schema.value("properties", nlohmann::json::object());
  for (const auto& [name, option] : properties.items()) {
    const auto here = where + name;
    std::string words;
    for (const auto* word : {"reads", "target"})
      if (option.contains(word) && option[word] != false)
        words += (words.empty() ? "" : ", ") + std::string(word) + (option[word] == "always" ? " always" : "");
    if (!words.empty() || option.value("format", "") == "path") found[here] = words.empty() ? "neither" : words;
    collect_words(option, here + ".", found);
    if (option.contains("items")) collect_words(option["items"], here + ".", found);
  }
}

TEST(Plugins, MarkEveryFileThatTheyReadAndEveryTarget) {
  std::map<std::string, std::string> found;
  const auto listed = parsed_json(run({DRCON_BINARY, "plugins", "--json", "-c", "/nowhere"}).out);
  for (const auto& each : listed["plugins"]) {
    const std::string name = each["name"];
    const auto shown = parsed_json(run({DRCON_BINARY, "plugins", "--json", "-c", "/nowhere", "show", name}).out);
    for (const std::string kind : {"source", "sink"})
      if (shown.contains(kind) && shown[kind].is_object()) collect_words(shown[kind], name + " " + kind + " ", found);
  }
  for (const auto& [option, words] : found)
    EXPECT_TRUE(words_of_options().contains(option))
        << option << " holds a path, or has a word: list it, with \"reads\", \"target\", or why it needs neither";
  for (const auto& [option, expected] : words_of_options()) {
    ASSERT_TRUE(found.contains(option)) << option << " is listed, and no option with a path or a word any more";
    EXPECT_EQ(found.at(option), expected.starts_with("neither") ? "neither" : expected) << option;
  }
}

TEST(Plugins, SayWhatIsThereWhenAskedForOneThatIsNot) {
  const auto result = run({DRCON_BINARY, "plugins", "-c", "/nowhere", "show", "nothing"});
  EXPECT_EQ(result.code, 1);
  EXPECT_NE(result.err.find("there is no plugin 'nothing'"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace drcon::test
