// Whether an nginx sink will work: see drcon/probe.hpp.
//
// Nothing is changed: nginx -t is not run, since it makes files. Thread rule: any; blocks the caller.
#pragma once

#include "nginx/target.hpp"

#include <drcon/probe.hpp>

#include <string>

namespace drcon::nginx {

/// `by_reload`: changes of servers take a reload, as in mode "reload".
void probe_target(const std::string& file, const target& nginx, bool by_reload, const probing& into);

}  // namespace drcon::nginx
