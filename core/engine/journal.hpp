// What changed, why, and what each sink did with it: the last entries, in memory.
//
// Thread rule: the engine's thread.
#pragma once

#include "base/subject.hpp"
#include "model/difference.hpp"
#include "plugins/validation.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace drcon::engine {

/// How many endpoints an entry names at most; its counts are of all.
inline constexpr std::size_t endpoints_in_journal = 20;

/// How long a change took at each stage, as metrics::stage and metrics::change_to_applied measure it.
struct stage_times {
  std::chrono::nanoseconds published{};  ///< from the source's plugin to the engine
  std::chrono::nanoseconds decided{};    ///< from the source's plugin to a decided snapshot
  std::chrono::nanoseconds applied{};    ///< from the decision until the sink was handed the update
  std::chrono::nanoseconds verified{};   ///< from there to the answer that the target serves it
  std::chrono::nanoseconds whole{};      ///< from the source's plugin to that answer
};

struct journal_entry {
  enum class kind {
    decided,   ///< a pipeline has a new snapshot
    held,      ///< the brake refused one
    released,  ///< what the brake held is no longer asked for: the endpoints are back
    applied,   ///< a sink serves it
    away,      ///< a sink has not applied an update, or not answered; retried
    rejected,  ///< a sink will not take it
    refused,   ///< an endpoint was left out because of what it carries
    steered,   ///< an operator paused, resumed, rolled back, resynced or released a pipeline
    source,    ///< a source is unreachable, or reachable again
    reloaded,  ///< a new configuration was taken, or refused
  };
  std::uint64_t number = 0;  ///< counts up from 1, never reused
  std::chrono::system_clock::time_point when{};
  kind what = kind::decided;
  base::subject about = base::subject_kind::host;
  std::uint64_t revision = 0;
  std::string why;  ///< the cause, or the sink's answer
  std::string who;  ///< steered, reloaded: whose order it was; empty: not known
  model::endpoint_counts counts;
  std::vector<model::endpoint_change> endpoints;  ///< the first of them
  std::chrono::nanoseconds took{};    ///< decided: since the source spoke; a sink's: since it was handed the update
  std::optional<stage_times> stages;  ///< of an applied change
};

/// Of what one change leaves out: how many, and the first of them.
journal_entry entry_of(const base::subject& about, const std::vector<plugins::refusal>& left_out);

/// The word in JSON. The only place that spells them: scripts compare with it, so it does not change.
const char* to_string(journal_entry::kind what);
/// The word for people, everywhere.
const char* to_words(journal_entry::kind what);

class journal {
public:
  explicit journal(std::size_t size) : size_(size) {}

  /// How many entries are kept; the oldest ones that are too many go. Half of the places, a thousand at
  /// most, belong to decisions, holds and what operators did: refusals and answers of sinks, however many there are,
  /// never push those out.
  void resize(std::size_t size);
  /// Sets who is called with each new entry; an empty function ends it. There is one at most. It must not add entries
  /// itself: that would change the list while add() walks it.
  void set_observer(std::function<void(const journal_entry&)> observer) { observer_ = std::move(observer); }
  /// Numbers and dates the entry. An old one goes when the journal is full: see resize().
  void add(journal_entry entry);
  const std::deque<journal_entry>& entries() const { return entries_; }

private:
  void remove_surplus();

  std::size_t size_;
  std::size_t lasting_ = 0;  // how many entries are of those that others do not push out
  std::uint64_t next_ = 1;
  std::deque<journal_entry> entries_;
  std::function<void(const journal_entry&)> observer_;
};

}  // namespace drcon::engine
