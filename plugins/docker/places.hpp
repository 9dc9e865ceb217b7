// Where a port of a container can be reached by the rules, and which of its ports count at all.
//
// Pure functions.
#pragma once

#include "docker/answer.hpp"
#include "docker/rules.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace drcon::docker {

struct place {
  std::string address;
  std::uint16_t port = 0;
  bool operator==(const place&) const = default;
};

/// The places of one port. The first is the one that its endpoint always had, the others are further bindings.
struct places {
  std::vector<place> all;
  std::string why_none;  ///< if there are none; the port is named after it
};

places places_of(const container& origin, const container_port& port, const rules& by);

/// The ports that the rules look at. In network mode host they depend on the option host_network.
std::vector<container_port> ports_of(const container& origin, const rules& by);

/// Why a container of which no port counts is not published.
std::string why_no_port(const container& origin, const rules& by);

}  // namespace drcon::docker
