// Who has given an order, behind a sentence for people.
#pragma once

#include <string>

namespace drcon::base {

/// " (by user anna (pid 4711))"; empty where nobody is known. Any thread.
inline std::string by_whom(const std::string& who) { return who.empty() ? "" : " (by " + who + ")"; }

}  // namespace drcon::base
