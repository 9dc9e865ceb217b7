// YAML and values: read and written as the Go library yaml.v2 does, which Consul Template uses. libyaml, from which
// that library was translated, finds the tokens and writes the lines; what a plain word means and how a text is quoted
// is decided here.
//
// Pure functions but for `scratch` and what `spend` does. They throw a `failure`.
#pragma once

#include "common/templating/value.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace drcon::templating {

/// Called with the work that a piece took, so that it can be bounded by who calls.
using yaml_cost = std::function<void(std::uint64_t steps)>;

/// The first document, whose tree takes up to `limit` bytes while it is read. Its maps have keys of any type:
/// map[interface {}]interface {}.
value read_yaml(std::string_view text, memory& scratch, std::size_t limit, const yaml_cost& spend);

/// Without white space at its ends.
std::string yaml_text(const value& of, memory& scratch, std::size_t limit, const yaml_cost& spend);

/// map[interface {}]interface {}, of a `map_span`.
extern const map_class yaml_map_class;

}  // namespace drcon::templating
