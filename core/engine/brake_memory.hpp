// What a brake has to know after a restart: what it holds, and what has been lost within its window.
//
// Thread rule: values. The brake counts by the steady clock; on disk are times of day, since the steady clock begins
// again with the machine.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace drcon::engine {

template <class Clock>
struct brake_memory {
  using time_point = typename Clock::time_point;

  struct hold {
    std::string service;  ///< empty: the whole pipeline
    std::string why;
    std::size_t kept = 0;    ///< in service when it began
    std::size_t lowest = 0;  ///< the fewest that the sources had since then
    time_point since{};
    /// For so long it was seen before drcon was stopped in order, which counts when the sources answer again; 0: not
    /// known. It is not the time from `since` on: nobody knows from that alone when drcon ended.
    std::chrono::nanoseconds seen{};
    bool is_own = true;      ///< false: of a service that is held only because the pipeline is
    bool of_outage = false;  ///< the limits were passed by what one source reports after an outage
    bool operator==(const hold&) const = default;
  };
  /// So many were in service until then, and fewer afterwards.
  struct loss {
    std::string service;  ///< empty: the whole pipeline
    time_point until{};
    std::size_t served = 0;
    bool operator==(const loss&) const = default;
  };

  std::vector<hold> holds;   ///< the pipeline's own first, then in order of name
  std::vector<loss> losses;  ///< oldest first
  bool empty() const { return holds.empty() && losses.empty(); }
  bool operator==(const brake_memory&) const = default;
};

using kept_brake_memory = brake_memory<std::chrono::system_clock>;

/// The same by another clock. What would lie ahead of `new_now` was kept before the clock was set back, and counts as
/// just happened: a loss that was forgotten too early would let the next one pass.
template <class New, class Old>
brake_memory<New> by_clock(const brake_memory<Old>& memory, typename Old::time_point old_now,
                           typename New::time_point new_now) {
  const auto moved = [&](typename Old::time_point when) {
    const auto age = std::max(old_now - when, Old::duration::zero());
    return new_now - std::chrono::duration_cast<typename New::duration>(age);
  };
  brake_memory<New> made;
  for (const auto& each : memory.holds)
    made.holds.push_back({.service = each.service,
                          .why = each.why,
                          .kept = each.kept,
                          .lowest = each.lowest,
                          .since = moved(each.since),
                          .seen = each.seen,
                          .is_own = each.is_own,
                          .of_outage = each.of_outage});
  for (const auto& each : memory.losses)
    made.losses.push_back({.service = each.service, .until = moved(each.until), .served = each.served});
  return made;
}

}  // namespace drcon::engine
