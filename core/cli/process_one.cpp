#include "cli/process_one.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace drcon::cli {
namespace {

// Signals by which the kernel reports a fault of the process itself.
constexpr std::array faults{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
// Signals that process 1 ignores unless it asks for them. drcon asks for them only while a sink keeps a program.
constexpr std::array ignored_at_first{SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH};

// A group of its own: at a terminal, Ctrl-C then reaches drcon once, from the terminal, and not a second time from
// here. A second signal would end it at once.
void become_foreground() {
  ::setpgid(0, 0);
  if (::isatty(STDIN_FILENO) == 0) return;
  std::signal(SIGTTOU, SIG_IGN);  // a process in the background is stopped by it otherwise
  ::tcsetpgrp(STDIN_FILENO, ::getpid());
  std::signal(SIGTTOU, SIG_DFL);
}

int code_of(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

// Collects all that have ended. The exit code of `child`, if it is among them.
std::optional<int> collect(pid_t child) {
  std::optional<int> result;
  int status = 0;
  for (;;) {
    const auto found = ::waitpid(-1, &status, WNOHANG);
    if (found < 0 && errno == EINTR) continue;
    if (found <= 0) return result;
    if (found == child) result = code_of(status);
  }
}

int serve(pid_t child, const sigset_t& waited_for) {
  for (;;) {
    const int signal = ::sigwaitinfo(&waited_for, nullptr);
    if (signal < 0) continue;
    if (signal != SIGCHLD) ::kill(child, signal);
    else if (const auto code = collect(child)) return *code;
  }
}

}  // namespace

std::optional<int> serve_as_process_one() {
  if (::getpid() != 1) return {};
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  for (const int fault : faults) ::sigdelset(&all, fault);
  ::sigprocmask(SIG_SETMASK, &all, &before);  // from here on none is lost
  std::fflush(nullptr);                       // else both would write what is buffered
  const pid_t child = ::fork();
  if (child < 0) {
    std::fprintf(stderr, "drcon: process 1 cannot start drcon's own process: %s\n", std::strerror(errno));
    return EXIT_FAILURE;
  }
  if (child > 0) return serve(child, all);
  become_foreground();
  for (const int each : ignored_at_first) std::signal(each, SIG_IGN);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  return {};
}

}  // namespace drcon::cli
