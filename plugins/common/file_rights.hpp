// What owner, group and mode of a file allow a user who need not be the one that asks.
//
// Pure functions.
#pragma once

#include <sys/stat.h>

#include <vector>

namespace drcon::common {

/// `needed` is made of S_IROTH, S_IWOTH and S_IXOTH. root may do everything.
bool allows(const struct stat& file, uid_t user, const std::vector<gid_t>& groups, mode_t needed);

}  // namespace drcon::common
