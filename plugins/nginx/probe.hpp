// Whether an nginx sink will work: see drcon/probe.hpp.
//
// Nothing is changed: nginx -t is not run, since it makes files. Thread rule: any; blocks the caller.
#pragma once

#include "nginx/target.hpp"

#include <drcon/probe.hpp>

#include <string>

namespace drcon::nginx {

void probe_target(const std::string& file, const target& nginx, const probing& into);

}  // namespace drcon::nginx
