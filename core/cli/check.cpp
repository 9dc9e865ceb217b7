// drcon check: the whole configuration, and each plugin's own opinion of its options.
#include "base/count_of.hpp"
#include "base/json_text.hpp"
#include "cli/startup.hpp"
#include "cli/unmet_requests.hpp"
#include "engine/engine.hpp"
#include "log/plugin_level.hpp"

#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include <iostream>
#include <map>
#include <memory>
#include <utility>

namespace drcon::cli {
namespace {

using instances = std::map<std::string, std::shared_ptr<plugins::instance>>;

// Makes every instance and starts none: a plugin's constructor judges what its schema cannot. Returns those that it
// made, which are to be stopped.
instances create_all(config::kind kind, const std::map<std::string, config::instance_config>& configs,
                     const plugins::registry& plugins, boost::asio::io_context& context, metrics::metrics& figures,
                     config::diagnostics& found) {
  instances all;
  for (const auto& [name, config] : configs) {
    const auto made = std::make_shared<plugins::instance>(kind, *plugins.find(config.plugin), config,
                                                          context.get_executor(), figures);
    const auto fault = made->create();
    if (fault.result == DRCON_OK) {
      all.emplace(name, made);
      continue;
    }
    made->stop([] {});
    const auto place = config.positions.find(fault.pointer);
    found.error(config::code::plugin, place == config.positions.end() ? config.where : place->second,
                config.plugin + ": " + fault.why);
  }
  return all;
}

// Whoever holds an instance keeps its thread.
void stop_all(instances made) {
  for (const auto& [name, each] : made) each->stop([] {});
}

}  // namespace

int answer_json(const config::diagnostics& found, int code) {
  auto findings = nlohmann::json::array();
  for (const auto& each : found.sorted())
    findings.push_back({{"code", config::to_string(each.code)},
                        {"severity", each.severity == config::severity::error ? "error" : "warning"},
                        {"file", each.where.file},
                        {"line", each.where.line},
                        {"column", each.where.column},
                        {"message", each.message},
                        {"help", each.help}});
  std::cout << base::json_text({{"ok", code == exit_ok}, {"findings", std::move(findings)}}, 2) << "\n";
  return code;
}

namespace {

// Everything that can be found without connecting to anything; the exit code. `counts`: of a configuration that is
// right, for people.
int check_into(const arguments& options, config::diagnostics& found, std::string& counts) {
  plugins::registry plugins;
  if (!prepare(options, plugins, &found)) return exit_config;
  log::configure(log::level::error, "text");
  log::set_plugin_levels({});
  const auto config = load_config(options, plugins, &found);
  if (!config) return exit_config;
  boost::asio::io_context context;
  metrics::metrics figures;
  stop_all(create_all(config::kind::source, config->sources, plugins, context, figures, found));
  auto sinks = create_all(config::kind::sink, config->sinks, plugins, context, figures, found);
  find_unmet_requests(*config, plugins, sinks, found);
  stop_all(std::move(sinks));
  const bool stopped = base::wait_for_lanes(config->host.stop_deadline);
  if (found.has_errors()) return exit_config;
  counts = base::count_of(config->pipelines.size(), "pipeline") + ", " +
           base::count_of(config->sources.size(), "source") + ", " + base::count_of(config->sinks.size(), "sink");
  return stopped ? exit_ok : exit_overstay;
}

}  // namespace

int check(const arguments& options) {
  config::diagnostics found;
  std::string counts;
  const int code = check_into(options, found, counts);
  if (options.json) return answer_json(found, code);
  print(found);
  const auto* verdict = found.sorted().empty() ? "no fault found" : "no error found, see the warnings";
  if (code == exit_ok) std::cout << options.config.string() << ": " << counts << ": " << verdict << "\n";
  return code;
}

}  // namespace drcon::cli
