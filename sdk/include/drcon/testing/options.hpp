// drcon/testing/options.hpp: what a user would have to write, from what a test writes: defaults filled in.
#pragma once

#include <nlohmann/json.hpp>

#include <utility>

namespace drcon::testing {

/// `options` with the schema's defaults, as the host fills them in; a table that is left out gets its members' defaults
/// unless it has required members. Checks nothing: a wrong option reaches the plugin, which is what a test may want.
/// The host itself does more: it refuses wrong options, resolves secrets, and makes paths absolute.
inline nlohmann::json with_defaults(const nlohmann::json& schema, nlohmann::json options) {
  if (options.is_array() && schema.contains("items"))
    for (auto& each : options) each = with_defaults(schema["items"], std::move(each));
  if (!options.is_object() || !schema.contains("properties")) return options;
  for (const auto& [name, property] : schema["properties"].items()) {
    if (options.contains(name)) {
      options[name] = with_defaults(property, std::move(options[name]));
    } else if (property.contains("default")) {
      options[name] = with_defaults(property, property["default"]);
    } else if (property.contains("properties") && !property.contains("required")) {
      auto members = with_defaults(property, nlohmann::json::object());
      if (!members.empty()) options[name] = std::move(members);
    }
  }
  return options;
}

}  // namespace drcon::testing
