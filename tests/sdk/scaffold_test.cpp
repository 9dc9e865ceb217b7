// drcon plugin new: what it makes works as it is; what it cannot make it does not begin.
#include "cli/command_line.hpp"
#include "cli/plugin_new.hpp"
#include "sdk/installation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sstream>
#include <tuple>

namespace drcon::test {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;
using ::testing::Not;

// What the README tells to type.
std::string commands_of(const std::string& readme) {
  std::istringstream lines(readme);
  std::string commands;
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) inside = line == "```sh";
    else if (inside) commands += line + "\n";
  }
  return commands;
}

class Scaffold : public ::testing::TestWithParam<std::tuple<const char*, const char*>> {};

TEST_P(Scaffold, BuildsTestsAndPackagesItselfAgainstTheInstalledSdk) {
  const auto [kind, language] = GetParam();
  const installation drcon;
  const temp_dir elsewhere;
  const auto made = drcon.drcon(
      {"plugin", "new", std::string("--") + kind, "--lang", language, "my-own", "--directory", elsewhere.path()});
  ASSERT_EQ(made.code, 0) << made.err;
  const auto mine = elsewhere / "my-own";
  for (const auto& file : files_below(mine)) {
    EXPECT_THAT(file, Not(HasSubstr("@")));
    EXPECT_THAT(read_file(mine / file), Not(::testing::ContainsRegex("@[A-Z_]+@"))) << file;
  }

  const auto checked = run({mine / "check"}, drcon.environment(), std::chrono::minutes(4));
  ASSERT_EQ(checked.code, 0) << checked.out << checked.err;
  EXPECT_FALSE(fs::is_empty(mine / "build/packages"));

  const auto plugins =
      nlohmann::json::parse(drcon.drcon({"plugins", "--json", "--plugin-dir", mine / "build"}).out)["plugins"];
  const auto is_mine = [&](const auto& each) {
    return each["name"] == "my-own" && each["kinds"] == kind && each["version"] == "0.1.0";
  };
  EXPECT_TRUE(std::ranges::any_of(plugins, is_mine)) << plugins;

  const auto told = "cd '" + mine.string() + "'\n" + commands_of(read_file(mine / "README.md"));
  EXPECT_THAT(told, HasSubstr("\ndrcon plugin test build/my-own.so"));
  const auto followed = run({"sh", "-exc", told}, drcon.environment(), std::chrono::minutes(4));
  EXPECT_EQ(followed.code, 0) << followed.out << followed.err;
  EXPECT_TRUE(fs::exists(drcon.libraries() / "drcon/plugins/my-own.so"));
  EXPECT_THAT(drcon.drcon({"plugins"}).out, HasSubstr("my-own           " + std::string(kind)));
}

INSTANTIATE_TEST_SUITE_P(, Scaffold,
                         ::testing::Combine(::testing::Values("source", "sink"), ::testing::Values("cpp", "c")),
                         [](const auto& each) {
                           return std::string(std::get<0>(each.param)) + "_" + std::get<1>(each.param);
                         });

// In the build tree, with the templates that are given.
class PluginNew : public ::testing::Test {
protected:
  int make(const std::string& name, const fs::path& templates = fs::path(DRCON_SOURCE_ROOT) / "sdk/scaffold") {
    ::testing::internal::CaptureStderr();
    ::testing::internal::CaptureStdout();
    const auto code = cli::plugin_new({.kind = "source", .language = "c", .name = name, .directory = here_.path()},
                                      {here_ / "not-here", templates});
    error_ = ::testing::internal::GetCapturedStderr();
    ::testing::internal::GetCapturedStdout();
    return code;
  }

  temp_dir here_;
  std::string error_;
};

TEST_F(PluginNew, RefusesANameThatDrconWouldRefuse) {
  for (const auto* name : {"", "Mine", "my_own", "1st", "-x", "a/b", "..", "mine ", "m\xc3\xa4in"}) {
    EXPECT_EQ(make(name), cli::exit_usage) << name;
    EXPECT_THAT(error_, HasSubstr("a plugin cannot be named '" + std::string(name) + "': expected small letters"));
  }
  EXPECT_EQ(make(std::string(64, 'a')), cli::exit_usage);
  EXPECT_TRUE(fs::is_empty(here_.path()));
  EXPECT_EQ(make(std::string(63, 'a')), cli::exit_ok);
}

TEST_F(PluginNew, RefusesANameThatIsATargetOfCMake) {
  EXPECT_EQ(make("test"), cli::exit_usage);
  EXPECT_THAT(error_, HasSubstr("CMake has one of that name itself"));
  EXPECT_TRUE(fs::is_empty(here_.path()));
}

TEST_F(PluginNew, LeavesADirectoryAloneThatIsThere) {
  write_file(here_ / "mine/notes", "mine");
  EXPECT_EQ(make("mine"), cli::exit_runtime);
  EXPECT_THAT(error_, HasSubstr("mine is there already; nothing was changed"));
  EXPECT_EQ(files_below(here_.path()), std::set<std::string>{"mine/notes"});
}

TEST_F(PluginNew, ReportsWhereItLookedForTemplates) {
  EXPECT_EQ(make("mine", here_ / "nor-here"), cli::exit_runtime);
  EXPECT_THAT(error_,
              HasSubstr("looked in\n  " + (here_ / "not-here").string() + "\n  " + (here_ / "nor-here").string()));
  EXPECT_THAT(error_, HasSubstr("drcon-dev"));
  EXPECT_TRUE(fs::is_empty(here_.path()));
}

TEST_F(PluginNew, LeavesNothingBehindWhenItCannotFinish) {
  write_file(here_ / "templates/common/README.md", "@NAME@");  // and no layer of the kind
  EXPECT_EQ(make("mine", here_ / "templates"), cli::exit_runtime);
  EXPECT_FALSE(fs::exists(here_ / "mine"));
}

TEST(PluginNewCommand, RequiresASourceOrASinkAndALanguageThatItKnows) {
  EXPECT_EQ(run({DRCON_BINARY, "plugin", "new", "mine"}).code, cli::exit_usage);
  EXPECT_EQ(run({DRCON_BINARY, "plugin", "new", "--source", "--sink", "mine"}).code, cli::exit_usage);
  EXPECT_EQ(run({DRCON_BINARY, "plugin", "new", "--source", "--lang", "pascal", "mine"}).code, cli::exit_usage);
}

TEST(PluginNewCommand, FindsTheTemplatesFromTheBuildTree) {
  const temp_dir here;
  const auto made = run({DRCON_BINARY, "plugin", "new", "--sink", "mine", "--directory", here.path()});
  EXPECT_EQ(made.code, cli::exit_ok) << made.err;
  EXPECT_THAT(made.out, HasSubstr("cmake -B build"));
  EXPECT_TRUE(fs::exists(here / "mine/src/mine.cpp"));
}

}  // namespace
}  // namespace drcon::test
