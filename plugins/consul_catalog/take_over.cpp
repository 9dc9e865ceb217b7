// Registrations that this sink takes over from an owner that no sink keeps any more.
#include "consul_catalog/apply.hpp"

#include "common/count_of.hpp"

#include <algorithm>

namespace drcon::consul_catalog {

std::set<std::string> applier::adoptable(const agent_state& now) {
  abandoned_.look(now, options_.desired.owner, clock::now());
  auto owners = abandoned_.all();
  if (options_.adopt) owners.emplace();
  return owners;
}

// What a predecessor has besides is not removed: a sink that is only away for long could have it.
void applier::note_what_is_taken_over(const steps& todo, const agent_state& now) {
  std::map<std::string, std::size_t> count;
  for (const auto* each : todo.to_register) {
    const auto found = now.services.find(each->id);
    if (found != now.services.end() && abandoned_.all().contains(found->second.owner)) ++count[found->second.owner];
  }
  for (const auto& [owner, taken] : count) {
    predecessors_.insert(owner);
    host_.info("takes over " + common::count_of(taken, "registration") + " of owner '" + owner +
               "', which no sink of this host keeps any more");
  }
  left_behind_.clear();
  for (const auto& [id, each] : now.services)
    if (predecessors_.contains(each.owner) && abandoned_.all().contains(each.owner) && !desired_->all.contains(id))
      left_behind_.emplace(id, each.owner);
}

bool applier::waits_for_an_owner(const steps& todo, const agent_state& now) const {
  return std::ranges::any_of(todo.conflicts, [&](const registration* each) {
    return abandoned_.is_suspected(now.services.at(each->id).owner);
  });
}

}  // namespace drcon::consul_catalog
