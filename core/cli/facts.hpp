// What is told of a plugin to people and editors, from what was read when it was loaded.
#pragma once

#include "plugins/library.hpp"
#include "reference/plugin_facts.hpp"

namespace drcon::cli {

inline reference::plugin_facts facts_of(const plugins::plugin& from) {
  return {.name = from.name(),
          .version = from.entry->version,
          .summary = from.entry->summary,
          .source = from.source_schema,
          .sink = from.sink_schema};
}

}  // namespace drcon::cli
