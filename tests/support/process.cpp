#include "support/process.hpp"

#include "support/temp_dir.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace drcon::test {
namespace {

pid_t spawn(const std::vector<std::string>& argv, const std::filesystem::path& out, const std::filesystem::path& err,
            const std::vector<std::string>& environment) {
  std::vector<char*> arguments;
  for (const auto& each : argv) arguments.push_back(const_cast<char*>(each.c_str()));
  arguments.push_back(nullptr);
  const int out_file = ::open(out.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const int err_file =
      err == out ? ::dup(out_file) : ::open(err.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const pid_t pid = ::fork();
  if (pid < 0) throw std::runtime_error("cannot fork");
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::setpgid(0, 0);
    ::dup2(::open("/dev/null", O_RDONLY), 0);
    ::dup2(out_file, 1);
    ::dup2(err_file, 2);
    // Asio's sockets are inherited: a backend that has gone would live on in here as a port that nobody answers.
    ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    for (const auto& each : environment) ::putenv(const_cast<char*>(each.c_str()));
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(out_file);
  ::close(err_file);
  return pid;
}

std::filesystem::path own_log() {
  std::string name = std::filesystem::temp_directory_path() / "drcon-log-XXXXXX";
  const int file = ::mkstemp(name.data());
  ::close(file);
  return name;
}

}  // namespace

process::process(const std::vector<std::string>& argv, const std::filesystem::path& log,
                 const std::vector<std::string>& environment)
    : log_(log.empty() ? own_log() : log) {
  pid_ = spawn(argv, log_, log_, environment);
}

process::process(process&& other) noexcept { *this = std::move(other); }

process& process::operator=(process&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(result_, other.result_);
  std::swap(log_, other.log_);
  return *this;
}

process::~process() {
  if (pid_ < 0) return;
  terminate();
  std::error_code ignored;
  if (log_.filename().string().starts_with("drcon-log-")) std::filesystem::remove(log_, ignored);
}

void process::collect(int status) { result_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status); }

bool process::running() {
  if (pid_ < 0 || result_) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == pid_) collect(status);
  return !result_;
}

void process::signal(int number) const {
  if (pid_ > 0 && !result_) ::kill(pid_, number);
}

std::optional<int> process::wait(std::chrono::milliseconds deadline) {
  wait_until([this] { return !running(); }, deadline);
  return result_;
}

int process::terminate(std::chrono::milliseconds deadline) {
  if (!running()) return result_.value_or(0);
  signal(SIGTERM);
  if (const auto code = wait(deadline)) return *code;
  return kill9();
}

int process::kill9() {
  signal(SIGKILL);
  return wait(patience).value_or(-SIGKILL);
}

std::string process::text() const { return read_file(log_); }

std::set<pid_t> process::children() const {
  const auto pid = std::to_string(pid_);
  std::istringstream listed(read_file("/proc/" + pid + "/task/" + pid + "/children"));
  std::set<pid_t> pids;
  for (pid_t each = 0; listed >> each;) pids.insert(each);
  return pids;
}

process as_process_one(std::vector<std::string> argv, const std::filesystem::path& log) {
  const auto unshare = {"unshare", "--pid", "--fork", "--kill-child", "--mount-proc"};
  argv.insert(argv.begin(), unshare.begin(), unshare.end());
  return process(argv, log);
}

run_result run(const std::vector<std::string>& argv, const std::vector<std::string>& environment,
               std::chrono::milliseconds deadline) {
  const temp_dir directory;
  const pid_t pid = spawn(argv, directory / "out", directory / "err", environment);
  int status = 0;
  bool ended = wait_until([&] { return ::waitpid(pid, &status, WNOHANG) == pid; }, deadline);
  if (!ended) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, &status, 0);
  }
  return {.code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status),
          .out = read_file(directory / "out"),
          .err = read_file(directory / "err")};
}

}  // namespace drcon::test
