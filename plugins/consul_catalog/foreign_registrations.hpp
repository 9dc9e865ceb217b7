// Registrations with our owner that are not ours: another drcon made them, or another configuration, whose sink has the
// same name.
//
// The default owner is HOST/SINK, so that two drcon on one host may have the same by accident. When one of them ends,
// the other must not take what it has for the leftovers of its own former run, and remove it. Nor must one that runs
// with another configuration for once while the first is stopped: what was registered for another configuration is no
// leftover of this one.
//
// State without input or output. Thread rule: owned by the sink's one thread.
#pragma once

#include "consul_catalog/plan.hpp"

#include <algorithm>
#include <set>
#include <string>

namespace drcon::consul_catalog {

class foreign_registrations {
public:
  /// `another_lives`: another sink with our owner was seen to live. What is there then, and was never desired here, is
  /// that one's, until it is gone or is desired here. So is what was registered for another configuration.
  void look(const agent_state& now, const registrations& desired, const desired_rules& by, bool another_lives) {
    const auto is_there = [&](const std::string& id) {
      const auto found = now.services.find(id);
      return found != now.services.end() && found->second.owner == by.owner;
    };
    std::erase_if(wanted_, [&](const std::string& id) { return !is_there(id); });
    for (const auto& [id, each] : desired.all) wanted_.insert(id);
    std::erase_if(all_, [&](const std::string& id) { return !is_there(id) || wanted_.contains(id); });
    for (const auto& [id, each] : now.services)
      if (each.owner == by.owner && !wanted_.contains(id) && (another_lives || each.is_of_another(by.origin)))
        all_.insert(id);
  }

  /// By id.
  const std::set<std::string>& all() const { return all_; }
  /// Whether it was desired here since it has been there.
  bool was_wanted(const std::string& id) const { return wanted_.contains(id); }

private:
  std::set<std::string> all_;
  std::set<std::string> wanted_;
};

}  // namespace drcon::consul_catalog
