// JSON and values: read and written as Go's encoding/json does.
//
// Pure functions but for `scratch`. They throw a `failure`.
#pragma once

#include "common/templating/value.hpp"

#include <string>
#include <string_view>

namespace drcon::templating {

/// Go reads every number as a float64 where no type is asked for.
enum class json_numbers { real, whole_where_they_are };

value read_json(std::string_view text, memory& scratch, json_numbers numbers = json_numbers::real);

struct json_style {
  bool escapes_html = true;  // <, > and & as \u003c …
  bool is_pretty = false;    // lines, indented by two spaces
};

std::string json_text(const value& of, memory& scratch, const json_style& style, std::size_t limit);

}  // namespace drcon::templating
