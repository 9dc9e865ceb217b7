#include "report/refused_in_service.hpp"

#include "base/count_of.hpp"
#include "engine/brake.hpp"
#include "model/snapshot.hpp"

#include <algorithm>
#include <map>
#include <span>

namespace drcon::report {
namespace {

// A registry that is wrong throughout must still give lines that a person can read.
constexpr std::size_t most_listed = 3;

struct loss {
  const model::shared_service* service;
  std::size_t refused;                          // of those in service
  std::string why;                              // of the first
  std::chrono::system_clock::time_point since;  // of the first that was refused
};

std::vector<loss> losses_at(const engine::sink_runner& sink, const model::snapshot& decided) {
  std::vector<loss> all;
  if (sink.instance().refusal_count() == 0) return all;
  std::map<std::string, std::map<std::string, plugins::refusal>> refused;  // by service and endpoint
  for (auto& each : sink.instance().refusals())
    if (!each.endpoint.empty()) refused[each.service].emplace(each.endpoint, each);
  for (const auto& [name, endpoints] : refused) {
    const auto since = [](const auto& each) { return each.second.since; };
    loss one{.service = decided.find(name),
             .refused = 0,
             .why = endpoints.begin()->second.why,
             .since = std::ranges::min_element(endpoints, {}, since)->second.since};
    if (!one.service) continue;
    one.refused =
        static_cast<std::size_t>(std::ranges::count_if(one.service->endpoints(), [&](const endpoint_view& each) {
          return model::in_service(each) && endpoints.contains(std::string(each.id()));
        }));
    if (one.refused > 0) all.push_back(std::move(one));
  }
  return all;
}

bool is_beyond(const loss& one, const config::brake_config& limits) {
  const auto had = one.service->counts().in_service;
  const auto left = had - one.refused;
  engine::brake::change change{.services = {}, .served = had, .next = left};
  return left == 0 || !engine::brake(limits).why_not(change).empty();
}

}  // namespace

std::size_t refused_in_service(const engine::engine& engine, const engine::pipeline& pipeline) {
  std::size_t most = 0;
  if (!pipeline.current().snapshot) return most;
  for (const auto& sink : pipeline.config().sinks) {
    std::size_t count = 0;
    for (const auto& each : losses_at(*engine.sinks().at(sink), *pipeline.current().snapshot)) count += each.refused;
    most = std::max(most, count);
  }
  return most;
}

std::vector<loss_at_sink> refused_beyond_the_brake(const engine::engine& engine, const engine::pipeline& pipeline) {
  std::vector<loss_at_sink> all;
  if (!pipeline.current().snapshot) return all;
  for (const auto& sink : pipeline.config().sinks) {
    auto losses = losses_at(*engine.sinks().at(sink), *pipeline.current().snapshot);
    std::erase_if(losses, [&](const loss& each) { return !is_beyond(each, pipeline.config().brake); });
    for (const auto& each : std::span(losses).first(std::min(losses.size(), most_listed)))
      all.push_back({.sink = sink,
                     .text = "sink " + sink + " leaves out " + std::to_string(each.refused) + " of " +
                             base::count_of(each.service->counts().in_service, "endpoint") + " in service of service " +
                             each.service->name() + ": " + each.why,
                     .since = each.since});
    if (losses.size() > most_listed)
      all.push_back({.sink = sink,
                     .text = "sink " + sink + " leaves out most of " +
                             base::count_of(losses.size() - most_listed, "more service"),
                     .since = std::ranges::min(losses, {}, &loss::since).since});
  }
  return all;
}

bool any_refused_beyond_the_brake(const engine::engine& engine) {
  return std::ranges::any_of(engine.pipelines(),
                             [&](const auto& each) { return !refused_beyond_the_brake(engine, *each.second).empty(); });
}

// A service of values has no endpoints either, and is nothing of that kind.
bool keeps_what_is_gone(const engine::sink_runner& sink, const plugins::refusal& what) {
  if (!what.endpoint.empty() || !sink.desired()) return false;
  const auto* service = sink.desired()->find(what.service);
  return !service || (service->counts().in_service == 0 && service->values().empty());
}

bool keeps_what_is_gone(const engine::sink_runner& sink) {
  return sink.instance().refusal_count() > 0 &&
         std::ranges::any_of(sink.instance().refusals(),
                             [&](const plugins::refusal& each) { return keeps_what_is_gone(sink, each); });
}

}  // namespace drcon::report
