#include "report/status.hpp"

#include "base/build_facts.hpp"
#include "base/host_name.hpp"
#include "config/text.hpp"
#include "engine/counterparts.hpp"
#include "model/snapshot.hpp"
#include "report/refused_in_service.hpp"

#include <algorithm>
#include <utility>

namespace drcon::report {
namespace {

using config::pipeline_config;

// The status is rendered several times a second while somebody listens to events: a catalogue that is wrong throughout
// must not make each of them long.
constexpr std::size_t most_refusals = 100;

std::vector<std::string> pipelines_with(const config::configuration& config, const std::string& name,
                                        std::vector<std::string> pipeline_config::*list) {
  std::vector<std::string> all;
  for (const auto& [pipeline, each] : config.pipelines)
    if (std::ranges::find(each.*list, name) != (each.*list).end()) all.push_back(pipeline);
  return all;
}

instance_report report_of(const engine::engine& engine, const plugins::instance& instance,
                          std::vector<std::string> pipelines) {
  auto status = instance.status();
  // Of an instance that works so far: one that does not says itself why.
  const bool works = model::plugin_state_of(status.state) == model::plugin_state::ok;
  const auto* const failed = works ? engine.probes().failed(instance.kind(), instance.name()) : nullptr;
  return {.plugin = instance.plugin_name(),
          .own_process = instance.own_process(),
          .state = model::plugin_state_of(status.state),
          .text = std::move(status.text),
          .pipelines = std::move(pipelines),
          .refused = instance.refusals(most_refusals),
          .refused_count = instance.refusal_count(),
          .faults_ahead = failed == nullptr ? 0 : failed->size()};
}

source_report source_of(const engine::engine& engine, const std::string& name) {
  const auto& source = *engine.sources().at(name);
  source_report made{.instance = report_of(engine, source.instance(),
                                           pipelines_with(engine.config(), name, &pipeline_config::sources)),
                     .ready = source.ready(),
                     .known = source.known(),
                     .services = source.services().size(),
                     .endpoints = endpoint_count(source),
                     .unknown = {},
                     .nameless = {},
                     .last_word = source.last_word(),
                     .why_unknown = {},
                     .unknown_since = {}};
  for (const auto& [service, silence] : source.unknown()) made.unknown.emplace(service, silence.why);
  for (const auto& [part, unnamed] : source.nameless_parts())
    made.nameless.emplace(config::printable(part), unnamed.what.why);
  if (const auto& silence = source.all_unknown()) {
    made.why_unknown = source.why_unknown();
    made.unknown_since = silence->since;
  }
  return made;
}

sink_report sink_of(const engine::engine& engine, const std::string& name) {
  const auto& sink = *engine.sinks().at(name);
  return {
      .instance = report_of(engine, sink.instance(), pipelines_with(engine.config(), name, &pipeline_config::sinks)),
      .desired = revision_of(sink.desired()),
      .applied = revision_of(sink.applied()),
      .up_to_date = sink.up_to_date(),
      .in_flight = sink.in_flight(),
      .last_answer = sink.last_answer(),
      .why = sink.last_why(),
      .failing_since = sink.failing_since().value_or(time_point{}),
      .next_retry = sink.next_retry().value_or(time_point{}),
      .last_applied = sink.last_applied(),
      .applies = sink.applies(),
      .keeps_last_servers = keeps_what_is_gone(sink)};
}

// What the sources have of a service now, decided or not, says which of its endpoints are only kept.
void add_kept(const engine::pipeline& pipeline, const model::shared_service& service, std::vector<kept_endpoint>& all) {
  static const model::shared_service nothing(drcon::service{.name = {}, .revision = 0, .endpoints = {}, .values = {}});
  const auto now = pipeline.merged(service.name());
  const engine::counterparts between(service, now ? *now : nothing);
  for (const auto& each : service.endpoints()) {
    if (!model::in_service(each)) continue;
    const auto at_source = between.now(each);
    if (at_source && model::in_service(*at_source)) continue;
    all.push_back({.service = std::string(service.name()),
                   .id = std::string(each.id()),
                   .by_pause = pipeline.paused().has_value(),
                   .health_at_source = at_source ? std::optional(at_source->health()) : std::nullopt});
  }
}

// Nothing is kept that the brake or a pause does not keep: what the sources have is served otherwise, or about to be.
std::vector<kept_endpoint> kept_by(const engine::pipeline& pipeline) {
  std::vector<kept_endpoint> all;
  const auto& snapshot = pipeline.current().snapshot;
  if (!snapshot || !pipeline.known()) return all;
  for (const auto& service : snapshot->services())
    if (pipeline.paused() || !pipeline.held(service->name()).empty()) add_kept(pipeline, *service, all);
  return all;
}

}  // namespace

std::map<health, std::size_t> count_by_health(const model::snapshot& snapshot) {
  std::map<health, std::size_t> counts;
  for (const auto each : {health::passing, health::warning, health::critical, health::maintenance})
    counts.emplace(each, snapshot.count_of(each));
  return counts;
}

std::size_t endpoint_count(const engine::source_state& source) {
  std::size_t count = 0;
  for (const auto& [name, service] : source.services()) count += service->counts().endpoints;
  return count;
}

namespace {

// But for its state, which depends on its sources and sinks.
pipeline_report report_of(const engine::engine& engine, const engine::pipeline& pipeline) {
  static const model::snapshot none(0, {});
  const auto& current = pipeline.current();
  const auto& snapshot = current.snapshot ? *current.snapshot : none;
  pipeline_report made{.sources = pipeline.config().sources,
                       .sinks = pipeline.config().sinks,
                       .merge = pipeline.config().merge.policy,
                       .active_source = pipeline.preferred() ? pipeline.preferred()->name() : "",
                       .known = pipeline.known(),
                       .waiting_for = pipeline.waiting_for(),
                       .earlier_configuration = pipeline.earlier_configuration(),
                       .held = {},
                       .would_hold = pipeline.would_hold(),
                       .paused = pipeline.paused(),
                       .pending = pipeline.pending(),
                       .revision = snapshot.revision(),
                       .why = current.why,
                       .decided = current.when,
                       .services = snapshot.services().size(),
                       .endpoints = snapshot.endpoint_count(),
                       .in_service = snapshot.in_service_count() - refused_in_service(engine, pipeline),
                       .by_health = count_by_health(snapshot),
                       .leaves_out_too_many = !refused_beyond_the_brake(engine, pipeline).empty(),
                       .state = {}};
  if (!pipeline.held().empty()) made.held = pipeline.held_back();
  return made;
}

using sources_by_name = std::map<std::string, source_report>;
using sinks_by_name = std::map<std::string, sink_report>;

sources_by_name sources_of(const engine::engine& engine) {
  sources_by_name all;
  for (const auto& [name, source] : engine.sources()) all.emplace(name, source_of(engine, name));
  return all;
}

sinks_by_name sinks_of(const engine::engine& engine) {
  sinks_by_name all;
  for (const auto& [name, sink] : engine.sinks()) all.emplace(name, sink_of(engine, name));
  return all;
}

std::map<std::string, pipeline_report> pipelines_beside(const engine::engine& engine, const sources_by_name& sources,
                                                        const sinks_by_name& sinks) {
  std::map<std::string, pipeline_report> all;
  for (const auto& [name, pipeline] : engine.pipelines()) {
    auto made = report_of(engine, *pipeline);
    made.state = state_of(made, sources, sinks);
    all.emplace(name, std::move(made));
  }
  return all;
}

}  // namespace

pipeline_report pipeline_of(const engine::engine& engine, const engine::pipeline& pipeline) {
  auto made = report_of(engine, pipeline);
  made.state = state_of(made, sources_of(engine), sinks_of(engine));
  return made;
}

std::map<std::string, pipeline_report> pipelines_of(const engine::engine& engine) {
  return pipelines_beside(engine, sources_of(engine), sinks_of(engine));
}

pipeline_detail detail_of(const engine::engine& engine, const std::string& name) {
  const auto& pipeline = *engine.pipelines().at(name);
  pipeline_detail made{.pipeline = report_of(engine, pipeline),
                       .snapshot = pipeline.current().snapshot,
                       .kept = kept_by(pipeline),
                       .left_out = {},
                       .history = pipeline.history(),
                       .sources = {},
                       .sinks = {}};
  for (const auto& source : pipeline.config().sources) made.sources.emplace(source, source_of(engine, source));
  for (const auto& sink : pipeline.config().sinks) {
    made.sinks.emplace(sink, sink_of(engine, sink));
    // What is kept of a service without endpoints is not left out.
    for (auto& each : engine.sinks().at(sink)->instance().refusals())
      if (!each.is_of_nothing) made.left_out[{each.service, each.endpoint}].push_back({sink, std::move(each.why)});
  }
  made.pipeline.state = state_of(made.pipeline, made.sources, made.sinks);
  return made;
}

status_report status_of(const engine::engine& engine) {
  const auto& entries = engine.log().entries();
  status_report made{.version = build::version,
                     .host = base::host_name(),
                     .started = engine.started(),
                     .now = std::chrono::system_clock::now(),
                     .settled = engine.settled(),
                     .verdict = verdict_of(engine),
                     .unsettled = open_remarks(engine),
                     .caveats = warnings(engine),
                     .first_entry = entries.empty() ? 0 : entries.front().number,
                     .last_entry = entries.empty() ? 0 : entries.back().number,
                     .sources = sources_of(engine),
                     .pipelines = {},
                     .sinks = sinks_of(engine)};
  made.pipelines = pipelines_beside(engine, made.sources, made.sinks);
  return made;
}

}  // namespace drcon::report
