// Whether a consul-kv source will work: see drcon/probe.hpp.
//
// Thread rule: any; blocks the caller.
#pragma once

#include "consul_kv/settings.hpp"

#include <drcon/probe.hpp>

namespace drcon::consul_kv {

void probe_agent(const settings& options, const probing& into);

}  // namespace drcon::consul_kv
