// Whether an http source will work: see drcon/probe.hpp.
//
// Thread rule: any; blocks the caller.
#pragma once

#include "http/settings.hpp"

#include <drcon/probe.hpp>

namespace drcon::http {

void probe_feed(const settings& asked, const probing& into);

}  // namespace drcon::http
