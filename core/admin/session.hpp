// One connection's requests and answers, one after the other.
//
// Thread rule: the server's thread.
#pragma once

#include "admin/access.hpp"
#include "admin/connection.hpp"
#include "admin/server_state.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>

namespace drcon::admin {

/// Serves the connection until it ends. It takes one of the places for connections meanwhile.
boost::asio::awaitable<void> run_session(server_state& state, std::unique_ptr<connection> client, way_in by);

}  // namespace drcon::admin
