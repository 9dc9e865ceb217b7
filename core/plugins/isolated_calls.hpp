// calls to a plugin in a process of its own, which is started again whenever it ends.
//
// What the plugin says goes to the same functions of the host as from a plugin in this process. While its process is
// not there a source is "unknown" and a sink answers "retry": the last good state stays in use.
// Thread rule: as all calls, the instance's lane; a thread of its own reads the frames and restarts the process.
#pragma once

#include "config/configuration.hpp"
#include "plugins/calls.hpp"

#include <functional>
#include <memory>
#include <string>

namespace drcon::plugins {

/// Who is notified of what becomes of the process, on the thread of its supervisor.
struct isolation_events {
  std::function<void(const std::string& how)> crashed;  ///< "was ended by SIGSEGV; started again in 100 ms"
  std::function<void()> restarted;                      ///< made and started again
  std::function<void()> late_call;                      ///< the plugin called the host after its stop had returned
};

std::unique_ptr<calls> isolated_calls(config::kind kind, const plugin& type, const config::instance_config& config,
                                      plugin_surroundings around, isolation_events events);

}  // namespace drcon::plugins
