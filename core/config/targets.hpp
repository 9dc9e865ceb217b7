// What sinks own: the values of options that a plugin's schema marks with "target": true.
#pragma once

#include "config/configuration.hpp"

namespace drcon::config {

/// Two sinks with one target would undo each other's work: an error for each sink whose target one before it has.
void check_targets(const std::map<std::string, instance_config>& sinks, const plugin_catalog& plugins,
                   diagnostics& found);

}  // namespace drcon::config
