// Checks options by valijson against the whole of JSON Schema, after our own checker (schema_check.hpp), which has the
// better messages and does not know every keyword.
#pragma once

#include "config/schema_check.hpp"

#include <optional>
#include <string>

namespace drcon::config {

struct mismatch {
  std::string pointer;  ///< the place in the value
  std::string what;     ///< in valijson's words
};

/// Where the value does not fit the schema; of several places the deepest, which says most. Without a value the schema
/// alone is read. Throws std::exception, of several types, for a schema that valijson cannot use.
std::optional<mismatch> mismatch_with(const nlohmann::json& schema, const nlohmann::json* value);

void check_json_schema(const checked_options& options, const std::string& title, const nlohmann::json& schema,
                       diagnostics& found);

}  // namespace drcon::config
