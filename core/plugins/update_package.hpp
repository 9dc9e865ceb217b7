// An update as it crosses to a sink, together with everything that its pointers refer to.
//
// Thread rule: immutable once made; kept until the sink has answered, since the plugin may read it until then.
#pragma once

#include "model/snapshot_ptr.hpp"

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
  std::vector<model::service_ptr> kept;  ///< the services that the changes point to
  std::vector<drcon_change> changes;
  drcon_update view{};

private:
  // A snapshot as it crosses. Made here and not kept with the snapshot: the host keeps many of those, and hands over
  // few.
  struct crossing {
    explicit crossing(const model::snapshot* of);
    std::vector<const drcon_service*> services;
    drcon_snapshot view{};
  };
  crossing wanted_view_;
  crossing applied_view_;
};

}  // namespace drcon::plugins
