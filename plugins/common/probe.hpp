// One short HTTP request to a server on this machine.
//
// Thread rule: any; blocks the caller for at most the time-out.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace drcon::common {

/// The body of a 200 answer to GET `target`, on a connection of its own; nothing when no such answer comes in time.
std::optional<std::string> probe(const boost::asio::ip::tcp::endpoint& server, const std::string& target,
                                 std::chrono::nanoseconds timeout);

}  // namespace drcon::common
