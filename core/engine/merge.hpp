// How the services of several sources become one set.
//
// Thread rule: pure functions.
#pragma once

#include "model/snapshot_ptr.hpp"

#include <string>
#include <vector>

namespace drcon::engine {

/// What one origin, a source or a pipeline, says of a service.
struct part {
  std::string origin;
  model::service_ptr service;
};

/// One service out of what several origins say of it, first one first. Endpoints at the same address and port are one:
/// the first origin's. An id that an earlier origin has at another place is another endpoint, and gets the origin's
/// name before it: "ORIGIN/ID". A single part is returned as it is. Null when there is no part.
model::service_ptr merge_service(const std::vector<part>& parts);

}  // namespace drcon::engine
