// The child's side: one case, in a process that may die of it.
#pragma once

#include <filesystem>
#include <string>

namespace drcon::conformance {

struct errand {
  std::filesystem::path plugin;
  std::filesystem::path options;  ///< may be empty
  std::string name;               ///< of the case
  int slip = -1;                  ///< descriptor of a shared_slip
};

/// Runs the case and ends the process. The verdict is on the slip; whoever finds none knows that this process died.
/// The current directory is the case's scratch.
[[noreturn]] void run_case(const errand& what);

}  // namespace drcon::conformance
