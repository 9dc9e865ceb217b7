// Templates of the kind that people publish for Consul Template: the same bytes as Consul Template itself renders.
#include "consul_http/answer.hpp"
#include "template/form.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

namespace drcon::templates {
namespace {

using nlohmann::json;

const std::filesystem::path& folder() {
  static const auto path = std::filesystem::path(DRCON_SOURCE_ROOT) / "tests/oracle/published";
  return path;
}

std::string read_file(const std::filesystem::path& file) {
  std::ifstream input(file, std::ios::binary);
  EXPECT_TRUE(input) << file;
  return {std::istreambuf_iterator<char>(input), {}};
}

const json& data() {
  static const auto all = json::parse(read_file(folder() / "data.json"));
  return all;
}

// What Consul answers for /v1/health/service/NAME.
json health_answer(const std::string& name) {
  auto result = json::array();
  for (const auto& each : data().at("services")) {
    if (each.at("Service") != name) continue;
    for (const auto& node : data().at("nodes"))
      if (node.at("Node") == each.at("Node"))
        result.push_back({{"Node", node}, {"Service", each}, {"Checks", each.at("Checks")}});
  }
  return result;
}

// What consul-http publishes with all details and consul-kv besides: endpoints in order of their ids, as snapshots are.
std::vector<service> published() {
  std::map<std::string, service> all;
  for (const auto& each : data().at("services")) all[each.at("Service")];
  for (const auto& each : data().at("watched")) all[each];
  for (auto& [name, made] : all) {
    std::string why;
    auto endpoints = consul::parse_endpoints(health_answer(name).dump(), consul::health_level::any, why,
                                             {.node = true, .addresses = true, .checks = true});
    EXPECT_TRUE(endpoints) << why;
    std::ranges::sort(*endpoints, {}, &endpoint::id);
    made.name = name;
    made.endpoints = std::move(*endpoints);
  }
  auto& settings = all["settings"];
  settings.name = "settings";
  for (const auto& [path, held] : data().at("keys").items()) settings.values.emplace(path, held.get<std::string>());
  std::vector<service> result;
  for (auto& [name, made] : all) result.push_back(std::move(made));
  return result;
}

std::string render(const std::filesystem::path& file) {
  reading how{.written_in = language_of_file(file.string()), .marks = {}};
  if (const auto& marks = data().at("delimiters"); marks.contains(file.stem().string())) {
    how.marks.left = marks.at(file.stem().string())[0];
    how.marks.right = marks.at(file.stem().string())[1];
  }
  const auto made = read_form(file.filename().string(), read_file(file), how);
  if (const auto* wrong = std::get_if<templating::fault>(&made)) return report(*wrong);
  const auto all = published();
  const auto result = std::get<form>(made).render({.services = all, .sink = "s", .revision = 1}, {}, {});
  return result.wrong ? report(*result.wrong) : result.bytes;
}

std::vector<std::filesystem::path> files() {
  std::vector<std::filesystem::path> all;
  for (const auto& each : std::filesystem::directory_iterator(folder()))
    if (each.path().extension() == ".ctmpl") all.push_back(each.path());
  std::ranges::sort(all);
  return all;
}

class Published : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(Published, TemplateIsRenderedAsConsulTemplateRendersIt) {
  for (const auto& [name, held] : data().at("environment").items())
    ::setenv(name.c_str(), held.get<std::string>().c_str(), 1);
  EXPECT_EQ(render(GetParam()), read_file(std::filesystem::path(GetParam()).replace_extension("golden")));
}

INSTANTIATE_TEST_SUITE_P(Templates, Published, ::testing::ValuesIn(files()), [](const auto& of) {
  auto name = of.param.stem().string();
  std::ranges::replace(name, '-', '_');
  return name;
});

TEST(PublishedTemplates, AreTwentyForSevenPrograms) {
  std::set<std::string> programs;
  for (const auto& each : files()) programs.insert(each.stem().string().substr(0, each.stem().string().find('-')));
  EXPECT_GE(files().size(), 20U);
  EXPECT_EQ(programs,
            (std::set<std::string>{"apache", "dnsmasq", "haproxy", "nginx", "prometheus", "shell", "varnish"}));
}

}  // namespace
}  // namespace drcon::templates
