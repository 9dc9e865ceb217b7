// Whether a consul-catalog sink will work: see drcon/probe.hpp.
//
// Thread rule: any; blocks the caller.
#pragma once

#include "consul_catalog/target.hpp"

#include <drcon/probe.hpp>

namespace drcon::consul_catalog {

void probe_agent(const target_settings& options, const probing& into);

}  // namespace drcon::consul_catalog
