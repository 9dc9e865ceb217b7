// Whole translations in tests/golden/import: NAME/line is a command line, a word a line, the program first; what is
// printed of it is NAME/expected.toml, and what is reported NAME/expected.faults.
#include "import/consul_template_line.hpp"
#include "import/registrator.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace drcon::importing {
namespace {

namespace fs = std::filesystem;

const fs::path golden_directory = fs::path(DRCON_SOURCE_ROOT) / "tests/golden/import";

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> translations() {
  std::vector<std::string> names;
  for (const auto& each : fs::directory_iterator(golden_directory)) names.push_back(each.path().filename().string());
  std::ranges::sort(names);
  return names;
}

std::optional<std::string> no_variable(const std::string&) { return {}; }

std::string without(std::string text, const std::string& directory) {
  for (auto found = text.find(directory); found != std::string::npos; found = text.find(directory, found))
    text.replace(found, directory.size(), "DIRECTORY/");
  return text;
}

class Translation : public ::testing::TestWithParam<std::string> {};

TEST_P(Translation, IsWhatItWas) {
  const auto directory = golden_directory / GetParam();
  std::vector<std::string> words;
  std::istringstream line(content(directory / "line"));
  for (std::string word; std::getline(line, word);) words.push_back(word);
  ASSERT_FALSE(words.empty());
  report found;
  std::string printed;
  if (words[0] == "registrator") {
    printed = translated_registrator(std::span(words).subspan(1), no_variable, found);
  } else {
    import_surroundings around{.directory = directory, .templates_directory = {}, .environment = no_variable};
    const auto given = read_consul_template_line(words, around, found);
    printed = translated(given, around, found);
  }
  std::string faults;
  for (const auto& each : found.faults) faults += each.where.shown() + ": " + each.text + "\n";
  EXPECT_EQ(without(printed, directory.string() + "/"), content(directory / "expected.toml"));
  EXPECT_EQ(without(faults, directory.string() + "/"), content(directory / "expected.faults"));
}

std::string test_name(const ::testing::TestParamInfo<std::string>& of) {
  auto name = of.param;
  std::ranges::replace(name, '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Golden, Translation, ::testing::ValuesIn(translations()), test_name);

TEST(Translations, AreThere) { EXPECT_GE(translations().size(), 8U); }

}  // namespace
}  // namespace drcon::importing
