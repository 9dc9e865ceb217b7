// Makes a new connection to an HTTP server: resolves its name, connects, and shakes hands where it has TLS.
#pragma once

#include "common/byte_stream.hpp"
#include "common/http_answer.hpp"
#include "common/http_server.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace drcon::common {

/// An answer that stands for a failure of the network: a time-out is one whatever failed by it.
http_answer network_fault(http_fault fault, const std::string& what, const boost::system::error_code& error);

/// Connects `stream`, which is new, within `timeout`, or within a few seconds when that is longer. `protocols` are
/// those to offer by ALPN. Answers why there is no connection, or with no fault. The limit stays in force for what
/// follows.
boost::asio::awaitable<http_answer> dial(byte_stream& stream, const http_server& server,
                                         std::chrono::nanoseconds timeout, std::vector<std::string> protocols = {});

}  // namespace drcon::common
