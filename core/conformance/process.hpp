// Runs this program again as a child process: keeps its output, reports how it ended, and leaves no process behind.
//
// Thread rule: for a process with one thread.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace drcon::conformance {

struct exit_state {
  int code = -1;   ///< -1: it did not end by itself, or its end could not be read
  int signal = 0;  ///< that ended it, or 0
  bool timed_out = false;
  std::string output;  ///< the end of what it wrote to standard output and error
};

/// Runs this program with `arguments`, in `directory`. `inherited` is a descriptor that stays open in it. When it ends,
/// or after `at_most`, whatever it started is killed too.
exit_state run_self(const std::vector<std::string>& arguments, const std::filesystem::path& directory, int inherited,
                    std::chrono::milliseconds at_most);

/// "SIGSEGV".
std::string signal_name(int number);

/// A directory that is removed with all that is in it.
class scratch_directory {
public:
  scratch_directory();
  ~scratch_directory();
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;
  const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

}  // namespace drcon::conformance
