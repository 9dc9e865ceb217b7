// The options of a template sink, as values.
//
// Templates are read from their files, and names of users and groups are looked up.
#pragma once

#include "template/apply.hpp"

#include <drcon/context.hpp>
#include <drcon/options.hpp>

namespace drcon::templates {

/// Throws config_error for what the schema cannot judge. `host` gives the name of the sink.
apply_settings read_settings(const options& table, const context& host);

}  // namespace drcon::templates
