// Answers that only the engine's thread can give, awaited on the server's.
#pragma once

#include "admin/server_state.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>

namespace drcon::admin {

/// Has the engine's thread answer; a refusal when it has not within `timeout`.
boost::asio::awaitable<answer> ask_engine(server_state& state, asked request, std::chrono::seconds timeout);

}  // namespace drcon::admin
