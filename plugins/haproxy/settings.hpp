// The options of a haproxy sink, as values.
//
// Pure functions.
#pragma once

#include "haproxy/apply.hpp"
#include "haproxy/desired.hpp"

#include <drcon/options.hpp>

namespace drcon::haproxy {

/// One part for each step of a change: what is desired, and how it is applied to whom.
struct settings {
  desired_rules desired;
  apply_settings apply;
};

/// Throws config_error for what the schema cannot judge.
settings read_settings(const options& table);

}  // namespace drcon::haproxy
