// Whether mode "live" will work: see drcon/probe.hpp. Thread rule: any; blocks the caller.
#pragma once

#include "nginx/live_include.hpp"

#include <drcon/probe.hpp>

#include <string>

namespace drcon::nginx {

/// `file` is what nginx includes.
void probe_live(const live_layout& live, const std::string& file, const probing& into);

}  // namespace drcon::nginx
