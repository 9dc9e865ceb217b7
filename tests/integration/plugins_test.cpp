// drcon plugins: what each bundled plugin says of itself.
#include "support/process.hpp"

#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

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
  const auto listed = nlohmann::json::parse(run({DRCON_BINARY, "plugins", "--json", "-c", "/nowhere"}).out);
  EXPECT_TRUE(listed["refused"].empty()) << listed["refused"];
  std::vector<std::string> names;
  for (const auto& each : listed["plugins"]) {
    names.push_back(each["name"]);
    EXPECT_NE(each["summary"], "");
  }
  EXPECT_EQ(names, (std::vector<std::string>{"consul-catalog", "consul-dns", "consul-http", "consul-kv", "docker",
                                             "file", "haproxy", "nginx", "template"}));
}

TEST(Plugins, DescribeEveryOption) {
  for (const auto* name :
       {"consul-catalog", "consul-dns", "consul-http", "consul-kv", "docker", "file", "haproxy", "nginx", "template"}) {
    const auto shown =
        nlohmann::json::parse(run({DRCON_BINARY, "plugins", "--json", "-c", "/nowhere", "show", name}).out);
    for (const auto* kind : {"source", "sink"})
      if (shown.contains(kind)) expect_described(shown[kind], name);
  }
}

TEST(Plugins, SayWhatIsThereWhenAskedForOneThatIsNot) {
  const auto result = run({DRCON_BINARY, "plugins", "-c", "/nowhere", "show", "nothing"});
  EXPECT_EQ(result.code, 1);
  EXPECT_NE(result.err.find("there is no plugin 'nothing'"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace drcon::test
