// Who is at the other end of a connection, for the log and the journal: whoever steers drcon is named.
//
// Thread rule: any.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>

namespace drcon::admin {

/// A connected socket of any address family.
using any_socket = boost::asio::generic::stream_protocol::socket;

/// What the kernel says of it.
struct peer {
  std::string address;         ///< over TCP
  std::optional<uid_t> user;   ///< over a unix socket: who has connected
  std::optional<uid_t> login;  ///< the user who has logged in, where that is another one, as with sudo
  pid_t process = 0;           ///< of that user
};

/// Asks the kernel alone, so that it takes no time. Empty when nobody can say.
peer peer_of(any_socket& connected);

/// "user anna (pid 4711)", or the address; empty when nobody can say. `name_of` is asked for the users' names.
std::string text_of(const peer& who, const std::function<std::string(uid_t)>& name_of);

}  // namespace drcon::admin
