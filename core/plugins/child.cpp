#include "plugins/child.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <system_error>

extern char** environ;  // NOLINT: POSIX declares it nowhere

namespace drcon::plugins {
namespace {

// Not the program's path: an upgrade may have put another version there, which speaks other frames.
std::filesystem::path& children_program() {
  static std::filesystem::path program = "/proc/self/exe";
  return program;
}

// A child has a thread that does nothing but read, so one that takes nothing for this long hangs.
constexpr timeval longest_send{.tv_sec = 10, .tv_usec = 0};

class spawn_settings {
public:
  spawn_settings(int socket, int library) {
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&files, socket, socket_in_child);
    ::posix_spawn_file_actions_adddup2(&files, library, library_in_child);
    ::posix_spawn_file_actions_addclosefrom_np(&files, library_in_child + 1);
    ::posix_spawnattr_init(&attributes);
    // A process group of its own, because the Ctrl-C that makes drcon stop in order must not end the plugins first.
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    // What this process ignores would be ignored by the programs, too, that the plugin starts.
    sigset_t to_default;
    ::sigemptyset(&to_default);
    ::sigaddset(&to_default, SIGPIPE);
    ::posix_spawnattr_setsigdefault(&attributes, &to_default);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~spawn_settings() {
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&attributes);
  }
  spawn_settings(const spawn_settings&) = delete;
  spawn_settings& operator=(const spawn_settings&) = delete;

  posix_spawn_file_actions_t files{};
  posix_spawnattr_t attributes{};
};

}  // namespace

void run_children_with(const std::filesystem::path& program) { children_program() = program; }

child::child(std::size_t largest_frame, int library) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw std::system_error(errno, std::generic_category(), "no socket pair");
  channel_ = std::make_unique<frame_channel>(ends[0], std::min(largest_frame, frame_channel::largest_frame));
  ::setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &longest_send, sizeof longest_send);
  const spawn_settings settings(ends[1], library);
  std::string verb = "plugin-process";
  std::string program = "drcon";
  const std::array<char*, 3> arguments{program.data(), verb.data(), nullptr};
  const int error = ::posix_spawn(&pid_, children_program().c_str(), &settings.files, &settings.attributes,
                                  arguments.data(), environ);
  ::close(ends[1]);
  if (error != 0) {
    pid_ = -1;
    throw std::system_error(error, std::generic_category(), "its process cannot be started");
  }
}

child::~child() {
  kill();
  reap();
}

std::size_t child::memory() const {
  std::size_t total = 0;
  std::size_t resident = 0;
  std::ifstream(std::filesystem::path("/proc") / std::to_string(pid_) / "statm") >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

void child::kill() {
  const std::lock_guard lock(mutex_);
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

std::string child::reap() {
  siginfo_t info{};
  while (pid_ > 0 && ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
  const std::lock_guard lock(mutex_);
  int status = 0;
  if (pid_ <= 0 || ::waitpid(pid_, &status, 0) != pid_) return "is gone";
  pid_ = -1;
  if (WIFSIGNALED(status)) {
    const char* const name = ::sigabbrev_np(WTERMSIG(status));
    return std::string("was ended by SIG") + (name ? name : std::to_string(WTERMSIG(status)).c_str());
  }
  return "ended with exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace drcon::plugins
