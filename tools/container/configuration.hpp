// The configuration of drcon, and nginx's routes, for what the environment says.
//
// Pure functions.
#pragma once

#include "container/settings.hpp"

#include <string>

namespace drcon::container {

/// drcon.toml: one source, a sink for nginx's upstreams and servers, and one that keeps nginx running.
std::string drcon_configuration(const container_settings& all);

/// The template of nginx's upstreams and servers. One service has the whole port. Of several each is reached by its
/// name: as the first label of the request's host, and as /NAME/.
std::string route_template(const container_settings& all);

}  // namespace drcon::container
