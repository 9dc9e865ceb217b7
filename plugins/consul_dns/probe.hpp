// Whether a consul-dns source will work: see drcon/probe.hpp.
//
// Thread rule: any; blocks the caller.
#pragma once

#include "consul_dns/settings.hpp"

#include <drcon/probe.hpp>

namespace drcon::consul_dns {

void probe_servers(const settings& options, const probing& into);

}  // namespace drcon::consul_dns
