// Whether a haproxy sink will work: see drcon/probe.hpp.
//
// Only commands that show something are given. Thread rule: any; blocks the caller.
#pragma once

#include "haproxy/apply.hpp"
#include "haproxy/desired.hpp"

#include <drcon/probe.hpp>

namespace drcon::haproxy {

void probe_target(const apply_settings& options, const desired_rules& rules, const probing& into);

}  // namespace drcon::haproxy
