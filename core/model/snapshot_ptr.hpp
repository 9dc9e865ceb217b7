// Names and pointers of the values in model/snapshot.hpp, for headers that only hand them on: a change of a value then
// compiles what reads it, and not what passes it.
#pragma once

#include <memory>

namespace drcon::model {

class shared_service;
class snapshot;

using service_ptr = std::shared_ptr<const shared_service>;
using snapshot_ptr = std::shared_ptr<const snapshot>;

}  // namespace drcon::model
