#include "nginx/live_needs.hpp"

#include "common/errno_text.hpp"

#include <sys/stat.h>
#include <unistd.h>

namespace drcon::nginx {
namespace {

std::string directory_of(const std::string& socket) { return socket.substr(0, socket.rfind('/')); }

// Whoever may enter it may change where requests go: nginx gives the socket itself to everybody.
std::string why_not_private(const std::string& directory) {
  struct stat info {};
  if (::lstat(directory.c_str(), &info) != 0)
    return errno == ENOENT ? std::string() : common::errno_text("cannot look at", directory);
  if (!S_ISDIR(info.st_mode)) return directory + " is no directory";
  if (info.st_uid != ::geteuid()) return "the directory of the socket, " + directory + ", is not drcon's own";
  if ((info.st_mode & 077U) != 0)
    return "others than drcon may enter the directory of the socket, " + directory + ": its mode must be 0700";
  return {};
}

}  // namespace

std::string make_socket_directory(const std::string& socket) {
  const auto directory = directory_of(socket);
  if (::mkdir(directory.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return common::errno_text("cannot make the socket's directory", directory);
}

std::string why_not_live(const live_layout& live) {
  if (::access(live.module.c_str(), R_OK) != 0)
    return common::errno_text("cannot read", live.module) + "; see the option 'live_module'";
  return why_not_private(directory_of(live.socket));
}

}  // namespace drcon::nginx
