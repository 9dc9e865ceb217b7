// Owners whose registrations no sink keeps any more, as after a sink was renamed: its default owner has its name.
//
// Such an owner is known by the mark of its lease, which was written on this host and has not been renewed while this
// sink looked on for as long as a lease lasts. That is the same for a sink that has just ended and may be about to
// start again: of two sinks that start together none takes over what the other has. Thread rule: owned by the sink's
// one thread.
#pragma once

#include "consul_catalog/lease.hpp"
#include "consul_catalog/plan.hpp"

#include <map>
#include <set>
#include <string>

namespace drcon::consul_catalog {

class abandoned_owners {
public:
  using clock = lease::clock;

  /// `own`: the owner that looks.
  void look(const agent_state& agent, const std::string& own, clock::time_point now);

  /// Those that nobody keeps, as of the last look.
  const std::set<std::string>& all() const { return abandoned_; }

  /// Whether another look may soon find this owner to be one of them.
  bool is_suspected(const std::string& owner) const { return seen_.contains(owner) && !abandoned_.contains(owner); }

private:
  struct sighting {
    std::string holder;
    std::uint64_t count = 0;
    clock::time_point since;  // when this mark was first seen
  };

  std::map<std::string, sighting> seen_;  // by owner
  std::set<std::string> abandoned_;
};

}  // namespace drcon::consul_catalog
