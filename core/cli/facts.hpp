// What people and editors see of a plugin, from what was read when it was loaded.
#pragma once

#include "plugins/library.hpp"
#include "reference/plugin_facts.hpp"

namespace drcon::cli {

inline reference::plugin_facts facts_of(const plugins::plugin& plugin) {
  return {.name = plugin.name(),
          .version = plugin.entry->version,
          .summary = plugin.entry->summary,
          .source = plugin.source_schema,
          .sink = plugin.sink_schema};
}

}  // namespace drcon::cli
