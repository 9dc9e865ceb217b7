// What this machine calls itself.
#pragma once

#include <unistd.h>

#include <array>
#include <string>

namespace drcon::base {

/// Empty if the system does not say. Any thread.
inline std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

}  // namespace drcon::base
