#include "plugins/reads_files.hpp"

#include <nlohmann/json.hpp>

namespace drcon::plugins {
namespace {

bool names_what_is_read(const nlohmann::json& schema) {
  if (schema.is_object() && schema.value("reads", nlohmann::json()) == "always") return true;
  if (!schema.is_structured()) return false;
  for (const auto& each : schema)
    if (names_what_is_read(each)) return true;
  return false;
}

}  // namespace

bool sink_reads_files(const plugin& which) { return which.sink_schema && names_what_is_read(*which.sink_schema); }

}  // namespace drcon::plugins
