#include "common/command.hpp"

#include "support/wait.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <thread>

namespace drcon::common {
namespace {

using namespace std::chrono_literals;

TEST(Command, GivesExitCodeAndOutput) {
  const auto result = run_command({"sh", "-c", "echo out; echo err >&2; exit 3"}, 10s);
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(result.output, "out\nerr\n");
  EXPECT_TRUE(run_command({"true"}, 10s).ok());
}

TEST(Command, SaysWhatCannotBeRun) {
  const auto result = run_command({"/no/such/program"}, 10s);
  EXPECT_FALSE(result.ok());
  EXPECT_NE((result.why + result.output).find("No such file"), std::string::npos) << result.why;
}

TEST(Command, UsesNoShell) { EXPECT_EQ(run_command({"echo", "$HOME; echo x"}, 10s).output, "$HOME; echo x\n"); }

TEST(Command, KillsWhatTakesTooLongWithItsChildren) {
  const auto result = run_command({"sh", "-c", "sleep 100 & sleep 100"}, 100ms);
  EXPECT_EQ(result.code, -1);
  EXPECT_NE(result.why.find("took longer"), std::string::npos) << result.why;
}

TEST(Command, KillsWhatClosedItsOutputAndLivesOn) {
  const auto result = run_command({"sh", "-c", "exec >/dev/null 2>&1; exec sleep 100"}, 100ms);
  EXPECT_EQ(result.code, -1);
  EXPECT_NE(result.why.find("took longer"), std::string::npos) << result.why;
}

TEST(Command, KillsWhatWritesWithoutEnd) {
  const auto result = run_command({"yes"}, 100ms);
  EXPECT_EQ(result.code, -1);
  EXPECT_NE(result.why.find("took longer"), std::string::npos) << result.why;
}

TEST(Command, DoesNotWaitForWhatTheProgramLeftBehind) {
  const auto result = run_command({"sh", "-c", "sleep 5 & echo done"}, 1min);
  EXPECT_TRUE(result.ok()) << result.why;
  EXPECT_EQ(result.output, "done\n");
}

TEST(Command, EndsWhenAskedToStop) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(run_command({"sleep", "100"}, 1min, stop.get_token()).why, "was stopped");
}

TEST(Command, KeepsOnlyTheBeginningOfALongOutput) {
  const auto result = run_command({"sh", "-c", "yes | head -c 1000000"}, 30s);
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(result.output.size(), 65536U);
}

// Whoever starts drcon with SIGCHLD ignored hands that on, and the kernel then keeps no exit codes.
TEST(Command, HasFailedWhenItsExitCodeCannotBeRead) {
  const auto before = std::signal(SIGCHLD, SIG_IGN);
  const auto result = run_command({"false"}, 10s);
  const auto late = run_command({"sleep", "100"}, 50ms);
  std::signal(SIGCHLD, before);
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(result.code, -1);
  EXPECT_NE(result.why.find("exit code that cannot be read"), std::string::npos) << result.why;
  EXPECT_NE(late.why.find("took longer"), std::string::npos) << late.why;
}

}  // namespace
}  // namespace drcon::common
