// Checks options by valijson against the whole of JSON Schema, after our own checker (schema_check.hpp), which has the
// better messages and does not know every keyword.
#pragma once

#include "config/schema_check.hpp"

namespace drcon::config {

void check_json_schema(const checked_options& options, const std::string& title, const nlohmann::json& schema,
                       diagnostics& found);

}  // namespace drcon::config
