#include "plugins/trial_load.hpp"

#include "plugins/validation.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <string>

namespace drcon::plugins {
namespace {

// Loading takes milliseconds; a library that takes this long waits for something.
constexpr auto longest_load = std::chrono::seconds(5);
constexpr auto help =
    "whatever runs when the library is loaded (static objects, constructor functions) must not fail; "
    "do it in create, which may say why it cannot";

[[noreturn]] void load_and_leave(const library_file& file, int words) {
  ::prctl(PR_SET_DUMPABLE, 0);  // this crash is expected: no core file
  ::dup2(words, STDOUT_FILENO);
  ::dup2(words, STDERR_FILENO);
  ::dlopen(file.name_for_loader().c_str(), RTLD_NOW | RTLD_LOCAL);
  ::_exit(0);
}

struct end_of_child {
  bool in_time = true;
  std::string words;  // the last it wrote: "terminate called after throwing …"
  int status = 0;
  bool known = false;  // status could be read
};

// The pipe closes when the child, the only one to write to it, has ended.
end_of_child wait_for(pid_t child, int words) {
  end_of_child end;
  const auto deadline = std::chrono::steady_clock::now() + longest_load;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    pollfd ready{.fd = words, .events = POLLIN, .revents = 0};
    const int found = ::poll(&ready, 1, static_cast<int>(std::max<long>(left, 0)));
    if (found < 0 && errno == EINTR) continue;
    if (found <= 0) {
      end.in_time = false;
      ::kill(child, SIGKILL);
      break;
    }
    std::array<char, 1024> part{};
    const auto count = ::read(words, part.data(), part.size());
    if (count <= 0) break;
    end.words.append(part.data(), static_cast<std::size_t>(count));
    if (end.words.size() > 4096) end.words.erase(0, end.words.size() - 2048);
  }
  pid_t found = 0;
  while ((found = ::waitpid(child, &end.status, 0)) < 0 && errno == EINTR) {
  }
  end.known = found == child;
  return end;
}

std::string last_words(std::string words) {
  std::ranges::replace(words, '\n', ' ');
  while (!words.empty() && words.back() == ' ') words.pop_back();
  return words.empty() ? std::string() : " (it said: " + printable(words, 300) + ")";
}

}  // namespace

possible_fault fault_of_trial_load(const library_file& file) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0)
    return library_fault{std::string("cannot be tried in a child: ") + std::strerror(errno), "start drcon again"};
  const auto child = ::fork();
  if (child == 0) load_and_leave(file, pipe[1]);
  ::close(pipe[1]);
  if (child < 0) {
    ::close(pipe[0]);
    return library_fault{std::string("cannot be tried in a child: ") + std::strerror(errno), "start drcon again"};
  }
  const auto end = wait_for(child, pipe[0]);
  ::close(pipe[0]);
  if (!end.in_time)
    return library_fault{"does not finish loading: its child was ended after 5 s" + last_words(end.words), help};
  if (!end.known)
    return library_fault{"was loaded by a child whose end cannot be known, so that it may have crashed there",
                         "start drcon again, without SIGCHLD being ignored"};
  if (WIFSIGNALED(end.status))
    return library_fault{
        std::string("crashes while it is loaded: SIG") + ::sigabbrev_np(WTERMSIG(end.status)) + last_words(end.words),
        help};
  if (WEXITSTATUS(end.status) != 0)
    return library_fault{"ends the process while it is loaded: exit code " + std::to_string(WEXITSTATUS(end.status)) +
                             last_words(end.words),
                         help};
  return {};
}

}  // namespace drcon::plugins
