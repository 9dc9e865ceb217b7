#include "template/supervise_child.hpp"

#include "common/command.hpp"
#include "common/errno_text.hpp"
#include "template/signal.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <system_error>
#include <vector>

namespace drcon::templates {
namespace {

constexpr int first_of_ours = 3;  // descriptor that the program is not to have

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (auto& each : texts) all.push_back(each.data());
  all.push_back(nullptr);
  return all;
}

// A program that is executed keeps which signals are ignored or blocked; one that finds SIGTERM blocked cannot be ended
// in order.
void give_default_signals() {
  struct sigaction usual {};
  usual.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &usual, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// How many may be opened by other threads between the look at them and the fork.
constexpr int descriptors_meanwhile = 256;

// The limit of descriptors may be 2^30: to go through all would take minutes.
int highest_descriptor() {
  int highest = 0;
  std::error_code failed;
  for (std::filesystem::directory_iterator each("/proc/self/fd", failed), end; !failed && each != end;
       each.increment(failed)) {
    int number = 0;
    const auto name = each->path().filename().string();
    std::from_chars(name.data(), name.data() + name.size(), number);
    highest = std::max(highest, number);
  }
  if (failed || highest == 0) highest = 1 << 16U;  // without /proc: more than drcon ever has open
  return highest + descriptors_meanwhile;
}

// Asio's sockets are inherited otherwise. A kernel before 5.11, or a container that forbids the call, has no call for
// all of them.
void keep_descriptors_back(int highest) {
  if (::close_range(first_of_ours, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
  for (int each = first_of_ours; each <= highest; ++each) ::fcntl(each, F_SETFD, FD_CLOEXEC);
}

// In the child, between fork and exec: what other threads of drcon have locked stays locked here, so nothing may
// allocate.
[[noreturn]] void become(char* const* argv, char* const* environment, pid_t parent, int report, int highest) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);  // it has ended before the line above
  give_default_signals();
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing >= 0) ::dup2(nothing, STDIN_FILENO);
  keep_descriptors_back(highest);
  ::execvpe(argv[0], argv, environment);
  const int error = errno;
  [[maybe_unused]] const auto written = ::write(report, &error, sizeof error);
  ::_exit(127);
}

}  // namespace

std::string child_end::text() const {
  return signal != 0 ? "was ended by signal " + name_of_signal(signal) : "ended with code " + std::to_string(code);
}

std::unique_ptr<supervised_child> supervised_child::start(const kept_program& program, std::string& why) {
  const int highest = highest_descriptor();
  auto arguments = program.argv;
  auto pairs = common::environment_of({.environment = program.environment, .input = {}});
  const auto argv = pointers_to(arguments);
  const auto environment = pointers_to(pairs);
  std::array<int, 2> report{-1, -1};
  const auto fault = [&] {
    why = common::errno_text("cannot run", program.argv.at(0));
    return nullptr;
  };
  if (::pipe2(report.data(), O_CLOEXEC) != 0) return fault();
  const auto parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) become(argv.data(), environment.data(), parent, report[1], highest);
  const int fork_error = errno;
  ::close(report[1]);
  int error = 0;
  // Empty once the program runs: its end of the pipe is closed by the exec.
  ssize_t length = 0;
  if (pid > 0)
    while ((length = ::read(report[0], &error, sizeof error)) < 0 && errno == EINTR) {
    }
  ::close(report[0]);
  errno = pid < 0 ? fork_error : error;
  if (pid < 0) return fault();
  if (length != sizeof error) return std::unique_ptr<supervised_child>(new supervised_child(pid));
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  errno = error;
  return fault();
}

supervised_child::supervised_child(pid_t pid)
    : pid_(pid), descriptor_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {
  ::setpgid(pid, pid);  // as the child does, whoever is first
}

supervised_child::~supervised_child() {
  if (!ended() || has_left_others()) send_to_group(SIGKILL);
  while (!ended()) ::waitid(P_PID, static_cast<id_t>(pid_), nullptr, WEXITED | WNOWAIT);
  if (descriptor_ >= 0) ::close(descriptor_);
}

const std::optional<child_end>& supervised_child::ended() {
  if (end_) return end_;
  int status = 0;
  pid_t found = 0;
  while ((found = ::waitpid(pid_, &status, WNOHANG)) < 0 && errno == EINTR) {
  }
  if (found == 0) return end_;
  if (found < 0) end_ = child_end{.code = 1};  // somebody else in this process has collected it
  else if (WIFSIGNALED(status)) end_ = child_end{.code = 128 + WTERMSIG(status), .signal = WTERMSIG(status)};
  else end_ = child_end{.code = WEXITSTATUS(status)};
  return end_;
}

// The id of a group is not given to another process while the group has a member.
bool supervised_child::has_left_others() const { return ::kill(-pid_, 0) == 0 || errno == EPERM; }

std::string supervised_child::send_when_it_listens(int signal, const std::stop_token& stop) const {
  const auto how = send_signal(pid_, signal, stop);
  return how.why.empty() ? std::string() : "process " + std::to_string(pid_) + " " + how.why;
}

void supervised_child::send(int signal) const {
  if (!end_) ::kill(pid_, signal);
}

void supervised_child::send_to_group(int signal) const { ::kill(-pid_, signal); }

}  // namespace drcon::templates
