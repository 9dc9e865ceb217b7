// Whether a nomad source will work: see drcon/probe.hpp.
//
// Thread rule: any; blocks the caller.
#pragma once

#include "nomad/settings.hpp"

#include <drcon/probe.hpp>

namespace drcon::nomad {

void probe_agent(const settings& options, const probing& into);

}  // namespace drcon::nomad
