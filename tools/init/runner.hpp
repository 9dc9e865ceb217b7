// The user that drcon will run as, and what that user may do.
//
// Thread rule: the main thread alone, for the user database is read.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace drcon::init {

struct runner {
  std::string name;
  uid_t uid = 0;
  std::vector<gid_t> groups;
  bool is_service = false;  ///< drcon is installed as a package, with a unit and a user of its own
};

/// The service's user where /etc/drcon and that user are there, else whoever runs this program.
runner who_runs_drcon();

/// By owner, group and mode, since the answer is needed for another user than the one who asks.
bool may_write_in(const std::filesystem::path& directory, const runner& user);
bool is_in_group(const std::string& group, const runner& user);

}  // namespace drcon::init
