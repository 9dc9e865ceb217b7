#include "config/configuration.hpp"

namespace drcon::config {

std::string instance_config::redacted() const {
  using nlohmann::json;
  auto shown = options;
  for (const auto& pointer : secrets) {
    const json::json_pointer at(pointer);
    if (shown.contains(at)) shown[at] = "(secret)";
  }
  return shown.dump(-1, ' ', false, json::error_handler_t::replace);
}

bool pipeline_config::same_as(const pipeline_config& other) const {
  return sources == other.sources && sinks == other.sinks && merge == other.merge && filter == other.filter &&
         limit == other.limit && wait == other.wait && brake == other.brake && resync == other.resync;
}

}  // namespace drcon::config
