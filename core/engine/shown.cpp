#include "engine/shown.hpp"

#include <nlohmann/json.hpp>

#include <array>

namespace drcon::engine {

using nlohmann::json;

std::map<std::string, std::size_t> count_by_health(const model::snapshot& of) {
  std::map<std::string, std::size_t> counts;
  for (const auto each : {health::passing, health::warning, health::critical, health::maintenance})
    counts[std::string(to_string(each))] = of.count_of(each);
  return counts;
}

json show_revision(const model::snapshot_ptr& of) { return of ? json(of->revision()) : json(); }

std::size_t endpoint_count(const source_state& of) {
  std::size_t count = 0;
  for (const auto& [name, service] : of.services()) count += service->endpoints().size();
  return count;
}

const char* state_word(int state) {
  if (state == DRCON_STATE_OK) return "ok";
  return state == DRCON_STATE_DEGRADED ? "degraded" : "away";
}

namespace {

// A catalogue that is wrong throughout must not make each look at the state a long one.
constexpr std::size_t most_refusals = 100;

json refusals_of(const plugins::instance& from) {
  auto all = json::array();
  for (const auto& each : from.refusals(most_refusals))
    all.push_back({{"service", each.service}, {"endpoint", each.endpoint}, {"why", each.why}});
  return all;
}

json instance_facts(const plugins::instance& from, const std::vector<std::string>& pipelines) {
  const auto status = from.status();
  return {{"plugin", from.plugin_name()},
          {"isolation", from.own_process() ? "process" : "none"},
          {"state", state_word(status.state)},
          {"text", status.text},
          {"pipelines", pipelines},
          {"refused", refusals_of(from)},
          {"refused_count", from.refusal_count()}};
}

json show_loss(const held_update& held) {
  auto endpoints = json::array();
  for (const auto& each : held.endpoints) endpoints.push_back(to_json(each));
  return {{"added", held.counts.added},
          {"removed", held.counts.removed},
          {"changed", held.counts.changed},
          {"endpoints", std::move(endpoints)}};
}

}  // namespace

json show(const endpoint& each) {
  return {{"id", each.id},     {"node", each.node},     {"address", each.address},
          {"port", each.port}, {"weight", each.weight}, {"priority", each.priority},
          {"tags", each.tags}, {"meta", each.meta},     {"health", to_string(each.health)}};
}

json show(const source_state& source, const std::vector<std::string>& pipelines) {
  auto shown = instance_facts(source.instance(), pipelines);
  shown["ready"] = source.ready();
  shown["known"] = source.known();
  shown["services"] = source.services().size();
  shown["endpoints"] = endpoint_count(source);
  shown["unknown"] = json::object();
  for (const auto& [service, each] : source.unknown()) shown["unknown"][service] = each.why;
  shown["last_word"] = base::to_seconds(source.last_word());
  if (source.all_unknown()) shown["why_unknown"] = source.why_unknown();
  return shown;
}

json show(const pipeline& each) {
  const auto& config = each.config();
  const bool prefers = config.merge.policy == config::merge_policy::prefer;
  const auto& held = each.held_back();
  json shown{{"sources", config.sources},
             {"sinks", config.sinks},
             {"merge", prefers ? "prefer" : "union"},
             {"known", each.known()},
             {"waiting_for", each.waiting_for()},
             {"held", held.why},
             {"held_until", held.why.empty() ? 0 : base::to_seconds(held.until)},
             {"held_loss", held.why.empty() ? json() : show_loss(held)},
             {"paused", each.paused() ? each.paused()->why : ""},
             {"paused_since", each.paused() ? base::to_seconds(each.paused()->since) : 0},
             {"pending", each.pending()},
             {"revision", 0},
             {"why", each.current().why},
             {"decided", base::to_seconds(each.current().when)},
             {"services_count", 0},
             {"endpoints", 0},
             {"in_service", 0}};
  if (prefers) shown["speaks"] = each.preferred() ? each.preferred()->name() : "";
  static const model::snapshot none(0, {});
  const auto& now = each.current().snapshot ? *each.current().snapshot : none;
  shown["revision"] = now.revision();
  shown["services_count"] = now.services().size();
  shown["endpoints"] = now.endpoint_count();
  shown["in_service"] = now.in_service_count();
  shown["health"] = count_by_health(now);
  return shown;
}

json show_services(const model::snapshot& of) {
  auto services = json::array();
  for (const auto& service : of.services()) {
    auto endpoints = json::array();
    for (const auto& each : service->endpoints()) endpoints.push_back(show(each));
    json one{{"name", service->name()}, {"revision", service->revision()}, {"endpoints", std::move(endpoints)}};
    if (!service->values().empty()) one["values"] = service->values();
    services.push_back(std::move(one));
  }
  return services;
}

json show_history(const pipeline& of) {
  auto history = json::array();
  for (const auto& each : of.history())
    history.push_back({{"revision", each.snapshot->revision()},
                       {"decided", base::to_seconds(each.when)},
                       {"why", each.why},
                       {"endpoints", each.snapshot->endpoint_count()},
                       {"in_service", each.snapshot->in_service_count()}});
  return history;
}

json show(const sink_runner& sink, const std::vector<std::string>& pipelines) {
  auto shown = instance_facts(sink.instance(), pipelines);
  shown["wanted"] = show_revision(sink.wanted());
  shown["applied"] = show_revision(sink.applied());
  shown["up_to_date"] = sink.up_to_date();
  shown["in_flight"] = sink.in_flight();
  shown["last_answer"] = sink.last_answer();
  shown["why"] = sink.last_why();
  shown["last_applied"] = base::to_seconds(sink.last_applied());
  shown["applies"] = sink.applies();
  return shown;
}

}  // namespace drcon::engine
