// "ADDRESS:PORT" as people write it, IPv6 in brackets.
//
// Pure functions.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace drcon::common {

/// "10.0.0.1:80", "[2001:db8::1]:80"; a host name is taken as it is.
std::string with_port(std::string_view address, std::uint32_t port);

/// The other way round; nothing when it is not an IP address and a port of 0 to 65535.
std::optional<boost::asio::ip::tcp::endpoint> ip_and_port(std::string_view text);

}  // namespace drcon::common
