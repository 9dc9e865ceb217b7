// Parses JSON in one object: nlohmann's parser is a template, and costs each object that calls it half a second.
//
// Thread rule: pure function.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string_view>

namespace drcon {

/// The value; is_discarded() when the text is not JSON.
nlohmann::json parsed_json(std::string_view text);

}  // namespace drcon
