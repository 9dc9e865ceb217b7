// One short HTTP request to a server on this machine.
//
// Thread rule: any; blocks the caller for at most the time-out.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace drcon::common {

struct probe_answer {
  std::optional<std::string> body;  ///< of a 200
  bool is_late = false;             ///< the time-out ended the wait: who holds the port may stall
};

/// Asks GET `target`, on a connection of its own.
probe_answer probe(const boost::asio::ip::tcp::endpoint& server, const std::string& target,
                   std::chrono::nanoseconds timeout);

}  // namespace drcon::common
