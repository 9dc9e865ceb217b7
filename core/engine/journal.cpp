#include "engine/journal.hpp"

#include <utility>

namespace drcon::engine {

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
