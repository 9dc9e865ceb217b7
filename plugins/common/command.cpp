#include "common/command.hpp"

#include "common/write_all.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>
#include <utility>

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX leaves the declaration to us

namespace drcon::common {
namespace {

constexpr std::size_t most_output = std::size_t{64} * 1024;
constexpr int poll_milliseconds = 20;  // how soon a stop or the time limit is noticed while the program is silent

struct pipe_ends {
  pipe_ends() {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) == 0) {
      read = ends[0];
      write = ends[1];
    }
  }
  ~pipe_ends() {
    close_write();
    if (read >= 0) ::close(read);
  }
  pipe_ends(const pipe_ends&) = delete;
  pipe_ends& operator=(const pipe_ends&) = delete;
  void close_write() {
    if (write >= 0) ::close(std::exchange(write, -1));
  }
  int read = -1;
  int write = -1;
};

// A file without a name: unlike a pipe it needs nobody to fill it while the program reads.
int file_of(const std::string& text) {
  if (text.empty()) return -1;
  const int file = ::memfd_create("drcon-input", MFD_CLOEXEC);
  if (file >= 0) write_all(file, text);  // memory is short when it fails: the program then reads less, as from a pipe
  if (file >= 0) ::lseek(file, 0, SEEK_SET);
  return file;
}

bool is_basic(std::string_view name) {
  return name == "PATH" || name == "TZ" || name == "TERM" || name == "LANG" || name == "LANGUAGE" ||
         name.starts_with("LC_");
}

// posix_spawn shares memory until the exec: a host of any size starts a program in a fraction of a millisecond.
int spawn(const std::vector<std::string>& argv, const pipe_ends& output, const pipe_ends& errors,
          const command_surroundings& around, pid_t& pid) {
  std::vector<char*> arguments;
  arguments.reserve(argv.size() + 1);
  for (const auto& each : argv) arguments.push_back(const_cast<char*>(each.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  const int input = file_of(around.input);
  if (input >= 0) ::posix_spawn_file_actions_adddup2(&actions, input, 0);
  else ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, output.write, 1);
  ::posix_spawn_file_actions_adddup2(&actions, around.keeps_errors_apart ? errors.write : output.write, 2);
  // Asio's sockets are inherited: one held by a child that lives on would keep a connection of ours open.
  ::posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  // Its own group, to be killed as one; no signal of ours blocked or ignored in it.
  sigset_t none;
  sigset_t defaults;
  ::sigemptyset(&none);
  ::sigfillset(&defaults);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &defaults);
  auto names = environment_of(around);
  std::vector<char*> environment;
  environment.reserve(names.size() + 1);
  for (auto& each : names) environment.push_back(each.data());
  environment.push_back(nullptr);
  const int error = ::posix_spawnp(&pid, arguments[0], &actions, &attributes, arguments.data(), environment.data());
  if (input >= 0) ::close(input);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  return error;
}

// True when there is no more to read. Takes a bounded part at a time: some programs write faster than it is read.
bool drain(int file, std::string& result) {
  std::array<char, 4096> part{};
  for (int i = 0; i < 64; ++i) {
    const auto length = ::read(file, part.data(), part.size());
    if (length == 0) return true;
    if (length < 0) return errno != EAGAIN && errno != EINTR;
    result.append(part.data(),
                  std::min(static_cast<std::size_t>(length), most_output - std::min(most_output, result.size())));
  }
  return false;
}

// Whether it has ended; with WNOHANG the answer may be no. A program whose exit code cannot be read has failed: where
// SIGCHLD is ignored the kernel keeps no code, and a check that refused would pass for one that accepted.
bool collect(pid_t pid, int flags, command_result& result) {
  int status = 0;
  pid_t found = 0;
  while ((found = ::waitpid(pid, &status, flags)) < 0 && errno == EINTR) {
  }
  if (found == 0) return false;
  if (found < 0) {
    if (result.why.empty())
      result.why = std::string("has an exit code that cannot be read (") + std::strerror(errno) +
                   "); drcon must not be run with SIGCHLD ignored";
  } else if (WIFEXITED(status)) result.code = WEXITSTATUS(status);
  else if (result.why.empty()) result.why = "was ended by signal " + std::to_string(WTERMSIG(status));
  return true;
}

std::string why_ended(bool late, std::chrono::nanoseconds at_most) {
  if (!late) return "was stopped";
  return "took longer than " + std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(at_most).count()) +
         " ms";
}

}  // namespace

std::vector<std::string> environment_of(const command_surroundings& around) {
  std::vector<std::string> all;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string pair = *each;
    const auto name = pair.substr(0, pair.find('='));
    if (around.environment.contains(name)) continue;
    if (around.inherits == inheritance::everything || is_basic(name)) all.push_back(pair);
  }
  for (const auto& [name, value] : around.environment) all.push_back(name + "=" + value);
  return all;
}

command_result run_command(const std::vector<std::string>& argv, std::chrono::nanoseconds at_most,
                           const std::stop_token& stop, const command_surroundings& around) {
  command_result result;
  pipe_ends output;
  pipe_ends errors;
  pid_t pid = -1;
  if (const int error = spawn(argv, output, errors, around, pid); error != 0) {
    result.why = "cannot run " + argv.at(0) + ": " + std::strerror(error);
    return result;
  }
  output.close_write();
  errors.close_write();
  ::fcntl(output.read, F_SETFL, O_NONBLOCK);
  ::fcntl(errors.read, F_SETFL, O_NONBLOCK);
  const auto end = std::chrono::steady_clock::now() + at_most;
  // Its end is asked of the kernel, not taken from its output: a child of its own may hold that open for ever, and it
  // may close it and live on.
  const int ended = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  bool open = true;
  bool errors_open = around.keeps_errors_apart;
  for (;;) {
    std::array<pollfd, 3> wait{{{.fd = open ? output.read : -1, .events = POLLIN, .revents = 0},
                                {.fd = errors_open ? errors.read : -1, .events = POLLIN, .revents = 0},
                                {.fd = ended, .events = POLLIN, .revents = 0}}};
    ::poll(wait.data(), wait.size(), ended >= 0 || open ? poll_milliseconds : 1);
    if (open) open = !drain(output.read, result.output);
    if (errors_open) errors_open = !drain(errors.read, result.errors);
    if (collect(pid, WNOHANG, result)) break;
    const bool late = std::chrono::steady_clock::now() >= end;
    if (!late && !stop.stop_requested()) continue;
    result.why = why_ended(late, at_most);
    result.took_too_long = late;
    ::kill(-pid, SIGKILL);
    collect(pid, 0, result);
    break;
  }
  if (open) drain(output.read, result.output);
  if (errors_open) drain(errors.read, result.errors);
  if (ended >= 0) ::close(ended);
  return result;
}

}  // namespace drcon::common
