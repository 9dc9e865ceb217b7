#include "engine/journal.hpp"

#include "base/wall_clock.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace drcon::engine {
namespace {

const char* word(enum model::endpoint_change::kind what) {
  switch (what) {
    case model::endpoint_change::kind::added: return "added";
    case model::endpoint_change::kind::removed: return "removed";
    case model::endpoint_change::kind::changed: break;
  }
  return "changed";
}

double seconds(std::chrono::nanoseconds length) { return std::chrono::duration<double>(length).count(); }

}  // namespace

const char* to_string(journal_entry::kind what) {
  switch (what) {
    case journal_entry::kind::decided: return "decided";
    case journal_entry::kind::held: return "held";
    case journal_entry::kind::released: return "released";
    case journal_entry::kind::applied: return "applied";
    case journal_entry::kind::away: return "away";
    case journal_entry::kind::rejected: return "rejected";
    case journal_entry::kind::refused: return "refused";
    case journal_entry::kind::steered: return "steered";
    case journal_entry::kind::source: return "source";
    case journal_entry::kind::reloaded: break;
  }
  return "reloaded";
}

nlohmann::json to_json(const model::endpoint_change& change) {
  return {{"service", change.service},
          {"endpoint", change.endpoint},
          {"address", change.address},
          {"change", word(change.what)}};
}

nlohmann::json to_json(const journal_entry& entry) {
  auto endpoints = nlohmann::json::array();
  for (const auto& each : entry.endpoints) endpoints.push_back(to_json(each));
  nlohmann::json shown{{"number", entry.number},
                       {"time", base::to_seconds(entry.when)},
                       {"what", to_string(entry.what)},
                       {"kind", to_string(entry.about.kind)},
                       {"subject", entry.about.name.empty() ? to_string(entry.about.kind) : entry.about.name},
                       {"revision", entry.revision},
                       {"why", entry.why},
                       {"added", entry.counts.added},
                       {"removed", entry.counts.removed},
                       {"changed", entry.counts.changed},
                       {"endpoints", std::move(endpoints)},
                       {"seconds", seconds(entry.took)}};
  if (const auto& of = entry.stages)
    shown["stages"] = {{"published", seconds(of->published)},
                       {"decided", seconds(of->decided)},
                       {"applied", seconds(of->applied)},
                       {"verified", seconds(of->verified)},
                       {"whole", seconds(of->whole)}};
  return shown;
}

void journal::resize(std::size_t size) {
  size_ = size;
  while (entries_.size() > size_) entries_.pop_front();
}

void journal::add(journal_entry entry) {
  entry.number = next_++;
  entry.when = std::chrono::system_clock::now();
  entries_.push_back(std::move(entry));
  if (entries_.size() > size_) entries_.pop_front();
  if (observer_) observer_(entries_.back());
}

}  // namespace drcon::engine
