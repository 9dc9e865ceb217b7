// drcon once: every target up to date, once.
#include "cli/hosted_engine.hpp"
#include "cli/state_lock.hpp"
#include "log/log.hpp"
#include "report/verdict.hpp"

#include <iostream>

namespace drcon::cli {

int once(const arguments& options) {
  ignore_broken_pipes();
  plugins::registry plugins;
  const auto host = prepare(options, plugins);
  if (!host) return exit_config;
  const auto config = load_config(options, plugins);
  if (!config) return exit_config;
  auto own = *host;
  const auto locked = state_lock::take(own.state_directory);
  if (!locked) {
    // What the running one keeps is its own: this one neither serves from it nor writes to it.
    log::warning(base::subject_kind::state, "{}; no state is read or kept", locked.error().why);
    own.state_directory.clear();
  }
  hosted_engine hosted(plugins, own, engine::mode::apply);
  config::diagnostics found;
  if (!hosted.engine().apply(*config, found)) {
    print(found);
    return exit_config;
  }
  const bool settled = hosted.run_until([&] { return hosted.engine().settled(); }, options.timeout);
  // All may have settled without what a sink refuses, or what a pause keeps from the targets.
  auto open = report::unsettled(hosted.engine());
  for (const auto& [name, pipeline] : hosted.engine().pipelines())
    if (pipeline->paused() && pipeline->pending())
      open.push_back("pipeline " + name + " is paused, and its targets do not have what its sources have now: " +
                     pipeline->paused()->why + "; start drcon and run drcon resume " + name);
  for (const auto& line : open) std::cerr << "drcon: " << line << "\n";
  const bool clean = hosted.stop();
  if (!settled || !open.empty()) return exit_runtime;
  return clean ? exit_ok : exit_overstay;
}

}  // namespace drcon::cli
