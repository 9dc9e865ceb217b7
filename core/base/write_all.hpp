// Writes a text to a file descriptor, however many calls that takes.
//
// plugins/common has the same for plugins, since neither may include the other.
// Thread rule: any; blocks the caller.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <string_view>

namespace drcon::base {

/// False, with errno set, when the text could not be written, or only a part of it. A signal is no failure.
inline bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(file, text.data(), text.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace drcon::base
