// The reason behind a sentence, where there is one.
//
// Thread rule: any thread.
#pragma once

#include <string>

namespace drcon::report {

/// ": WHY", or nothing where no reason is known.
inline std::string because(const std::string& why) { return why.empty() ? "" : ": " + why; }

}  // namespace drcon::report
