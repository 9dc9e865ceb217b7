// What a target would lose: how many addresses of each service it has, and would have.
//
// Thread rule: pure functions.
#pragma once

#include "model/snapshot_ptr.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drcon::engine {

/// Of one group of addresses in a target.
struct target_change {
  std::string service;  ///< its name, or "of ADDRESS" when the sources have nothing of it
  std::size_t had = 0;
  std::size_t next = 0;  ///< as many of others in the same place are no loss
};

/// Of one target.
struct target_losses {
  std::vector<target_change> losing;  ///< the groups that would have fewer
  std::size_t had = 0;                ///< addresses of all groups
  std::size_t next = 0;               ///< and those that would be left of them; what comes elsewhere is not counted
};

/// What would go from the text that a target has. `wanted`: what a sink would write for `candidate`. No value: the text
/// has no addresses that can be recognized, so that nobody knows what would go.
std::optional<target_losses> losses_of_target(std::string_view live, std::string_view wanted,
                                              const model::snapshot& candidate);

}  // namespace drcon::engine
