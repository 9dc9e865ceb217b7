// Whether a docker source will work: see drcon/probe.hpp.
//
// Thread rule: any; blocks the caller.
#pragma once

#include "docker/settings.hpp"

#include <drcon/probe.hpp>

namespace drcon::docker {

void probe_engine(const settings& options, const probing& into);

}  // namespace drcon::docker
