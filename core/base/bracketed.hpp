// An address as it stands before a port.
#pragma once

#include <string>
#include <string_view>

namespace drcon::base {

/// "[fd00::1]" of an IPv6 address; any other as it is. Any thread.
inline std::string bracketed(std::string_view address) {
  if (address.find(':') == std::string_view::npos) return std::string(address);
  return "[" + std::string(address) + "]";
}

}  // namespace drcon::base
