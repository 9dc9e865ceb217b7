// Compose files of the kinds that people publish for Registrator: what drcon makes of them, beside what Registrator
// does. Each folder of tests/golden/compose has compose.yaml, the source's options where they are not the defaults, and
// `expected`: lines of "both", "drcon" or "registrator" with service, id, place, tags and metadata, and of "why" with a
// container and the reason why it is not published. Where the two differ, a line with # says why.
#include "common/address.hpp"
#include "integration/compose_file.hpp"
#include "support/plugin_harness.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <array>
#include <filesystem>
#include <regex>
#include <set>
#include <sstream>

namespace drcon::test {
namespace {

using lines = std::set<std::string>;

std::filesystem::path folder() { return std::filesystem::path(DRCON_SOURCE_ROOT) / "tests/golden/compose"; }

std::vector<std::string> examples() {
  std::vector<std::string> all;
  for (const auto& each : std::filesystem::directory_iterator(folder())) all.push_back(each.path().filename().string());
  std::ranges::sort(all);
  return all;
}

// What a swarm numbers by chance has names instead.
std::string without_chance(const std::string& text) {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  auto result = std::regex_replace(text, std::regex(R"(\.(\d+)\.[a-z0-9]{25}\b)"), ".$1.TASK");
  if (result == text) return result;
  result = std::regex_replace(result, std::regex(R"(spread\.\d+\.)"), "spread.SLOT.");
  return std::regex_replace(result, std::regex(" " + std::string(host.data()) + ":"), " NODE:");
}

std::string line_of(const std::string& service, const endpoint& each) {
  auto line = service + " " + each.id + " " + common::with_port(each.address, each.port);
  for (std::size_t i = 0; i < each.tags.size(); ++i) line += (i == 0 ? " tags=" : ",") + each.tags[i];
  for (const auto& [key, value] : each.meta) line += " " + key + "=" + value;
  return without_chance(line);
}

struct expectation {
  lines drcon;
  lines registrator;
  lines reasons;
  bool explains = false;
};

expectation read_expected(const std::filesystem::path& file) {
  expectation result;
  std::istringstream text(read_file(file));
  for (std::string line; std::getline(text, line);) {
    const auto who = line.substr(0, line.find(' '));
    const auto what = line.substr(line.find(' ') + 1);
    if (who == "#") result.explains = true;
    else if (who == "why") result.reasons.insert(what);
    else if (who == "both" || who == "drcon" || who == "registrator") {
      if (who != "registrator") result.drcon.insert(what);
      if (who != "drcon") result.registrator.insert(what);
    } else {
      ADD_FAILURE() << file << ": " << line;
    }
  }
  return result;
}

class Compose : public ::testing::TestWithParam<std::string> {
protected:
  lines published(const source_harness& source) const {
    lines all;
    for (const auto& [name, each] : source.now().services)
      for (const auto& one : each.endpoints) all.insert(line_of(name, one));
    return all;
  }
};

TEST_P(Compose, IsPublishedAsExpected) {
  const auto here = folder() / GetParam();
  const auto expected = read_expected(here / "expected");
  const auto options = read_file(here / "options.toml");
  const docker_engine engine;
  if (options.find("swarm") != std::string::npos) engine.docker({"swarm", "init", "--advertise-addr", "127.0.0.1"});
  start_compose_file(engine, here / "compose.yaml");
  source_harness source(
      "docker", "engine = \"" + engine.address() + "\"\nhost_name = \"h\"\nhost_address = \"127.0.0.1\"\n" + options);
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  EXPECT_TRUE(wait_until([&] { return published(source) == expected.drcon; }));
  EXPECT_EQ(published(source), expected.drcon);
  lines reasons;
  for (const auto& each : source.omitted())
    if (each.endpoint.find("spread") == std::string::npos) reasons.insert(each.endpoint + " " + each.why);
  EXPECT_EQ(reasons, expected.reasons);
}

// A difference that nobody explains is a surprise to whoever moves.
TEST_P(Compose, DiffersFromRegistratorOnlyWhereThatIsExplained) {
  const auto expected = read_expected(folder() / GetParam() / "expected");
  if (expected.drcon == expected.registrator) return;
  EXPECT_TRUE(expected.explains);
  const auto guide = read_file(std::filesystem::path(DRCON_SOURCE_ROOT) / "plugins/docker/README.md");
  EXPECT_NE(guide.find("| `" + GetParam() + "`"), std::string::npos) << "the table of differences names it";
}

INSTANTIATE_TEST_SUITE_P(All, Compose, ::testing::ValuesIn(examples()), [](const auto& info) {
  auto name = info.param;
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace drcon::test
