// What the agent should hold: for each endpoint of the snapshot a service with its checks.
//
// Pure functions.
#pragma once

#include <drcon/update.hpp>

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace drcon::consul_catalog {

/// How an endpoint is checked: the words of Registrator's SERVICE_CHECK_*, in lower case, without "check_".
using check_words = std::map<std::string, std::string>;

struct desired_rules {
  std::string owner;        ///< the mark by which our registrations differ from others'
  std::string origin = {};  ///< identifies our configuration; empty: the host does not say which it is
  check_words check;        ///< for endpoints that name no check of their own
  bool scripts = false;     ///< whether script and cmd are passed on: whoever labels a container runs them on the agent
  std::string deregister;   ///< deregister_after of checks that name none; empty: never
};

struct registration {
  std::string id;
  std::string service;
  std::string endpoint;               ///< its id in the snapshot
  std::string body;                   ///< of PUT /v1/agent/service/register
  std::string digest;                 ///< of all of it
  std::string status;                 ///< of our own check: "passing", "warning", "critical"
  std::string note;                   ///< why it has this status; shown by Consul
  std::chrono::nanoseconds ttl{};     ///< of our own check; 0: it does not run out
  std::vector<std::string> left_out;  ///< what Consul cannot take and the registration can do without; for the log

  bool in_service() const { return status != "critical"; }
};

/// Names of the metadata with the owner's mark, the configuration that the registration was made for, and its digest.
inline constexpr auto owner_key = "drcon-owner";
inline constexpr auto origin_key = "drcon-configuration";
inline constexpr auto digest_key = "drcon-digest";

/// The id of the check that drcon itself keeps for a registration.
std::string own_check(const std::string& id);

/// An endpoint that cannot be registered.
struct refused_endpoint {
  std::string service;
  std::string endpoint;
  std::string why;
  bool in_service = false;
};

struct registrations {
  std::map<std::string, registration> all;  ///< by id
  std::vector<refused_endpoint> refused;
};

/// An endpoint's id is its registration's; where services of the snapshot share an id, SERVICE:ID is.
registrations desired_from(const snapshot_view& snapshot, const desired_rules& by);

}  // namespace drcon::consul_catalog
