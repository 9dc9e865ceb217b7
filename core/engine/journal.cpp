#include "engine/journal.hpp"

#include "engine/journal_words.hpp"

#include <algorithm>
#include <string>
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

const char* to_words(journal_entry::kind what) {
  if (what == journal_entry::kind::away) return "not applied";
  // An operator releases the brake: that is "steered". Here the endpoints are back, and nothing was let through.
  if (what == journal_entry::kind::released) return "hold ended";
  return to_string(what);
}

const std::vector<journal_word>& journal_words() {
  using enum journal_entry::kind;
  static const std::vector<journal_word> all{
      {decided, "A pipeline has decided a new snapshot."},
      {held, "The brake of a pipeline holds removals."},
      {released, "What the brake held is no longer asked for: the endpoints are back."},
      {applied, "A sink has applied a snapshot: its target serves it."},
      {away, "A sink has not applied an update: its target is unreachable or not ready; drcon retries."},
      {rejected, "A sink has refused a snapshot; drcon waits for another."},
      {refused, "A source or sink has left out endpoints, or a service."},
      {steered,
       "An operator has paused, resumed, rolled back, resynced or released a pipeline; `who` names the operator."},
      {source, "A source has become unreachable, or is reachable again."},
      {reloaded, "A new configuration was taken, or refused; `who` names the operator."},
  };
  return all;
}

journal_entry entry_of(const base::subject& about, const std::vector<plugins::refusal>& left_out) {
  constexpr std::size_t most_named = 20;
  journal_entry entry{.what = journal_entry::kind::refused, .about = about, .why = left_out.front().why};
  if (left_out.size() > 1) entry.why = std::to_string(left_out.size()) + " are left out; the first: " + entry.why;
  entry.counts.removed = left_out.size();
  for (const auto& each : left_out) {
    if (entry.endpoints.size() == most_named) break;
    entry.endpoints.push_back({each.service, each.endpoint, {}, model::endpoint_change::kind::removed});
  }
  return entry;
}

namespace {

// What an operator looks for after an incident. Others than operators and registries' losses cannot make many of them.
bool lasts(const journal_entry& entry) {
  switch (entry.what) {
    case journal_entry::kind::decided:
    case journal_entry::kind::held:
    case journal_entry::kind::released:
    case journal_entry::kind::steered:
    case journal_entry::kind::reloaded: return true;
    default: return false;
  }
}

// Anybody who may register can make decisions and holds, and so as many of them as there are places.
bool is_by_operator(const journal_entry& entry) {
  return entry.what == journal_entry::kind::steered || entry.what == journal_entry::kind::reloaded;
}

// The oldest of those that last and that nobody has asked for. If more than `most` are older that operators have asked
// for, the oldest of these.
std::deque<journal_entry>::iterator oldest_that_lasts(std::deque<journal_entry>& all, std::size_t most) {
  auto found = all.end();
  std::size_t older = 0;
  for (auto each = all.begin(); each != all.end(); ++each) {
    if (!lasts(*each)) continue;
    if (!is_by_operator(*each)) return each;
    if (found == all.end()) found = each;
    if (++older > most) break;
  }
  return found;
}

// So many at most have places of their own, so that the search for the oldest of the others stays short.
constexpr std::size_t most_reserved = 1000;

}  // namespace

void journal::remove_surplus() {
  while (entries_.size() > size_) {
    // The class that has more than its half gives a place: the oldest of it.
    const bool gives = lasting_ > std::min(size_ / 2, most_reserved);
    auto oldest = gives ? oldest_that_lasts(entries_, std::min(size_ / 4, most_reserved))
                        : std::ranges::find_if_not(entries_, lasts);
    if (oldest == entries_.end()) oldest = entries_.begin();
    lasting_ -= lasts(*oldest) ? 1 : 0;
    entries_.erase(oldest);
  }
}

void journal::resize(std::size_t size) {
  size_ = size;
  remove_surplus();
}

void journal::add(journal_entry entry) {
  entry.number = next_++;
  entry.when = std::chrono::system_clock::now();
  lasting_ += lasts(entry) ? 1 : 0;
  entries_.push_back(std::move(entry));
  if (observer_) observer_(entries_.back());  // before it may be removed again, as one too many
  remove_surplus();
}

}  // namespace drcon::engine
