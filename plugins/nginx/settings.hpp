// The options of an nginx sink, as values.
//
// Pure, but for the template, which is read from its file.
#pragma once

#include "nginx/apply.hpp"
#include "nginx/desired.hpp"
#include "nginx/target.hpp"

#include <drcon/context.hpp>
#include <drcon/options.hpp>

#include <chrono>

namespace drcon::nginx {

/// One part for each step of a change: what is desired, how it is applied, and to whom.
struct settings {
  desired_rules desired;
  apply_settings apply;
  target_settings target;
  std::chrono::nanoseconds watch{};  ///< how often the target is looked at
};

/// Throws config_error for what the schema cannot judge. `host` gives the name of the sink.
settings read_settings(const options& table, const context& host);

}  // namespace drcon::nginx
