// Judges a plugin's option schema before the plugin is taken, so that a mistake of its author is found when the library
// is loaded and not when a user's value meets it. The dialect is that of schema_check.hpp.
//
// Any thread; keeps nothing.
#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace drcon::config {

/// Nothing when `schema` can be used; else one line that names the place by JSON Pointer and says what is wrong with
/// it: "at /properties/port: minimum 10 is above maximum 1". Whatever the schema holds, this neither throws nor runs
/// away.
std::optional<std::string> fault_of_schema(const nlohmann::json& schema);

}  // namespace drcon::config
