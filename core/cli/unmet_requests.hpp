// What sinks ask for and no source of their pipelines can publish, as far as the plugins say so.
//
// Thread rule: the main thread; blocks while the plugins answer.
#pragma once

#include "config/configuration.hpp"
#include "plugins/instance.hpp"
#include "plugins/registry.hpp"

#include <map>
#include <memory>
#include <string>

namespace drcon::cli {

/// `sinks`: made and not started. An error where a sink would apply nothing without it, else a warning.
void find_unmet_requests(const config::configuration& all, const plugins::registry& plugins,
                         const std::map<std::string, std::shared_ptr<plugins::instance>>& sinks,
                         config::diagnostics& found);

}  // namespace drcon::cli
