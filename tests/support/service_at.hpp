// A service whose endpoints are backends of the test.
//
// Pure functions.
#pragma once

#include "support/backend.hpp"

#include <drcon/model.hpp>

#include <string>
#include <vector>

namespace drcon::test {

inline endpoint endpoint_of(const backend& from) {
  return {.id = from.name(), .node = "n", .address = from.address(), .port = from.port(), .tags = {}, .meta = {}};
}

inline service service_at(const std::string& name, const std::vector<const backend*>& places) {
  service made{.name = name, .revision = 1, .endpoints = {}};
  for (const auto* each : places) made.endpoints.push_back(endpoint_of(*each));
  return made;
}

}  // namespace drcon::test
