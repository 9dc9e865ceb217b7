// How the packaged service gets what systemd keeps from it, for advice.
//
// Pure function.
#pragma once

#include <string>

namespace drcon::common {

/// The command that installs one of the drop-ins that the package has, such as "nginx".
inline std::string install_drop_in(const std::string& name) {
  const auto file = name + ".conf";
  return "install -D -m 644 /usr/share/doc/drcon/examples/systemd/" + file + " /etc/systemd/system/drcon.service.d/" +
         file + "; systemctl daemon-reload; systemctl restart drcon";
}

}  // namespace drcon::common
