#include "command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

extern char** environ;  // NOLINT: POSIX declares it nowhere

namespace {

using clock_type = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t most_errors = 1000;
// How soon a stop is seen, and the end of a command that closed its standard error.
constexpr auto step = 20ms;

class descriptor {
public:
  explicit descriptor(int fd = -1) : fd_(fd) {}
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  int get() const { return fd_; }

private:
  int fd_;
};

// A file in memory, so that a command that does not read cannot hold us up.
int as_file(const std::string& text) {
  const int file = ::memfd_create("input", MFD_CLOEXEC);
  for (std::size_t written = 0; file >= 0 && written < text.size();) {
    const auto count = ::write(file, text.data() + written, text.size() - written);
    if (count <= 0) return file;
    written += static_cast<std::size_t>(count);
  }
  if (file >= 0) ::lseek(file, 0, SEEK_SET);
  return file;
}

pid_t spawn(const std::vector<std::string>& argv, int input, int errors) {
  std::vector<char*> words;
  words.reserve(argv.size() + 1);
  for (const auto& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  sigset_t none;
  ::sigemptyset(&none);
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
  ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_adddup2(&files, errors, STDERR_FILENO);
  ::posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  pid_t pid = -1;
  errno = ::posix_spawnp(&pid, words[0], &files, &attributes, words.data(), environ);
  if (errno != 0) pid = -1;
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&attributes);
  return pid;
}

// Takes what the command wrote, and waits a little when that is nothing. Keeps the end of it.
void take_errors(int from, std::string& errors) {
  pollfd ready{.fd = from, .events = POLLIN, .revents = 0};
  if (::poll(&ready, 1, static_cast<int>(step.count())) <= 0) return;
  std::array<char, 4096> part{};
  const auto count = ::read(from, part.data(), part.size());
  if (count <= 0) {
    ::poll(nullptr, 0, static_cast<int>(step.count()));  // closed: only the command's end is left to wait for
    return;
  }
  errors.append(part.data(), static_cast<std::size_t>(count));
  if (errors.size() > most_errors) errors.erase(0, errors.size() - most_errors);
}

}  // namespace

end_of_command run(const std::vector<std::string>& argv, const std::string& input, std::chrono::nanoseconds timeout,
                   const std::stop_token& stop) {
  const descriptor in(as_file(input));
  std::array<int, 2> pipe{-1, -1};
  if (in.get() < 0 || ::pipe2(pipe.data(), O_CLOEXEC) != 0) return {ending::not_started, 0, std::strerror(errno)};
  const descriptor errors(pipe[0]);
  pid_t pid = -1;
  {
    const descriptor theirs(pipe[1]);
    pid = spawn(argv, in.get(), theirs.get());
  }
  if (pid < 0) return {ending::not_started, 0, std::strerror(errno)};

  end_of_command end;
  const auto deadline = clock_type::now() + timeout;
  int status = 0;
  for (;;) {
    const auto found = ::waitpid(pid, &status, WNOHANG);
    if (found == pid) break;
    if (found < 0 && errno != EINTR) {  // SIGCHLD is ignored, and the kernel keeps no exit code: it is no success
      end.how = ending::unknown;
      return end;
    }
    const bool late = clock_type::now() >= deadline;
    if (late || stop.stop_requested()) {
      ::kill(-pid, SIGKILL);
      ::waitpid(pid, &status, 0);
      end.how = late ? ending::out_of_time : ending::stopped;
      return end;
    }
    take_errors(errors.get(), end.errors);
  }
  ::kill(-pid, SIGKILL);  // what it left running would be nobody's
  pollfd rest{.fd = errors.get(), .events = POLLIN, .revents = 0};
  while (::poll(&rest, 1, 0) > 0 && (rest.revents & POLLIN) != 0) take_errors(errors.get(), end.errors);
  while (!end.errors.empty() && end.errors.back() == '\n') end.errors.pop_back();
  end.how = WIFSIGNALED(status) ? ending::signal : ending::exit;
  end.code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  return end;
}
