// The options by which containers become endpoints.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace drcon::docker {

/// Which ports of a container in network mode host count.
enum class host_ports : std::uint8_t {
  exposed,    ///< those of EXPOSE, --expose and -p
  published,  ///< those of -p, which the engine keeps although it publishes nothing
  named,      ///< those that a SERVICE_<port>_NAME names, exposed or not
};

/// What stands for a container in the ids of its endpoints.
enum class identity : std::uint8_t { name, hostname, id };

struct rules {
  std::string host_name;            ///< of this machine: node of every endpoint, and first part of its id
  std::string host_address;         ///< for ports that are published on all addresses
  std::string host_address_ipv6{};  ///< the same of IPv6; empty: none
  bool internal = false;            ///< the container's own address and port instead of the published ones
  std::string network;              ///< with internal: which one; empty: the first by name that has an address
  std::string address_label;        ///< a label that gives the address
  host_ports host_network = host_ports::exposed;
  bool all_bindings = false;  ///< an endpoint for each address that a port is bound to, instead of the first
  identity identified_by = identity::name;
  bool explicit_only = false;           ///< only what SERVICE_NAME names
  bool crashed_is_critical = false;     ///< one that ended by itself with a fault stays, as critical
  std::vector<std::string> labels{};    ///< only containers that carry all of these: "key" or "key=value"
  std::vector<std::string> tags;        ///< for all
  std::vector<std::string> metadata{};  ///< what is added of the container: "name", "id", "hostname", "image"
};

}  // namespace drcon::docker
