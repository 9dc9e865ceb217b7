// What mode "live" needs on this machine besides nginx: the module for Lua, and a directory for its socket that nobody
// else may enter.
//
// Thread rule: any.
#pragma once

#include "nginx/live_include.hpp"

#include <string>

namespace drcon::nginx {

/// Makes the directory of the socket where it is missing. What went wrong, or empty.
std::string make_socket_directory(const std::string& socket);

/// Why nginx could not be sent servers, or empty: the module cannot be read, or others may enter the directory of the
/// socket. A directory that is not there yet is no reason. Changes nothing.
std::string why_not_live(const live_layout& live);

}  // namespace drcon::nginx
