// [source.NAME] and [sink.NAME]: each against the schema of its plugin.
#pragma once

#include "config/configuration.hpp"
#include "config/sections.hpp"

namespace drcon::config {

/// The instances without fault; the others' faults go to `found`.
std::map<std::string, instance_config> read_instances(kind kind, const named_sections& tables,
                                                      const plugin_catalog& plugins, diagnostics& found);

}  // namespace drcon::config
