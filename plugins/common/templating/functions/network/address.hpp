// Addresses of this machine, and what go-sockaddr knows of them: their network, and the RFCs that speak of it.
//
// Pure functions.
#pragma once

#include "common/templating/surroundings.hpp"

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace drcon::templating {

/// IPv4 or IPv6, with the bits that name its network.
struct ip_address {
  std::array<unsigned char, 16> bytes{};
  bool is_ipv6 = false;
  unsigned prefix = 0;

  /// "10.0.0.1", "10.0.0.1/8" or "::1"; without a prefix it is that of one address.
  static std::optional<ip_address> read(std::string_view text);
  /// Whether the other one lies in the network of this one.
  bool contains(const ip_address& other) const;
  std::string host() const;  // without the prefix
  std::string text() const;  // with it, unless it names one address
  ip_address network() const;
  std::string netmask() const;
  unsigned bits() const { return is_ipv6 ? 128 : 32; }
};

/// One that `sockaddr` has in its lists.
struct interface_address {
  std::string_view interface;
  std::string_view flags;
  ip_address address;
  bool is_default = false;
};

/// Networks of an RFC, such as 1918 or 6890; nothing when it is not known. What no router forwards has the number 0.
constexpr unsigned not_forwarded = 0;
std::optional<std::span<const std::string_view>> networks_of_rfc(unsigned number);
bool is_in_rfc(const ip_address& address, unsigned number);

}  // namespace drcon::templating
