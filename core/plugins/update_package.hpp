// An update as it crosses to a sink, with all it points to.
#pragma once

#include "engine/model.hpp"

#include <drcon/plugin.h>

#include <cstdint>
#include <vector>

namespace drcon::plugins {

struct update_package {
  update_package(std::uint64_t ticket, bool reconcile, engine::snapshot_ptr wanted, engine::snapshot_ptr applied);
  update_package(const update_package&) = delete;
  update_package& operator=(const update_package&) = delete;

  engine::snapshot_ptr wanted;
  engine::snapshot_ptr applied;
  std::vector<engine::service_ptr> kept;  // what the changes point to
  std::vector<drcon_change> changes;
  drcon_update view{};
};

}  // namespace drcon::plugins
