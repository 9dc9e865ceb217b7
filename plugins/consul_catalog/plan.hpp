// What has to be done to an agent so that its registrations match: the difference between what is wanted and what it
// has.
//
// Pure functions.
#pragma once

#include "consul_catalog/registration.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace drcon::consul_catalog {

/// One service of the agent.
struct present {
  std::string owner;   ///< empty: not ours, nor any drcon's
  std::string digest;  ///< of what was registered; empty when somebody changed what it stands for
};

/// What an agent has.
struct agent_state {
  std::map<std::string, present> services;        ///< by id
  std::map<std::string, std::string> own_checks;  ///< id of the registration -> status of the check that drcon keeps
};

/// From GET /v1/agent/services and /v1/agent/checks; nothing when these are not what Consul says.
std::optional<agent_state> read_agent(const nlohmann::json& services, const nlohmann::json& checks,
                                      const registrations& wanted);

struct steps {
  std::vector<const registration*> enter;      ///< to be registered, or registered anew
  std::vector<const registration*> tell;       ///< whose status differs
  std::vector<std::string> leave;              ///< ids to be deregistered
  std::vector<const registration*> conflicts;  ///< whose id belongs to somebody else
  bool empty() const { return enter.empty() && tell.empty() && leave.empty(); }
};

/// `adopt`: take over registrations with a wanted id that carry no mark of any drcon.
steps plan(const registrations& wanted, const agent_state& now, const std::string& owner, bool adopt);

}  // namespace drcon::consul_catalog
