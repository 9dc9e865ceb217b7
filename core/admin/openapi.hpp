// GET /v1/openapi.json: what the admin interface answers, as OpenAPI 3.1, made from the table of routes. The shapes are
// here, and a test holds every handler to them.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace drcon::admin {

const nlohmann::json& openapi();

}  // namespace drcon::admin
