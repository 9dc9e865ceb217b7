#include "admin/peer.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <sys/socket.h>

#include <sys/types.h>

#include <cstdint>
#include <cstring>
#include <exception>
#include <fstream>
#include <optional>

namespace drcon::admin {
namespace {

// Of the session that the process belongs to: sudo and su keep it. Nothing for a service, or when it cannot be seen.
std::optional<uid_t> login_user(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/loginuid");
  std::uint64_t user = 0;
  constexpr std::uint64_t none = 4294967295;
  if (!(file >> user) || user >= none) return {};
  return static_cast<uid_t>(user);
}

peer of_unix_socket(int socket) {
  ucred who{};
  socklen_t size = sizeof who;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0 || who.pid <= 0) return {};
  peer found{.address = {}, .user = who.uid, .login = login_user(who.pid), .process = who.pid};
  if (found.login == found.user) found.login.reset();
  return found;
}

}  // namespace

peer peer_of(any_socket& connected) try {
  boost::system::error_code error;
  const auto endpoint = connected.remote_endpoint(error);
  if (error) return {};
  if (endpoint.protocol().family() == AF_UNIX) return of_unix_socket(connected.native_handle());
  boost::asio::ip::tcp::endpoint tcp;
  if (endpoint.size() > tcp.capacity()) return {};
  std::memcpy(tcp.data(), endpoint.data(), endpoint.size());
  tcp.resize(endpoint.size());
  peer found;
  found.address = tcp.address().to_string();
  return found;
} catch (const std::exception&) {  // nobody would be accepted any more
  return {};
}

std::string text_of(const peer& who, const std::function<std::string(uid_t)>& name_of) {
  if (!who.user) return who.address;
  auto text = "user " + name_of(*who.user);
  if (who.login) text += ", logged in as " + name_of(*who.login);
  return text + " (pid " + std::to_string(who.process) + ")";
}

}  // namespace drcon::admin
