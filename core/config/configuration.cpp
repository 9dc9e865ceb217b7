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

secret_signatures configuration::secret_files() const {
  secret_signatures files = host.secret_files;
  for (const auto* all : {&sources, &sinks})
    for (const auto& [name, each] : *all) files.insert(each.secret_files.begin(), each.secret_files.end());
  return files;
}

}  // namespace drcon::config
