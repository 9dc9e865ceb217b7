// What a word of YAML is: text, or a number, a truth or nothing, by the rules of YAML 1.1 as Go's yaml.v2 has them.
//
// Pure functions.
#pragma once

#include "common/templating/value.hpp"

#include <string_view>

namespace drcon::templating::yaml {

enum class tag : std::uint8_t { text, boolean, integer, real, null, timestamp };

struct scalar {
  tag what = tag::text;
  value held;  // a text's is a view of the word
};

scalar resolve(std::string_view word);

/// Whether a reader of YAML 1.1 would take it for a number in base 60, such as 12:30.
bool is_base_60(std::string_view word);

}  // namespace drcon::templating::yaml
