// What runs, what it knows and what it waits for: GET /v1/status and /v1/pipelines.
#include "base/build_facts.hpp"
#include "engine/engine.hpp"
#include "engine/shown.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace drcon::engine {
namespace {

using nlohmann::json;

std::vector<std::string> pipelines_with(const config::configuration& config, const std::string& name,
                                        std::vector<std::string> config::pipeline_config::*list) {
  std::vector<std::string> all;
  for (const auto& [pipeline, each] : config.pipelines)
    if (std::ranges::find(each.*list, name) != (each.*list).end()) all.push_back(pipeline);
  return all;
}

}  // namespace

json engine::status() const {
  const auto& entries = journal_.entries();
  json shown{{"version", std::string(build::version)},
             {"started", base::to_seconds(started_)},
             {"now", base::to_seconds(std::chrono::system_clock::now())},
             {"settled", settled()},
             {"verdict", verdict()},
             {"unsettled", unsettled()},
             {"caveats", caveats()},
             {"journal",
              {{"first", entries.empty() ? 0 : entries.front().number},
               {"last", entries.empty() ? 0 : entries.back().number}}},
             {"sources", json::object()},
             {"pipelines", pipelines()},
             {"sinks", json::object()}};
  using config::pipeline_config;
  for (const auto& [name, each] : sources_)
    shown["sources"][name] = show(*each, pipelines_with(config_, name, &pipeline_config::sources));
  for (const auto& [name, each] : sinks_)
    shown["sinks"][name] = show(*each, pipelines_with(config_, name, &pipeline_config::sinks));
  return shown;
}

json engine::pipelines() const {
  auto shown = json::object();
  for (const auto& [name, each] : pipelines_) shown[name] = show(*each);
  return shown;
}

json engine::pipeline_detail(const std::string& name) const {
  const auto& each = *pipelines_.at(name);
  auto shown = show(each);
  shown["services"] = each.current().snapshot ? show_services(*each.current().snapshot) : json::array();
  shown["history"] = show_history(each);
  using config::pipeline_config;
  for (const auto& source : each.config().sources)
    shown["sources_state"][source] =
        show(*sources_.at(source), pipelines_with(config_, source, &pipeline_config::sources));
  for (const auto& sink : each.config().sinks)
    shown["sinks_state"][sink] = show(*sinks_.at(sink), pipelines_with(config_, sink, &pipeline_config::sinks));
  return shown;
}

}  // namespace drcon::engine
