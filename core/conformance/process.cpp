#include "conformance/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

namespace drcon::conformance {
namespace {

// Between fork and exec: system calls only.
[[noreturn]] void become(char* const* arguments, const char* directory, int output, int inherited) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::setpgid(0, 0);
  const int null_device = ::open("/dev/null", O_RDONLY);
  ::dup2(null_device, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::fcntl(inherited, F_SETFD, 0);
  if (::chdir(directory) == 0) ::execv("/proc/self/exe", arguments);
  ::_exit(127);
}

std::string end_of(int output) {
  constexpr off_t most = 6000;
  const auto size = ::lseek(output, 0, SEEK_END);
  std::string text(static_cast<std::size_t>(std::clamp<off_t>(size, 0, most)), '\0');
  const auto got = ::pread(output, text.data(), text.size(), std::max<off_t>(0, size - most));
  text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return text;
}

bool wait_for_end(pid_t child, std::chrono::milliseconds at_most) {
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
  if (handle < 0) return true;  // an old kernel: wait without a deadline
  pollfd event{.fd = handle, .events = POLLIN, .revents = 0};
  const int ready = ::poll(&event, 1, static_cast<int>(at_most.count()));
  ::close(handle);
  return ready != 0;
}

}  // namespace

exit_state run_self(const std::vector<std::string>& arguments, const std::filesystem::path& directory, int inherited,
                    std::chrono::milliseconds at_most) {
  std::vector<char*> argv{const_cast<char*>("drcon")};
  for (const auto& each : arguments) argv.push_back(const_cast<char*>(each.c_str()));
  argv.push_back(nullptr);
  const int output = ::memfd_create("drcon-output", MFD_CLOEXEC);
  if (output < 0) throw std::system_error(errno, std::generic_category(), "memfd_create");
  const pid_t child = ::fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child == 0) become(argv.data(), directory.c_str(), output, inherited);
  exit_state how;
  how.timed_out = !wait_for_end(child, at_most);
  if (how.timed_out) ::kill(child, SIGKILL);
  int status = 0;
  // The group goes while the child still holds its number: nobody else's processes can be meant.
  siginfo_t ended{};
  ::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT);
  ::kill(-child, SIGKILL);
  const bool known = ::waitpid(child, &status, 0) == child;
  if (known && WIFSIGNALED(status)) how.signal = WTERMSIG(status);
  if (known && WIFEXITED(status)) how.code = WEXITSTATUS(status);
  how.output = end_of(output);
  ::close(output);
  return how;
}

std::string signal_name(int number) {
  const char* name = ::sigabbrev_np(number);
  return name ? std::string("SIG") + name : "signal " + std::to_string(number);
}

scratch_directory::scratch_directory() {
  std::string name = std::filesystem::temp_directory_path() / "drcon-conformance-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr)
    throw std::system_error(errno, std::generic_category(), "cannot make a directory in " + name);
  path_ = name;
}

scratch_directory::~scratch_directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace drcon::conformance
