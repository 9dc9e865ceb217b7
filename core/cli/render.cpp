// drcon render: what would be written, or how it differs from what is there; touches nothing.
#include "base/printed.hpp"
#include "cli/hosted_engine.hpp"
#include "cli/terminal_text.hpp"
#include "cli/unified_diff.hpp"
#include "log/log.hpp"
#include "report/verdict.hpp"

#include <iostream>

namespace drcon::cli {
namespace {

void show(const std::string& sink, const plugins::rendered_target& target, bool diff) {
  if (diff && target.live && *target.live == target.wanted) {
    std::cerr << "drcon: " << for_output(target.target) << " (sink " << sink << ") is as desired: no difference\n";
    return;
  }
  if (!diff) {
    std::cout << "==> " << target.target << " (sink " << sink << ")\n" << for_output(target.wanted);
    return;
  }
  if (!target.live) {
    std::cout << "--- " << target.target << " (what is there is not known)\n";
    return;
  }
  std::cout << for_output(unified_diff(target.target, *target.live, target.wanted));
}

}  // namespace

int render(const arguments& options) {
  plugins::registry plugins;
  const auto host = prepare(options, plugins);
  if (!host) return host.error();
  const auto config = load_config(options, plugins);
  if (!config) return config.error();
  hosted_engine hosted(plugins, *host, engine::mode::render);
  config::diagnostics found;
  if (!hosted.engine().apply(*config, found)) {
    print(found);
    return exit_config;
  }
  const bool decided = hosted.run_until([&] { return hosted.engine().decided(); }, options.timeout);
  std::vector<std::string> faults;
  if (decided) {
    for (const auto& [sink, rendered] : hosted.engine().render()) {
      if (!rendered) faults.push_back("sink " + sink + ": " + rendered.error().why);
      else
        for (const auto& target : *rendered) show(sink, target, options.diff);
    }
  } else {
    faults = report::unsettled(hosted.engine());
  }
  std::cout.flush();
  for (const auto& line : faults) std::cerr << "drcon: " << base::with_printed(line) << "\n";
  const bool clean = hosted.stop();
  if (!faults.empty() || !decided) return exit_runtime;
  return clean ? exit_ok : exit_overstay;
}

}  // namespace drcon::cli
