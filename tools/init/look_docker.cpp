#include "init/look.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace drcon::init {
namespace {

constexpr auto usual_socket = "/var/run/docker.sock";
constexpr std::string_view unix_scheme = "unix://";

// 0 when somebody accepted, else the error.
int connected(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.size() >= sizeof(name.sun_path)) return ENAMETOOLONG;
  std::memcpy(name.sun_path, path.data(), path.size());
  const int one = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (one < 0) return errno;
  const int error = ::connect(one, reinterpret_cast<const sockaddr*>(&name), sizeof(name)) == 0 ? 0 : errno;
  ::close(one);
  return error;
}

}  // namespace

looked<docker_engine> look_for_docker(std::string socket) {
  if (const char* const host = std::getenv("DOCKER_HOST"); socket.empty() && host != nullptr) socket = host;
  if (socket.starts_with(unix_scheme)) socket.erase(0, unix_scheme.size());
  if (socket.empty()) socket = usual_socket;
  if (!socket.starts_with('/'))
    return {{}, "DOCKER_HOST is " + socket + ", which is no socket of this machine; --docker PATH names one"};
  const int error = connected(socket);
  if (error == 0) return {docker_engine{socket, socket == usual_socket, true}, "listens at " + socket};
  if (error == EACCES)
    return {docker_engine{socket, socket == usual_socket, false},
            "has a socket, " + socket + ", that this user has no permission to use"};
  if (error == ENOENT) return {{}, "there is no " + socket + "; --docker PATH names another socket"};
  return {{}, "does not answer at " + socket + " (" + std::string(std::strerror(error)) + ")"};
}

}  // namespace drcon::init
