// Broken configurations in tests/golden/config, and what is said about each: NAME/drcon.toml, NAME/expected.
#include "known_plugins.hpp"

#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace drcon::config {
namespace {

namespace fs = std::filesystem;

const fs::path golden_directory = fs::path(DRCON_SOURCE_ROOT) / "tests/golden/config";

std::vector<std::string> broken_configs() {
  std::vector<std::string> names;
  for (const auto& each : fs::directory_iterator(golden_directory)) names.push_back(each.path().filename().string());
  std::ranges::sort(names);
  return names;
}

// Paths as someone sees them who stands in `directory`.
std::string relative_to(const fs::path& directory, std::string text) {
  const auto prefix = directory.string() + "/";
  for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at)) text.erase(at, prefix.size());
  return text;
}

class BrokenConfig : public ::testing::TestWithParam<std::string> {};

TEST_P(BrokenConfig, IsReportedWithEachFaultAtItsPlace) {
  const auto directory = golden_directory / GetParam();
  diagnostics found;
  EXPECT_FALSE(load(directory / "drcon.toml", known_plugins(), found));
  const auto expected = test::read_file(directory / "expected");
  EXPECT_FALSE(expected.empty());
  EXPECT_EQ(relative_to(directory, found.text()), expected);
}

std::string test_name(const ::testing::TestParamInfo<std::string>& from) {
  auto name = from.param;
  std::ranges::replace(name, '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Golden, BrokenConfig, ::testing::ValuesIn(broken_configs()), test_name);

TEST(BrokenConfigs, AreMoreThanTwenty) { EXPECT_GT(broken_configs().size(), 20U); }

}  // namespace
}  // namespace drcon::config
