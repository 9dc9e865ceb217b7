// Who is at the other end of a connection, for the log and the journal: whoever steers drcon is named.
//
// Thread rule: any.
#pragma once

#include "admin/connection.hpp"

#include <string>

namespace drcon::admin {

/// Over a unix socket "user anna (pid 4711)", by what the kernel says of who has connected; with the user who has
/// logged in, where that is another one, as with sudo. Over TCP the address. Empty when nobody can say.
std::string peer_of(any_socket& connected);

}  // namespace drcon::admin
