#include "support/ports.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <mutex>
#include <stdexcept>
#include <string>

namespace drcon::test {
namespace {

constexpr std::uint16_t first = 20000;
constexpr std::uint16_t last = 32000;  // Linux hands out 32768 and above by itself

bool can_bind(std::uint16_t port) {
  const int socket = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return false;
  const int off = 0;
  ::setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  const bool bound = ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  ::close(socket);
  return bound;
}

// A port stays ours while its server is down to be started again: tests run side by side, and each asks what is free.
// An abstract name is taken in the network namespace, as the port is: tests in another root on the same network, as in
// a clean Debian beside this one, are kept apart too. It ends with this process; no child inherits it.
bool reserve(std::uint16_t port) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = "drcon-test-port-" + std::to_string(port);
  name.copy(&address.sun_path[1], name.size());
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return false;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0) return true;
  ::close(socket);
  return false;
}

}  // namespace

std::uint16_t free_port() {
  static std::mutex mutex;
  // Tests run as processes side by side: their pids keep them apart.
  static auto next = static_cast<std::uint16_t>(first + (::getpid() * 37) % (last - first));
  const std::lock_guard lock(mutex);
  for (int tries = 0; tries < last - first; ++tries) {
    next = static_cast<std::uint16_t>(next + 1 >= last ? first : next + 1);
    if (can_bind(next) && reserve(next)) return next;
  }
  throw std::runtime_error("no free port");
}

}  // namespace drcon::test
