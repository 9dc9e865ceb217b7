// Runs a program to its end, without a shell, within a time.
//
// Thread rule: any; blocks the caller.
#pragma once

#include <chrono>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

namespace drcon::common {

struct command_result {
  int code = -1;       ///< exit code; -1 when it did not end by itself
  std::string output;  ///< standard output and error together, the first 64 KiB
  std::string errors;  ///< standard error, when it is kept apart
  std::string why;     ///< why there is no exit code: "cannot run …", "took longer than 5s", "was ended by signal 9"
  bool took_too_long = false;
  bool ok() const { return code == 0; }
};

/// What a program gets of our own environment.
enum class inheritance {
  everything,
  basics,  ///< where programs are, the time zone, the language and the terminal: for a program with other rights
};

/// What a program gets besides its arguments.
struct command_surroundings {
  std::map<std::string, std::string> environment;  ///< besides what it inherits
  inheritance inherits = inheritance::everything;
  std::string input;  ///< to be read from its standard input
  bool keeps_errors_apart = false;
};

/// The environment of such a program, as "NAME=VALUE": ours, as far as it inherits that, and its own.
std::vector<std::string> environment_of(const command_surroundings& around);

/// argv[0] is a path or is looked up in PATH. When the time is up, or a stop is requested, its whole process group is
/// killed.
command_result run_command(const std::vector<std::string>& argv, std::chrono::nanoseconds at_most,
                           const std::stop_token& stop = {}, const command_surroundings& around = {});

}  // namespace drcon::common
