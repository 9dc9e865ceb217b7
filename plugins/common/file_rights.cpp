#include "common/file_rights.hpp"

#include <algorithm>

namespace drcon::common {

// The first that applies counts alone: an owner without a right does not have it as one of the others.
bool allows(const struct stat& file, uid_t user, const std::vector<gid_t>& groups, mode_t needed) {
  constexpr unsigned of_owner = 6;
  constexpr unsigned of_group = 3;
  if (user == 0) return true;
  mode_t bits = file.st_mode;
  if (user == file.st_uid) bits >>= of_owner;
  else if (std::ranges::find(groups, file.st_gid) != groups.end()) bits >>= of_group;
  return (bits & needed) == needed;
}

}  // namespace drcon::common
