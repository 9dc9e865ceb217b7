// Strings in JSON that others wrote: a member that is missing, null or of another type counts as empty.
//
// Pure function.
#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace drcon::common {

inline std::string json_text(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace drcon::common
