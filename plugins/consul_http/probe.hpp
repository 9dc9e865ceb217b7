// Whether a consul-http source will work: see drcon/probe.hpp.
//
// Thread rule: any; blocks the caller.
#pragma once

#include "consul_http/settings.hpp"

#include <drcon/probe.hpp>

namespace drcon::consul {

void probe_agent(const settings& options, const probing& into);

}  // namespace drcon::consul
