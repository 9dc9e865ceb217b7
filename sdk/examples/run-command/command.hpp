// A command with text on its standard input, bounded in time and in what it may say.
//
// Thread rule: none of its own; run() blocks its caller.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

enum class ending { exit, signal, out_of_time, stopped, not_started, unknown };

struct end_of_command {
  ending how = ending::exit;
  int code = -1;       ///< exit code, or number of the signal
  std::string errors;  ///< the end of its standard error
};

/// Runs argv[0], found by PATH. On time-out or stop its whole process group is killed.
end_of_command run(const std::vector<std::string>& argv, const std::string& input, std::chrono::nanoseconds timeout,
                   const std::stop_token& stop);
