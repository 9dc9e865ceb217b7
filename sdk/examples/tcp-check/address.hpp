// "10.0.0.1:80" and "[::1]:80" as socket addresses.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>

struct socket_address {
  sockaddr_storage raw{};
  socklen_t size = 0;
  std::string host;  ///< without brackets
  std::uint16_t port = 0;
};

/// Nothing for what is no address with a port.
std::optional<socket_address> parse_address(const std::string& text);
