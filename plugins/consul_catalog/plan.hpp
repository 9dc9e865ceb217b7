// What has to be done so that an agent's registrations match: the difference between the desired ones and those it has.
//
// Pure functions.
#pragma once

#include "common/refused_loss.hpp"
#include "consul_catalog/desired.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace drcon::consul_catalog {

/// One service of the agent.
struct present {
  std::string owner;        ///< the mark of the drcon that registered it; empty: none did
  std::string origin = {};  ///< the configuration that it was registered for; empty: that is not known
  std::string digest;       ///< of what was registered; empty when somebody has edited it since
  std::string service;
  std::string output;  ///< of the check that drcon keeps for it
  std::string shown;   ///< what the agent says of it, for people

  /// Another configuration has registered it, whose sink has our owner.
  bool is_of_another(const std::string& configuration) const {
    return !origin.empty() && !configuration.empty() && origin != configuration;
  }
};

/// What an agent has.
struct agent_state {
  std::map<std::string, present> services;        ///< by id
  std::map<std::string, std::string> own_checks;  ///< id of the registration -> status of the check that drcon keeps
};

/// From GET /v1/agent/services and /v1/agent/checks; nothing when the answers do not have Consul's form.
std::optional<agent_state> read_agent(const nlohmann::json& services, const nlohmann::json& checks,
                                      const registrations& desired);

struct steps {
  std::vector<const registration*> to_register;  ///< to be registered, or registered again
  std::vector<const registration*> to_update;    ///< whose status differs
  std::vector<std::string> to_remove;            ///< ids to be deregistered
  std::vector<const registration*> conflicts;    ///< whose id belongs to somebody else
  bool empty() const { return to_register.empty() && to_update.empty() && to_remove.empty(); }
};

/// `adoptable`: owners whose registrations are taken over where they have a desired id; the empty one is that of
/// registrations without the mark of any drcon.
steps plan(const registrations& desired, const agent_state& now, const std::string& owner,
           const std::set<std::string>& adoptable);

/// Services whose registrations must not be removed, since too many of their endpoints cannot be registered. `now`:
/// before anything was registered. `missing`: ids of desired registrations that the agent does not take.
std::map<std::string, common::refused_loss> unbearable_losses(const registrations& desired, const agent_state& now,
                                                              const std::string& owner,
                                                              const std::set<std::string>& missing);

}  // namespace drcon::consul_catalog
