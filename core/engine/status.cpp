// GET /v1/status: what runs, what it knows and what it waits for.
#include "build/facts.hpp"
#include "engine/engine.hpp"

#include <nlohmann/json.hpp>

namespace drcon::engine {
namespace {

using nlohmann::json;

double seconds_since_epoch(std::chrono::system_clock::time_point when) {
  return std::chrono::duration<double>(when.time_since_epoch()).count();
}

const char* word(int state) {
  if (state == DRCON_STATE_OK) return "ok";
  return state == DRCON_STATE_DEGRADED ? "degraded" : "away";
}

json show(const source_state& source) {
  const auto status = source.instance().status();
  json shown{{"plugin", source.instance().plugin_name()},
             {"state", word(status.state)},
             {"text", status.text},
             {"ready", source.ready()},
             {"known", source.known()},
             {"services", source.services().size()},
             {"unknown", source.unknown()},
             {"last_word", seconds_since_epoch(source.last_word())}};
  if (source.all_unknown()) shown["why_unknown"] = *source.all_unknown();
  return shown;
}

json show(const endpoint& each) {
  return {{"id", each.id},     {"node", each.node},     {"address", each.address},
          {"port", each.port}, {"weight", each.weight}, {"priority", each.priority},
          {"tags", each.tags}, {"meta", each.meta},     {"health", to_string(each.health)}};
}

json show(const pipeline& each) {
  json shown{{"known", each.known()}, {"waiting_for", each.waiting_for()}, {"held", each.held()}};
  if (!each.current().snapshot) return shown;
  const auto& snapshot = *each.current().snapshot;
  shown["revision"] = snapshot.revision();
  shown["why"] = each.current().why;
  shown["endpoints"] = snapshot.endpoint_count();
  shown["in_service"] = snapshot.in_service_count();
  auto& services = shown["services"] = json::object();
  for (const auto& service : snapshot.services()) {
    auto& endpoints = services[service->name()] = json::array();
    for (const auto& endpoint : service->endpoints()) endpoints.push_back(show(endpoint));
  }
  return shown;
}

json show(const sink_runner& sink) {
  const auto status = sink.instance().status();
  const auto revision = [](const snapshot_ptr& of) { return of ? json(of->revision()) : json(); };
  return {{"plugin", sink.instance().plugin_name()},
          {"state", word(status.state)},
          {"text", status.text},
          {"wanted", revision(sink.wanted())},
          {"applied", revision(sink.applied())},
          {"up_to_date", sink.up_to_date()},
          {"in_flight", sink.in_flight()},
          {"last_answer", sink.last_answer()},
          {"why", sink.last_why()}};
}

}  // namespace

nlohmann::json engine::status() const {
  json shown{{"version", std::string(build::version)}, {"settled", settled()}, {"unsettled", unsettled()}};
  for (const auto& [name, each] : sources_) shown["sources"][name] = show(*each);
  for (const auto& [name, each] : pipelines_) shown["pipelines"][name] = show(*each);
  for (const auto& [name, each] : sinks_) shown["sinks"][name] = show(*each);
  return shown;
}

}  // namespace drcon::engine
