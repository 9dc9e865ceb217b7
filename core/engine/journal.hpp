// What changed, why, and what each sink did with it: the last entries, in memory.
//
// Thread rule: the engine's thread.
#pragma once

#include "base/subject.hpp"
#include "model/difference.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace drcon::engine {

/// The way of a change, as metrics::stage and metrics::change_to_applied measure it.
struct stage_times {
  std::chrono::nanoseconds published{};
  std::chrono::nanoseconds decided{};
  std::chrono::nanoseconds applied{};
  std::chrono::nanoseconds verified{};
  std::chrono::nanoseconds whole{};
};

struct journal_entry {
  enum class kind {
    decided,   ///< a pipeline has a new snapshot
    held,      ///< the brake refused one
    released,  ///< what the brake held is not wanted any more
    applied,   ///< a sink serves it
    away,      ///< a sink's target is away; tried again
    rejected,  ///< a sink will not take it
    refused,   ///< an endpoint was left out because of what it carries
    steered,   ///< somebody paused, resumed, rolled back, resynced or released a pipeline
    source,    ///< a source cannot tell, or can again
    reloaded,  ///< the configuration was read anew: taken, or refused
  };
  std::uint64_t number = 0;  ///< counts up from 1, never reused
  std::chrono::system_clock::time_point when{};
  kind what = kind::decided;
  base::subject about = base::subject_kind::host;
  std::uint64_t revision = 0;
  std::string why;  ///< the cause, or the sink's answer
  model::endpoint_counts counts;
  std::vector<model::endpoint_change> endpoints;  ///< the first of them
  std::chrono::nanoseconds took{};    ///< decided: since the source spoke; a sink's: since it was handed the update
  std::optional<stage_times> stages;  ///< of an applied change
};

const char* to_string(journal_entry::kind what);

class journal {
public:
  explicit journal(std::size_t size) : size_(size) {}

  void resize(std::size_t size);
  /// Who is told each new entry; one at most. Must not add entries itself.
  void tell(std::function<void(const journal_entry&)> observer) { observer_ = std::move(observer); }
  /// Numbers and dates the entry.
  void add(journal_entry entry);
  const std::deque<journal_entry>& entries() const { return entries_; }

private:
  std::size_t size_;
  std::uint64_t next_ = 1;
  std::deque<journal_entry> entries_;
  std::function<void(const journal_entry&)> observer_;
};

}  // namespace drcon::engine
