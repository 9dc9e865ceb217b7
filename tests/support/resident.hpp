// How much memory a process has: VmRSS of /proc/PID/status, in bytes; 0 when it is gone.
#pragma once

#include <sys/types.h>

#include <fstream>
#include <string>

namespace drcon::test {

inline std::size_t resident(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6)) * 1024;
  return 0;
}

}  // namespace drcon::test
