#include "container/identity.hpp"

#include "common/errno_text.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vector>

namespace drcon::container {

std::optional<std::string> give_up_root(const std::string& user, const std::string& socket) {
  if (::geteuid() != 0) return {};
  const auto* const entry = ::getpwnam(user.c_str());
  if (entry == nullptr) return "there is no user " + user + " in this image";
  std::vector<gid_t> groups{entry->pw_gid};
  struct stat there {};
  if (::stat(socket.c_str(), &there) == 0) {
    // Docker's own group may be root's: then the right to its socket would be all of root's, and root stays.
    if (there.st_gid == 0) return {};
    groups.push_back(there.st_gid);
  }
  // They are pipes of root's, which nginx opens again by their names.
  for (const int each : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fstat(each, &there) == 0 && S_ISFIFO(there.st_mode))
      if (::fchown(each, entry->pw_uid, entry->pw_gid) != 0)
        return common::errno_text("cannot give away", "the output");
  if (::setgroups(groups.size(), groups.data()) != 0 || ::setgid(entry->pw_gid) != 0 || ::setuid(entry->pw_uid) != 0)
    return common::errno_text("cannot become", user);
  return {};
}

}  // namespace drcon::container
