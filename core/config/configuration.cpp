#include "config/configuration.hpp"

namespace drcon::config {

std::string instance_config::redacted() const {
  using nlohmann::json;
  auto shown = options;
  for (const auto& each : secrets) {
    const json::json_pointer pointer(each);
    if (shown.contains(pointer)) shown[pointer] = "(secret)";
  }
  return shown.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace drcon::config
