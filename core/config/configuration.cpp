#include "config/configuration.hpp"

#include "base/json_text.hpp"

namespace drcon::config {

std::string instance_config::redacted() const {
  using nlohmann::json;
  auto shown = options;
  for (const auto& each : secrets) {
    const json::json_pointer pointer(each);
    if (shown.contains(pointer)) shown[pointer] = "(secret)";
  }
  return base::json_text(shown);
}

}  // namespace drcon::config
