// The reason that errno has, as a message.
//
// Thread rule: any; to be called before anything else changes errno.
#pragma once

#include <cerrno>
#include <cstring>
#include <string>

namespace drcon::common {

/// "WHAT PATH: REASON", as in "cannot open /run/x: Permission denied".
inline std::string errno_text(const std::string& what, const std::string& path) {
  return what + " " + path + ": " + std::strerror(errno);
}

}  // namespace drcon::common
