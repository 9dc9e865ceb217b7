// drcon check: the whole configuration, and each plugin's own opinion of its options.
#include "cli/startup.hpp"
#include "engine/engine.hpp"
#include "log/plugin_level.hpp"

#include <boost/asio/io_context.hpp>

#include <iostream>

namespace drcon::cli {
namespace {

// Makes every instance and starts none: a plugin's constructor judges what its schema cannot.
void create_all(config::kind kind, const std::map<std::string, config::instance_config>& configs,
                const plugins::registry& plugins, boost::asio::io_context& context, metrics::metrics& figures,
                config::diagnostics& found) {
  for (const auto& [name, config] : configs) {
    const auto made = std::make_shared<plugins::instance>(kind, *plugins.find(config.plugin), config,
                                                          context.get_executor(), figures);
    const auto fault = made->create();
    made->stop([] {});
    if (fault.result == DRCON_OK) continue;
    const auto place = config.positions.find(fault.pointer);
    found.error(place == config.positions.end() ? config.where : place->second, config.plugin + ": " + fault.why);
  }
}

}  // namespace

int check(const arguments& options) {
  plugins::registry plugins;
  if (!prepare(options, plugins)) return exit_config;
  log::configure(log::level::error, "text");
  log::set_plugin_levels({});
  const auto config = load_config(options, plugins);
  if (!config) return exit_config;
  boost::asio::io_context context;
  metrics::metrics figures;
  config::diagnostics found;
  create_all(config::kind::source, config->sources, plugins, context, figures, found);
  create_all(config::kind::sink, config->sinks, plugins, context, figures, found);
  const bool stopped = base::wait_for_lanes(config->host.stop_deadline);
  print(found);
  if (found.has_errors()) return exit_config;
  if (!stopped) return exit_overstay;
  std::cout << options.config.string() << ": " << config->pipelines.size() << " pipelines, " << config->sources.size()
            << " sources, " << config->sinks.size() << " sinks: no fault found\n";
  return exit_ok;
}

}  // namespace drcon::cli
