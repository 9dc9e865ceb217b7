// What is known of a plugin without making an instance: the material of the reference pages and of the editors' schema.
#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace drcon::reference {

struct plugin_facts {
  std::string name;
  std::string version;
  std::string summary;
  std::optional<nlohmann::json> source;  ///< option schema, as core/config/schema_check.hpp has it; nothing: no source
  std::optional<nlohmann::json> sink;
};

}  // namespace drcon::reference
