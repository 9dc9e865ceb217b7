#include "engine/journal.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace drcon::engine {
namespace {

const char* to_string(enum endpoint_change::kind what) {
  switch (what) {
    case endpoint_change::kind::added: return "added";
    case endpoint_change::kind::removed: return "removed";
    case endpoint_change::kind::changed: break;
  }
  return "changed";
}

}  // namespace

const char* to_string(journal_entry::kind what) {
  switch (what) {
    case journal_entry::kind::decided: return "decided";
    case journal_entry::kind::held: return "held";
    case journal_entry::kind::applied: return "applied";
    case journal_entry::kind::away: return "away";
    case journal_entry::kind::rejected: return "rejected";
    case journal_entry::kind::refused: break;
  }
  return "refused";
}

nlohmann::json to_json(const journal_entry& entry) {
  auto endpoints = nlohmann::json::array();
  for (const auto& each : entry.endpoints)
    endpoints.push_back({{"service", each.service},
                         {"endpoint", each.endpoint},
                         {"address", each.address},
                         {"change", to_string(each.what)}});
  return {{"number", entry.number},
          {"time", std::chrono::duration<double>(entry.when.time_since_epoch()).count()},
          {"what", to_string(entry.what)},
          {"subject", entry.subject},
          {"revision", entry.revision},
          {"why", entry.why},
          {"added", entry.counts.added},
          {"removed", entry.counts.removed},
          {"changed", entry.counts.changed},
          {"endpoints", std::move(endpoints)},
          {"seconds", std::chrono::duration<double>(entry.took).count()}};
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
}

}  // namespace drcon::engine
