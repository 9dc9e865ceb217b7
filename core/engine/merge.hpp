// How the services of several sources become one set.
//
// Thread rule: pure functions.
#pragma once

#include "model/snapshot_ptr.hpp"

#include <vector>

namespace drcon::engine {

/// One service out of what several sources say of it, first source first. Endpoints of the same id, or of the same
/// address and port, are one: the first source's. A single part is returned as it is. Null when there is no part.
model::service_ptr merge_service(const std::vector<model::service_ptr>& parts);

}  // namespace drcon::engine
