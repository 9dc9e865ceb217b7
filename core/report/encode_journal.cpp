#include "base/wall_clock.hpp"
#include "report/encode.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <utility>

namespace drcon::report {
namespace {

using nlohmann::json;

double seconds(std::chrono::nanoseconds length) { return std::chrono::duration<double>(length).count(); }

}  // namespace

json encode(const model::endpoint_change& change) {
  return {{"service", change.service},
          {"endpoint", change.endpoint},
          {"address", change.address},
          {"change", to_string(change.what)}};
}

json encode(const std::vector<model::endpoint_change>& changes) {
  auto all = json::array();
  for (const auto& each : changes) all.push_back(encode(each));
  return all;
}

json encode(const engine::journal_entry& entry) {
  const char* kind = to_string(entry.about.kind);
  json encoded{{"number", entry.number},
               {"time", base::to_seconds(entry.when)},
               {"what", to_string(entry.what)},
               {"kind", kind},
               {"subject", entry.about.name.empty() ? kind : entry.about.name},
               {"revision", entry.revision},
               {"why", entry.why},
               {"who", entry.who},
               {"added", entry.counts.added},
               {"removed", entry.counts.removed},
               {"changed", entry.counts.changed},
               {"endpoints", encode(entry.endpoints)},
               {"seconds", seconds(entry.took)}};
  if (const auto& stages = entry.stages)
    encoded["stages"] = {{"published", seconds(stages->published)},
                         {"decided", seconds(stages->decided)},
                         {"applied", seconds(stages->applied)},
                         {"verified", seconds(stages->verified)},
                         {"whole", seconds(stages->whole)}};
  return encoded;
}

}  // namespace drcon::report
