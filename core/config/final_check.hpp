// The final check of options: valijson, for the keywords of JSON Schema that our own checker does not know.
#pragma once

#include "config/schema_check.hpp"

namespace drcon::config {

void final_check(const checked_options& options, const std::string& title, const nlohmann::json& schema,
                 diagnostics& found);

}  // namespace drcon::config
