// TOML: values written as the Go library of BurntSushi does, which Consul Template uses.
//
// Pure functions but for `scratch` and what `spend` does. They throw a `failure`.
#pragma once

#include "common/templating/value.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace drcon::templating {

/// Without white space at its ends. A map's plain values stand before its tables, both in order of their keys.
std::string toml_text(const value& of, memory& scratch, std::size_t limit,
                      const std::function<void(std::uint64_t steps)>& spend);

}  // namespace drcon::templating
