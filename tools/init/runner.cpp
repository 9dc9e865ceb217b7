#include "init/runner.hpp"

#include "common/file_rights.hpp"

#include <algorithm>

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

namespace drcon::init {
namespace {

constexpr auto service_user = "drcon";
constexpr auto service_directory = "/etc/drcon";

std::vector<gid_t> groups_of(const std::string& name, gid_t first) {
  int count = 64;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  if (getgrouplist(name.c_str(), first, groups.data(), &count) < 0) {
    groups.resize(static_cast<std::size_t>(count));
    if (getgrouplist(name.c_str(), first, groups.data(), &count) < 0) return {first};
  }
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

runner of_entry(const passwd& entry, bool is_service) {
  return {entry.pw_name, entry.pw_uid, groups_of(entry.pw_name, entry.pw_gid), is_service};
}

}  // namespace

runner who_runs_drcon() {
  if (std::filesystem::is_directory(service_directory))
    if (const auto* const entry = getpwnam(service_user)) return of_entry(*entry, true);
  if (const auto* const entry = getpwuid(geteuid())) return of_entry(*entry, false);
  return {std::to_string(geteuid()), geteuid(), {getegid()}, false};  // a user without a name, as in a container
}

bool may_write_in(const std::filesystem::path& directory, const runner& user) {
  struct stat found {};
  return ::stat(directory.c_str(), &found) == 0 && S_ISDIR(found.st_mode) &&
         common::allows(found, user.uid, user.groups, S_IWOTH | S_IXOTH);
}

bool is_in_group(const std::string& group, const runner& user) {
  const auto* const entry = getgrnam(group.c_str());
  return entry != nullptr && std::ranges::find(user.groups, entry->gr_gid) != user.groups.end();
}

}  // namespace drcon::init
