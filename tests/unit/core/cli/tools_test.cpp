// Verbs that are programs of their own.
#include "cli/tools.hpp"

#include "support/temp_dir.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace drcon::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;

class Tools : public ::testing::Test {
protected:
  void program(const std::string& name) {
    std::ofstream(directory_.path() / name) << "#!/bin/sh\n";
    fs::permissions(directory_.path() / name, fs::perms::owner_all);
  }
  void file(const std::string& name, const std::string& text) { std::ofstream(directory_.path() / name) << text; }

  test::temp_dir directory_;
};

TEST_F(Tools, AreTheProgramsOfADirectory) {
  program("drcon-two");
  program("drcon-one");
  program("other");
  file("drcon-text", "not a program");
  fs::create_directory(directory_.path() / "drcon-directory");
  const auto found = tools_in(directory_.path());
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].described.name, "one");
  EXPECT_EQ(found[1].described.name, "two");
  EXPECT_THAT(tools_in(directory_.path() / "none"), IsEmpty());
}

TEST_F(Tools, AreNoProgramsThatHaveNoNameOfAVerb) {
  for (const char* name : {"drcon-", "drcon-!x", "drcon--x", "drcon-a b", "drcon-a=b", "drcon-one~", "drcon-one"})
    program(name);
  const auto found = tools_in(directory_.path());
  ASSERT_EQ(found.size(), 1U) << "the parser of the command line throws at others";
  EXPECT_EQ(found[0].described.name, "one");
}

TEST_F(Tools, AreListedByNameWhenTheirDescriptionIsNoFile) {
  program("drcon-one");
  fs::create_directory(directory_.path() / "drcon-one.json");
  const auto found = tools_in(directory_.path());
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].described.name, "one");
}

TEST_F(Tools, SayThemselvesWhatTheyAre) {
  program("drcon-one");
  file("drcon-one.json", R"({"meaning": "Does one.", "verbs": [{"name": "a", "meaning": "Does a.",
       "options": [{"name": "-x", "takes_value": true, "meaning": "X"}]}]})");
  const auto found = tools_in(directory_.path());
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].described.meaning, "Does one.");
  command root{.name = "drcon", .meaning = {}, .footer = {}, .options = {}, .verbs = {}};
  root.verbs.push_back({.name = "one", .meaning = {}, .footer = {}, .options = {}, .verbs = {}});
  const auto whole = with_tools(root, found);
  const auto* verb = whole.verb("one")->verb("a");
  ASSERT_NE(verb, nullptr);
  EXPECT_EQ(verb->options.at(0).name(), "-x");
  EXPECT_TRUE(verb->options.at(0).takes_value);
}

TEST_F(Tools, AreListedByNameWhenTheirDescriptionIsBroken) {
  program("drcon-one");
  for (const char* text : {"", "{", "[]", R"({"verbs": 5})", R"({"verbs": [5, {}, {"name": 5}], "options": [5, {}]})",
                           R"({"meaning": 5, "options": "x"})"}) {
    file("drcon-one.json", text);
    const auto found = tools_in(directory_.path());
    ASSERT_EQ(found.size(), 1U) << text;
    EXPECT_EQ(found[0].described.name, "one") << text;
    EXPECT_THAT(found[0].described.verbs, IsEmpty()) << text;
  }
}

}  // namespace
}  // namespace drcon::cli
