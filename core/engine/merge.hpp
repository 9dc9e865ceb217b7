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
/// name before it: "ORIGIN/ID". Null when there is no part.
///
/// `before`, which may be null, is what was merged of that service before: an endpoint that is still at its place keeps
/// the id that it got there. Otherwise it would get another one each time that the origin comes or goes which has the
/// same id, and each target would take it for another endpoint.
model::service_ptr merge_service(const std::vector<part>& parts, const model::service_ptr& before = nullptr);

}  // namespace drcon::engine
