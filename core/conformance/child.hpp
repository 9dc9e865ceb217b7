// The child's side: runs one case, in a process that the plugin may bring down.
//
// Thread rule: the main thread of a process that does nothing else.
#pragma once

#include <filesystem>
#include <string>

namespace drcon::conformance {

struct case_request {
  std::filesystem::path plugin;
  std::filesystem::path options;      ///< may be empty
  std::filesystem::path unreachable;  ///< options for a peer that cannot be reached; may be empty
  std::string name;                   ///< of the case
  int record = -1;                    ///< descriptor of a shared_case_record
};

/// Runs the case and ends the process. The outcome is in the record; a record without one means that the process died.
/// The current directory is the scratch directory of the case.
[[noreturn]] void run_case(const case_request& what);

}  // namespace drcon::conformance
