#include "base/wall_clock.hpp"
#include "model/snapshot.hpp"
#include "report/encode.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace drcon::report {
namespace {

using nlohmann::json;

// A registry that has lost its data has all services held; the status is rendered several times a second.
constexpr std::size_t most_holds = 100;

json encode(const std::vector<plugins::refusal>& refusals) {
  auto all = json::array();
  for (const auto& each : refusals)
    all.push_back({{"service", each.service}, {"endpoint", each.endpoint}, {"why", each.why}});
  return all;
}

json encode(const instance_report& instance) {
  return {{"plugin", instance.plugin},
          {"isolation", instance.own_process ? "process" : "none"},
          {"state", to_string(instance.state)},
          {"text", instance.text},
          {"pipelines", instance.pipelines},
          {"refused", encode(instance.refused)},
          {"refused_count", instance.refused_count}};
}

json encode(const source_report& source) {
  auto encoded = encode(source.instance);
  encoded["ready"] = source.ready;
  encoded["known"] = source.known;
  encoded["services"] = source.services;
  encoded["endpoints"] = source.endpoints;
  encoded["unknown"] = source.unknown;
  encoded["nameless"] = source.nameless;
  encoded["last_word"] = base::to_seconds(source.last_word);
  if (source.why_unknown) encoded["why_unknown"] = *source.why_unknown;
  encoded["unknown_since"] = base::to_seconds(source.unknown_since);
  return encoded;
}

json encode(const sink_report& sink) {
  auto encoded = encode(sink.instance);
  encoded["wanted"] = report::encode(sink.desired);
  encoded["applied"] = report::encode(sink.applied);
  encoded["up_to_date"] = sink.up_to_date;
  encoded["in_flight"] = sink.in_flight;
  encoded["last_answer"] = to_string(sink.last_answer);
  encoded["why"] = sink.why;
  encoded["failing_since"] = base::to_seconds(sink.failing_since);
  encoded["next_retry"] = base::to_seconds(sink.next_retry);
  encoded["last_applied"] = base::to_seconds(sink.last_applied);
  encoded["applies"] = sink.applies;
  return encoded;
}

template <class Report>
json encode_by_name(const std::map<std::string, Report>& reports) {
  auto all = json::object();
  for (const auto& [name, each] : reports) all[name] = encode(each);
  return all;
}

json encode_loss(const engine::held_update& held) {
  return {{"added", held.counts.added},
          {"removed", held.counts.removed},
          {"changed", held.counts.changed},
          {"number", held.number},
          {"endpoints", report::encode(held.endpoints)}};
}

json encode_holds(const std::vector<engine::held_service>& holds) {
  auto all = json::array();
  for (const auto& each : holds) {
    if (all.size() == most_holds) break;
    all.push_back({{"service", each.service},
                   {"why", each.why},
                   {"before", each.before},
                   {"after", each.after},
                   {"since", base::to_seconds(each.since)},
                   {"until", base::to_seconds(each.until)}});
  }
  return all;
}

json encode(const endpoint& each) {
  return {{"id", each.id},     {"node", each.node},     {"address", each.address},
          {"port", each.port}, {"weight", each.weight}, {"priority", each.priority},
          {"tags", each.tags}, {"meta", each.meta},     {"health", to_string(each.health)}};
}

json encode_left_out(const pipeline_detail& detail, const std::string& service, const std::string& endpoint) {
  auto all = json::array();
  for (const auto& id : {std::string(), endpoint})
    if (const auto found = detail.left_out.find({service, id}); found != detail.left_out.end())
      for (const auto& each : found->second) all.push_back({{"sink", each.sink}, {"why", each.why}});
  return all;
}

// `kept` is in the order of the snapshot, so that one walk over both is enough: next_kept is the first that was not
// met.
json encode_services(const pipeline_detail& detail) {
  const auto& snapshot = detail.snapshot;
  const auto& kept = detail.kept;
  auto next_kept = kept.begin();
  auto services = json::array();
  if (!snapshot) return services;
  for (const auto& service : snapshot->services()) {
    auto endpoints = json::array();
    for (const auto view : service->endpoints()) {
      const auto each = view.copy();
      endpoints.push_back(encode(each));
      if (!detail.left_out.empty())
        if (auto by = encode_left_out(detail, service->name(), each.id); !by.empty())
          endpoints.back()["left_out"] = std::move(by);
      if (next_kept == kept.end() || next_kept->service != service->name() || next_kept->id != each.id) continue;
      const auto& at_source = next_kept->health_at_source;
      endpoints.back()["kept_by"] = next_kept->by_pause ? "pause" : "brake";
      endpoints.back()["at_source"] = at_source ? std::string(to_string(*at_source)) : "gone";
      ++next_kept;
    }
    json one{{"name", service->name()}, {"revision", service->revision()}, {"endpoints", std::move(endpoints)}};
    if (!service->values().empty()) one["values"] = service->values();
    services.push_back(std::move(one));
  }
  return services;
}

json encode_history(const std::deque<engine::decision>& decisions) {
  auto history = json::array();
  for (const auto& each : decisions)
    history.push_back({{"revision", each.snapshot->revision()},
                       {"decided", base::to_seconds(each.when)},
                       {"why", each.why},
                       {"endpoints", each.snapshot->endpoint_count()},
                       {"in_service", each.snapshot->in_service_count()}});
  return history;
}

}  // namespace

json encode(const std::optional<std::uint64_t>& revision) { return revision ? json(*revision) : json(); }

namespace {

json encode(const pipeline_state& state) {
  return {{"code", to_string(state.what)},
          {"kind", to_string(verdict_of(state.what))},
          {"words", to_words(state)},
          {"of", state.of},
          {"since", base::to_seconds(state.since)}};
}

}  // namespace

json encode(const pipeline_report& pipeline) {
  const bool prefers = pipeline.merge == config::merge_policy::prefer;
  const auto& held = pipeline.held;
  const auto& paused = pipeline.paused;
  json encoded{{"sources", pipeline.sources},
               {"sinks", pipeline.sinks},
               {"merge", prefers ? "prefer" : "union"},
               {"known", pipeline.known},
               {"waiting_for", pipeline.waiting_for},
               {"earlier_configuration", pipeline.earlier_configuration},
               {"held", held ? held->why : ""},
               {"held_until", held ? base::to_seconds(held->until) : 0},
               {"held_loss", held ? encode_loss(*held) : json()},
               {"holds", held ? encode_holds(held->holds) : json::array()},
               {"holds_count", held ? held->holds.size() : 0},
               {"would_hold", pipeline.would_hold ? pipeline.would_hold->why : ""},
               {"would_hold_loss", pipeline.would_hold ? encode_loss(*pipeline.would_hold) : json()},
               {"paused", paused ? paused->why : ""},
               {"paused_by", paused ? paused->who : ""},
               {"paused_since", paused ? base::to_seconds(paused->since) : 0},
               {"pending", pipeline.pending},
               {"revision", pipeline.revision},
               {"why", pipeline.why},
               {"decided", base::to_seconds(pipeline.decided)},
               {"services_count", pipeline.services},
               {"endpoints", pipeline.endpoints},
               {"in_service", pipeline.in_service},
               {"health", json::object()},
               {"state", encode(pipeline.state)}};
  if (prefers) encoded["speaks"] = pipeline.active_source;
  for (const auto& [health, count] : pipeline.by_health) encoded["health"][std::string(to_string(health))] = count;
  return encoded;
}

json encode(const std::map<std::string, pipeline_report>& pipelines) { return encode_by_name(pipelines); }

json encode(const pipeline_detail& detail) {
  auto encoded = encode(detail.pipeline);
  encoded["services"] = encode_services(detail);
  encoded["history"] = encode_history(detail.history);
  encoded["sources_state"] = encode_by_name(detail.sources);
  encoded["sinks_state"] = encode_by_name(detail.sinks);
  return encoded;
}

namespace {

// The same once more, with codes.
json encode_findings(const status_report& status) {
  auto all = json::array();
  const auto add = [&all](const std::vector<remark>& remarks, const char* severity) {
    for (const auto& each : remarks)
      all.push_back({{"code", to_string(each.code)},
                     {"severity", severity},
                     {"text", each.text},
                     {"kind", to_string(each.about.kind)},
                     {"subject", each.about.name},
                     {"since", base::to_seconds(each.since)}});
  };
  add(status.unsettled, "open");
  add(status.caveats, "warning");
  return all;
}

}  // namespace

json encode(const status_report& status) {
  return {{"version", status.version},
          {"host", status.host},
          {"started", base::to_seconds(status.started)},
          {"now", base::to_seconds(status.now)},
          {"settled", status.settled},
          {"state", to_string(status.verdict)},
          {"verdict", to_words(status.verdict)},
          {"unsettled", texts_of(status.unsettled)},
          {"caveats", texts_of(status.caveats)},
          {"findings", encode_findings(status)},
          {"journal", {{"first", status.first_entry}, {"last", status.last_entry}}},
          {"sources", encode_by_name(status.sources)},
          {"pipelines", encode(status.pipelines)},
          {"sinks", encode_by_name(status.sinks)}};
}

}  // namespace drcon::report
