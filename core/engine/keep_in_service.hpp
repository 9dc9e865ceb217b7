// What is served while the brake holds removals: the candidate, with the endpoints in service that it would take out.
//
// Thread rule: pure functions.
#pragma once

#include "model/difference.hpp"
#include "model/snapshot_ptr.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace drcon::engine {

/// `next` with the endpoints and values in service of `served` that it no longer has in service. Additions and changes
/// that cost no capacity are in it. Either may be null, which stands for a service that is not there, but not both.
model::service_ptr keep_in_service(const model::service_ptr& served, const model::service_ptr& next);

/// `next` with that done for each service in `names`, which is sorted, under that revision. `changes` is the difference
/// between what is served and `next`.
model::snapshot_ptr keep_in_service(const std::vector<model::service_change>& changes, const model::snapshot& next,
                                    const std::vector<std::string>& names, std::uint64_t revision);

}  // namespace drcon::engine
