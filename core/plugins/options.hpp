// The checked options of one instance, as a plugin reads them.
#pragma once

#include <drcon/plugin.h>

#include <nlohmann/json.hpp>

/// The C type that a plugin reads its options by. Immutable once made. Thread rule: any thread.
struct drcon_options {
  nlohmann::json values;
};

namespace drcon::plugins {

/// The value at a JSON Pointer; DRCON_VALUE_NONE when there is none. Never throws.
void read_option(const drcon_options& options, drcon_string pointer, drcon_value& out);

/// Name of the i-th member of a table; empty when there is none. Never throws.
drcon_string option_key(const drcon_options& options, drcon_string pointer, std::size_t i);

}  // namespace drcon::plugins
