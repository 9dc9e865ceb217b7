// An update as it crosses to a sink, with all it points to.
#pragma once

#include "model/snapshot.hpp"

#include <drcon/plugin.h>

#include <cstdint>
#include <vector>

namespace drcon::plugins {

struct update_package {
  update_package(std::uint64_t ticket, bool reconcile, model::snapshot_ptr wanted, model::snapshot_ptr applied);
  update_package(const update_package&) = delete;
  update_package& operator=(const update_package&) = delete;

  model::snapshot_ptr wanted;
  model::snapshot_ptr applied;
  std::vector<model::service_ptr> kept;  // what the changes point to
  std::vector<drcon_change> changes;
  drcon_update view{};
};

}  // namespace drcon::plugins
