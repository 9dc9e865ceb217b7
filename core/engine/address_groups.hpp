// The addresses in the text of a target, in groups that may be one service each.
//
// The host does not know the language of a target, nor what a line in it means. But what a sink writes for the
// endpoints of a service stands in one place, with the same text between one address and the next. That is enough to
// say how many of them would go. Addresses that are names are not found: what cannot be found is not known, rather than
// absent. Thread rule: pure functions.
#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace drcon::engine {

/// An address in a text, and what stands in front of it since the one before, or since the beginning.
struct placed_address {
  std::string_view address;
  std::string_view before;
};

/// IPv4, and IPv6 in brackets, each with a port or without: "10.0.0.1:80", "[fd00::1]:80". Views into `text`.
std::vector<placed_address> addresses_in(std::string_view text);

struct address_group {
  std::string heading;  ///< what stands in front of its first address, but for a name of that endpoint's own
  std::vector<std::string_view> addresses;
};

/// What stands between addresses of one service.
struct separators {
  std::set<std::string> texts;  ///< without their digits, which may be weights or ports
  /// Which words of a line in front of its address are names of the endpoint, and say nothing of the service. Empty
  /// when there are none, or when the rest of the lines would not tell one service from the next.
  std::set<std::size_t> names;
};

/// The separators of `live`, a text that was written as `wanted` was. `service_of` answers which service an address of
/// `wanted` belongs to, or an empty text: what stands between two addresses of one service there does so in `live`.
separators separators_of(const std::vector<placed_address>& live, const std::vector<placed_address>& wanted,
                         const std::function<std::string(std::string_view address)>& service_of);

/// In order. Groups with the same heading are one.
std::vector<address_group> groups_of(const std::vector<placed_address>& all, const separators& within_one);

}  // namespace drcon::engine
