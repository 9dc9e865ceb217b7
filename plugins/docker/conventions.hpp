// From a container to the services it offers, by the conventions that Registrator has established: SERVICE_NAME,
// SERVICE_TAGS, SERVICE_<port>_NAME and so on, in its environment and labels.
//
// Pure functions.
#pragma once

#include "docker/answer.hpp"

#include <drcon/model.hpp>

#include <string>
#include <vector>

namespace drcon::docker {

struct rules {
  std::string host_name;             ///< of this machine: node of every endpoint, and first part of its id
  std::string host_address;          ///< for ports that are published on all addresses
  bool internal = false;             ///< the container's own address and port instead of the published ones
  std::string network;               ///< with internal: which one; empty: the first by name that has an address
  std::string address_label;         ///< a label that gives the address
  bool explicit_only = false;        ///< only what SERVICE_NAME names
  bool crashed_is_critical = false;  ///< one that ended by itself with a fault stays, as critical
  std::vector<std::string> tags;     ///< for all
};

/// One endpoint of a service.
struct offer {
  std::string service;
  endpoint what;
  bool operator==(const offer&) const = default;
};

/// `was_asked_to_stop`: somebody has asked the container to end, whether it still runs or not.
std::vector<offer> offers_of(const container& origin, const rules& by, bool was_asked_to_stop);

}  // namespace drcon::docker
