// When the checks that run out are to be renewed.
//
// Each has a time of its own: whoever labels a container chooses the TTL of its check, and a short one must not make
// drcon renew all others as often.
//
// State without input or output; the time is passed in. Thread rule: that of its owner.
#pragma once

#include "consul_catalog/desired.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace drcon::consul_catalog {

class renewals {
public:
  using clock = std::chrono::steady_clock;

  /// Those of the checks that are due now. Each is due again after a third of its TTL; one that is new, or has another
  /// TTL than before, is due at once.
  std::vector<const registration*> due(const registrations& all, clock::time_point now) {
    std::erase_if(planned_, [&](const auto& each) { return !all.all.contains(each.first); });
    std::vector<const registration*> found;
    for (const auto& [id, each] : all.all) {
      if (each.ttl.count() <= 0) {
        planned_.erase(id);
        continue;
      }
      const auto [place, is_new] = planned_.try_emplace(id);
      auto& next = place->second;
      if (!is_new && next.ttl == each.ttl && now < next.at) continue;
      next = {.ttl = each.ttl, .at = now + each.ttl / 3};
      found.push_back(&each);
    }
    return found;
  }

  /// When the next one is due; the end of time when none is.
  clock::time_point next() const {
    auto first = clock::time_point::max();
    for (const auto& [id, each] : planned_) first = std::min(first, each.at);
    return first;
  }

private:
  struct plan {
    std::chrono::nanoseconds ttl{};
    clock::time_point at;
  };

  std::map<std::string, plan> planned_;  // by the registration's id
};

}  // namespace drcon::consul_catalog
