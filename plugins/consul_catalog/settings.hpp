// The options of a consul-catalog sink, as values.
#pragma once

#include "consul_catalog/apply.hpp"

#include <drcon/context.hpp>
#include <drcon/options.hpp>

namespace drcon::consul_catalog {

/// Throws config_error for what the schema cannot judge. `host` gives the name of the sink, a part of the default
/// owner.
apply_settings read_settings(const options& table, const context& host);

}  // namespace drcon::consul_catalog
