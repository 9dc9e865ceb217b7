// Which servers a service has in the file when this sink itself leaves out too many of its endpoints.
//
// Pure functions. `empty` is for services that have no endpoints in service as far as anybody knows; what is left out
// here was decided by nobody, so that no value of that option may take the requests away.
#pragma once

#include "common/refused_loss.hpp"
#include "nginx/desired.hpp"
#include "nginx/last_servers.hpp"

#include <vector>

namespace drcon::nginx {

/// How much of a service would be lost. `last`: the last servers of all services, before any of them was kept.
common::refused_loss loss_of(const upstream& each, const last_servers& last);

/// The upstreams, with the last servers beside their own where the loss is more than refused_loss bears. A server that
/// is kept is down when the endpoint at its address has been taken out of service meanwhile.
std::vector<upstream> with_last_servers(std::vector<upstream> all, const last_servers& last);

}  // namespace drcon::nginx
