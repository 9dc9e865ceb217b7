// A program that a test starts and ends, by its pid.
#pragma once

#include "support/wait.hpp"

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace drcon::test {

class process {
public:
  process() = default;
  /// Starts argv[0] from PATH. Its output goes to `log`, or to memory that text() reads when that is empty. It is
  /// killed by the kernel when the test dies.
  explicit process(const std::vector<std::string>& argv, const std::filesystem::path& log = {},
                   const std::vector<std::string>& environment = {});
  ~process();
  process(process&& other) noexcept;
  process& operator=(process&& other) noexcept;

  pid_t pid() const { return pid_; }
  bool running();
  void signal(int number) const;
  /// SIGTERM, then SIGKILL when it takes too long. The exit code, or -signal.
  int terminate(std::chrono::milliseconds deadline = patience);
  int kill9();
  /// Waits for its end; nothing when the time is up.
  std::optional<int> wait(std::chrono::milliseconds deadline);
  std::string text() const;
  std::set<pid_t> children() const;

private:
  void collect(int status);
  pid_t pid_ = -1;
  std::optional<int> result_;
  std::filesystem::path log_;
};

/// As process 1 of a process namespace of its own: it is the one child of what this returns, by the pid that it has
/// outside.
process as_process_one(std::vector<std::string> argv, const std::filesystem::path& log);

struct run_result {
  int code = 0;
  std::string out;
  std::string err;
};
/// Runs to the end and collects standard output and error apart.
run_result run(const std::vector<std::string>& argv, const std::vector<std::string>& environment = {},
               std::chrono::milliseconds deadline = std::chrono::minutes(2));

}  // namespace drcon::test
