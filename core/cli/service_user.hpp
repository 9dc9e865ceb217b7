// The user that the service runs as, by its unit; and becoming that user, so that what is found holds for the service.
//
// Thread rule: the main thread, before any other exists: the rights of a process are changed.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace drcon::cli {

/// What a unit says of who runs it; all empty when there is no unit.
struct service_identity {
  std::string user;
  std::vector<std::string> groups;        ///< SupplementaryGroups=
  std::vector<std::string> capabilities;  ///< AmbientCapabilities=
  std::string protects_system;            ///< ProtectSystem=
  std::vector<std::string> writable;      ///< ReadWritePaths=, and what StateDirectory= and its kin name

  bool operator==(const service_identity&) const = default;
};

/// Reads the unit drcon.service and its drop-ins below these directories, the first of which wins for the unit itself:
/// usually those of systemd.
service_identity identity_of_service(const std::vector<std::filesystem::path>& directories);
/// /etc/systemd/system and so on.
const std::vector<std::filesystem::path>& unit_directories();

/// Why the service may not write to that path though its user may, since the unit protects the system; empty when it
/// does not. As root and as that user everything may look well: the unit applies to the service alone.
std::string why_read_only(const service_identity& who, const std::filesystem::path& path);

/// Becomes that user, with its groups and these besides, and keeps no right of root but the capabilities. Why it could
/// not, in words for people: then this process must end, for it may have changed in part.
base::result<> become_user(const service_identity& who);

/// Whether this process has that user's rights already.
bool is_user(const std::string& name);

}  // namespace drcon::cli
