// Why a library is no plugin for this host: one line that goes on from its file's name, and what to do about it.
#pragma once

#include <optional>
#include <string>

namespace drcon::plugins {

struct library_fault {
  std::string why;   ///< "is truncated: segment 2 ends at byte 16384, the file has 2000"
  std::string help;  ///< "copy it again"
};

/// Nothing where there is no fault.
using possible_fault = std::optional<library_fault>;

}  // namespace drcon::plugins
