// The programs that check a file, and the program or signal that reloads whoever reads the files.
//
// Thread rule: any; blocks the caller.
#pragma once

#include "common/command.hpp"

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace drcon::templates {

/// A program to run, or a signal to send.
struct command {
  std::vector<std::string> argv;  ///< empty: a signal
  int signal = 0;
  std::string pid_file;
  std::string user;
  gid_t group = 0;   ///< the user's
  std::string home;  ///< likewise
  std::map<std::string, std::string> environment;
  std::chrono::nanoseconds timeout{};
};

struct command_outcome {
  std::string why;      ///< what went wrong, or empty
  bool nobody = false;  ///< there is no process that listens to the signal: nothing was refused
};

/// "{file}" in an argument becomes `file`.
command_outcome carry_out(const command& what, const std::string& file, const common::command_surroundings& around,
                          const std::stop_token& stop);

}  // namespace drcon::templates
