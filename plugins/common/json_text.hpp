// Words in JSON that others wrote: what is missing, null or of another type is as good as empty.
//
// Pure function.
#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace drcon::common {

inline std::string json_text(const nlohmann::json& from, const char* key) {
  const auto at = from.find(key);
  return at != from.end() && at->is_string() ? at->get<std::string>() : std::string();
}

}  // namespace drcon::common
