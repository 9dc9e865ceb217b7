// GET /v1/events: the response that does not end.
//
// Thread rule: the server's thread.
#pragma once

#include "admin/connection.hpp"
#include "admin/server_state.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace drcon::admin {

/// The entry after which a client asks to begin: its header Last-Event-ID, which a browser sends when it reconnects,
/// or else ?after=.
std::optional<std::uint64_t> first_event(const std::string& last_event_id, const asked& request);

/// Sends events until the client is gone or the server closes. `may_see_contents`: see asked.
boost::asio::awaitable<void> send_events(server_state& state, connection& client, std::optional<std::uint64_t> after,
                                         bool may_see_contents);

}  // namespace drcon::admin
