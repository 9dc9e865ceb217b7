#include "base/wall_clock.hpp"
#include "report/encode.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace drcon::report {
namespace {

using nlohmann::json;

// 0 stands for "never" in JSON.
double seconds_or_zero(const std::optional<std::chrono::system_clock::time_point>& when) {
  return when ? base::to_seconds(*when) : 0;
}

std::string word_or_empty(const std::optional<health>& health) {
  return health ? std::string(to_string(*health)) : std::string();
}

json encode(const source_finding& finding) {
  json encoded{{"source", finding.source},
               {"plugin", finding.plugin},
               {"state", to_string(finding.state)},
               {"text", finding.text},
               {"known", finding.known},
               {"says", to_string(finding.claim)},
               {"why", finding.why},
               {"revision", finding.revision},
               {"told", seconds_or_zero(finding.reported)},
               {"silent_since", seconds_or_zero(finding.silent_since)}};
  if (finding.health) {
    encoded["health"] = word_or_empty(finding.health);
    encoded["weight"] = finding.weight;
  }
  return encoded;
}

json encode(const decision_finding& finding) {
  return {{"revision", finding.revision},
          {"present", finding.present},
          {"health", word_or_empty(finding.health)},
          {"weight", finding.weight},
          {"since_revision", finding.since_revision},
          {"since", base::to_seconds(finding.since)},
          {"why", finding.why},
          {"gone_at", seconds_or_zero(finding.gone_at)}};
}

json encode(const sink_finding& finding) {
  auto targets = json::array();
  for (const auto& each : finding.targets)
    targets.push_back({{"name", each.name}, {"known", each.known}, {"lines", each.lines}});
  return {{"sink", finding.sink},
          {"plugin", finding.plugin},
          {"present", finding.present},
          {"applied", report::encode(finding.applied)},
          {"wanted", report::encode(finding.desired)},
          {"up_to_date", finding.up_to_date},
          {"last_answer", to_string(finding.last_answer)},
          {"why", finding.why},
          {"refused", finding.refused},
          {"target", std::move(targets)},
          {"target_error", finding.target_error}};
}

json encode(const endpoint_finding& finding) {
  json encoded{{"service", finding.service},
               {"id", finding.id},
               {"address", finding.address},
               {"verdict", finding.verdict},
               {"in_rotation", finding.in_rotation},
               {"sources", json::array()},
               {"merge", finding.merge},
               {"filter", finding.filter},
               {"brake", finding.brake},
               {"paused", finding.paused},
               {"earlier_configuration", finding.earlier_configuration},
               {"decided", encode(finding.decided)},
               {"also_of", finding.also_of},
               {"sinks", json::array()},
               {"journal", json::array()}};
  for (const auto& each : finding.sources) encoded["sources"].push_back(encode(each));
  for (const auto& each : finding.sinks) encoded["sinks"].push_back(encode(each));
  for (const auto& each : finding.journal) encoded["journal"].push_back(report::encode(each));
  return encoded;
}

}  // namespace

json encode(const explanation& explanation) {
  auto matches = json::array();
  for (const auto& each : explanation.matches) matches.push_back(encode(each));
  return {{"pipeline", explanation.pipeline},
          {"asked", explanation.asked},
          {"matches", std::move(matches)},
          {"more", explanation.has_more}};
}

}  // namespace drcon::report
