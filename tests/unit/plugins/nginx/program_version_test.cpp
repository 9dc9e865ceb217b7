#include "nginx/program_version.hpp"

#include "support/temp_dir.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace drcon::nginx {
namespace {

// A program that says a version, and writes down that it was asked.
class NginxProgramVersion : public ::testing::Test {
protected:
  target nginx(bool ask_program = true) const {
    return target({.binary = program().string(),
                   .config = {},
                   .prefix = {},
                   .pid_file = (directory_ / "none.pid").string(),
                   .ask_program = ask_program,
                   .check_timeout = test::patience});
  }
  // It replaces the file, as a package manager does.
  void install(const std::string& says, int code = 0) const {
    const auto made = directory_ / "made";
    test::write_file(made, "#!/bin/sh\n[ \"$*\" = -v ] && echo asked >>" + asked_file().string() + "\necho '" + says +
                               "' >&2\nexit " + std::to_string(code) + "\n");
    std::filesystem::permissions(made, std::filesystem::perms(0755));
    std::filesystem::rename(made, program());
  }
  std::optional<version_numbers> found() { return version_.of(nginx(), {}); }
  std::size_t times_asked() const { return test::read_file(asked_file()).size() / std::string("asked\n").size(); }

  program_version version_;

private:
  std::filesystem::path program() const { return directory_ / "nginx"; }
  std::filesystem::path asked_file() const { return directory_ / "asked"; }

  test::temp_dir directory_;
};

TEST_F(NginxProgramVersion, IsThatOfTheProgramAndIsAskedForOnce) {
  install("nginx version: nginx/1.29.7");
  EXPECT_EQ(found(), keeps_connections_by_default);
  EXPECT_EQ(found(), keeps_connections_by_default);
  EXPECT_EQ(times_asked(), 1U);
}

TEST_F(NginxProgramVersion, IsAskedForAgainWhenTheProgramWasReplacedWhileNginxIsDown) {
  install("nginx version: nginx/1.29.7");
  EXPECT_GE(found(), keeps_connections_by_default);
  install("nginx version: nginx/1.29.6 (Debian)");
  EXPECT_EQ(found(), (version_numbers{1, 29, 6}));
  EXPECT_LT(found(), keeps_connections_by_default) << "it would refuse keepalive 0";
}

TEST_F(NginxProgramVersion, IsNotKnownWhereTheProgramIsNotToBeAsked) {
  install("nginx version: nginx/1.29.7");
  EXPECT_FALSE(version_.of(nginx(false), {}));
  EXPECT_EQ(times_asked(), 0U);
}

TEST_F(NginxProgramVersion, IsKeptWhileTheProgramCannotBeAsked) {
  EXPECT_FALSE(found());
  install("nginx version: nginx/1.31.0");
  EXPECT_EQ(found(), (version_numbers{1, 31, 0}));
  install("no memory", 1);
  EXPECT_EQ(found(), (version_numbers{1, 31, 0}));
  install("nginx version: nginx/1.22.1");
  EXPECT_EQ(found(), (version_numbers{1, 22, 1}));
}

TEST(NginxVersion, IsReadFromWhatTheProgramPrints) {
  const auto plus = version_in("nginx version: nginx/1.29.8 (nginx-plus-r37)\n");
  ASSERT_TRUE(plus);
  EXPECT_EQ(plus->version, "1.29.8");
  EXPECT_GT(plus->numbers(), keeps_connections_by_default);
  EXPECT_EQ((program_name{.name = "nginx", .version = "2.0"}.numbers()), std::nullopt) << "a form that is not known";
  EXPECT_FALSE(version_in("sh: nginx: not found\n"));
  EXPECT_FALSE(version_in("nginx version: \n"));
}

// They number their versions alike, and have other defaults.
TEST(NginxVersion, SaysNothingOfServersMadeFromNginx) {
  for (const auto* each : {"freenginx/1.31.0", "openresty/1.29.7.1", "Tengine/3.1.0"}) {
    const auto found = version_in("nginx version: " + std::string(each) + "\n");
    ASSERT_TRUE(found) << each;
    EXPECT_FALSE(found->numbers()) << each;
  }
}

}  // namespace
}  // namespace drcon::nginx
