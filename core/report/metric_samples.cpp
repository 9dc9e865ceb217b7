#include "report/metric_samples.hpp"

#include "base/build_facts.hpp"
#include "base/wall_clock.hpp"
#include "log/log.hpp"
#include "model/snapshot.hpp"
#include "report/refused_in_service.hpp"
#include "report/status.hpp"
#include "report/verdict.hpp"

#include <drcon/model.hpp>

namespace drcon::report {
namespace {

using metrics::labels;
using metrics::labels_of;
using metrics::sample;

template <class Number>
double number(Number value) {
  return static_cast<double>(value);
}

void add_figures(const engine::source_state& source, std::vector<sample>& all) {
  const labels with{{"source", source.name()}};
  all.push_back({&metrics::source_state,
                 {{"source", source.name()}, {"plugin", source.instance().plugin_name()}},
                 number(source.instance().status().state)});
  all.push_back({&metrics::source_ready, with, number(source.ready())});
  all.push_back({&metrics::source_known, with, number(source.known())});
  all.push_back({&metrics::source_last_word, with, base::to_seconds(source.last_word())});
  all.push_back({&metrics::source_services, with, number(source.services().size())});
  all.push_back({&metrics::source_endpoints, with, number(endpoint_count(source))});
  all.push_back({&metrics::queue_depth, labels_of(source.subject()), number(source.instance().queue_depth())});
}

void add_figures(const engine::engine& engine, const engine::pipeline& each, std::vector<sample>& all) {
  const labels with{{"pipeline", each.name()}};
  const auto* snapshot = each.current().snapshot.get();
  all.push_back({&metrics::pipeline_known, with, number(each.known())});
  all.push_back({&metrics::pipeline_paused, with, number(each.paused().has_value())});
  all.push_back({&metrics::pipeline_pending, with, number(each.pending())});
  all.push_back({&metrics::brake_holding, with, number(!each.held().empty())});
  all.push_back({&metrics::brake_held_services, with, number(each.held_back().services.size())});
  all.push_back({&metrics::pipeline_revision, with, snapshot ? number(snapshot->revision()) : 0});
  if (!snapshot) return;  // "no endpoint" is not what is served then
  all.push_back({&metrics::services, with, number(snapshot->services().size())});
  all.push_back(
      {&metrics::endpoints_in_service, with, number(snapshot->in_service_count() - refused_in_service(engine, each))});
  for (const auto& [health, count] : count_by_health(*snapshot))
    all.push_back(
        {&metrics::endpoints, {{"pipeline", each.name()}, {"health", std::string(to_string(health))}}, number(count)});
}

void add_figures(const engine::sink_runner& sink, std::vector<sample>& all) {
  const labels with{{"sink", sink.name()}};
  const auto revision = [](const model::snapshot_ptr& snapshot) { return snapshot ? number(snapshot->revision()) : 0; };
  all.push_back({&metrics::sink_state,
                 {{"sink", sink.name()}, {"plugin", sink.instance().plugin_name()}},
                 number(sink.instance().status().state)});
  all.push_back({&metrics::sink_up_to_date, with, number(sink.up_to_date())});
  all.push_back({&metrics::sink_in_flight, with, number(sink.in_flight())});
  all.push_back({&metrics::sink_wanted, with, revision(sink.desired())});
  all.push_back({&metrics::sink_applied, with, revision(sink.applied())});
  all.push_back({&metrics::sink_last_applied, with, base::to_seconds(sink.last_applied())});
  all.push_back({&metrics::queue_depth, labels_of(sink.subject()), number(sink.instance().queue_depth())});
}

}  // namespace

std::vector<sample> figures_of(const engine::engine& engine) {
  std::vector<sample> all{{&metrics::build_info, {{"version", build::version}}, 1},
                          {&metrics::settled, {}, number(engine.settled())},
                          {&metrics::needs_attention, {}, number(needs_attention(engine))},
                          {&metrics::reload_refused, {}, number(engine.refused_reload().has_value())},
                          {&metrics::log_lines_dropped, {}, number(log::dropped_lines())}};
  for (const auto& [name, source] : engine.sources()) add_figures(*source, all);
  for (const auto& [name, pipeline] : engine.pipelines()) add_figures(engine, *pipeline, all);
  for (const auto& [name, sink] : engine.sinks()) add_figures(*sink, all);
  return all;
}

}  // namespace drcon::report
