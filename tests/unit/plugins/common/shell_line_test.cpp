// Which lines for a shell end in a command that the shell becomes.
#include "common/shell_line.hpp"

#include <gtest/gtest.h>

namespace drcon::common {
namespace {

TEST(ShellLine, EndsInExecWhereTheShellBecomesItsLastCommand) {
  for (const auto* line : {"exec app", "exec app -x 'a; b'", "mkdir -p /run/app && exec app", "A=1; exec app 2>&1",
                           " \n exec app\n", "exec app;", "test -e x || exec app", "echo 'a|b'; exec\tapp",
                           "echo a | cat; exec app > /dev/null", "echo \"it's\"; exec app", "helper & exec app"})
    EXPECT_TRUE(ends_in_exec(line)) << line;
}

TEST(ShellLine, DoesNotEndInExecWhereTheShellStaysBesideIt) {
  for (const auto* line :
       {"", " ", "app", "app > /dev/null", "exec app; echo over", "echo 'exec app'", "echo exec app", "execute app",
        "exec app &", "echo a | exec app", "(exec app)", "echo '; exec app'", "echo \\; exec app", "exec app && true"})
    EXPECT_FALSE(ends_in_exec(line)) << line;
}

}  // namespace
}  // namespace drcon::common
