// When to let a change through: at once after a quiet time, together within a burst of changes.
//
// A pure rule over times given to it; the pipeline owns the timer. Not shared between threads.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

namespace drcon::engine {

class pacer {
public:
  using clock = std::chrono::steady_clock;

  pacer(std::chrono::nanoseconds min, std::chrono::nanoseconds max)
      : min_(std::chrono::duration_cast<clock::duration>(min)),
        max_(std::chrono::duration_cast<clock::duration>(max)),
        longest_quiet_(std::max(min_, std::min(10 * min_, burst_quiet_limit))),
        drain_(std::min(4 * min_, longest_quiet_)) {}

  /// A change came. Returns when it is due: `now` after quiet; otherwise when quiet has lasted, but no later than `max`
  /// after the first change that waits.
  clock::time_point changed(clock::time_point now) {
    const auto gap = last_change_ ? now - *last_change_ : clock::duration::max();
    last_change_ = now;
    measure(gap);
    const auto quiet = quiet_time();
    if (!first_waiting_ && gap >= quiet) return now;
    if (!first_waiting_) first_waiting_ = now;
    return std::min(now + quiet, *first_waiting_ + max_);
  }

  /// What waited was let through.
  void released() { first_waiting_.reset(); }

private:
  // Hundreds of registrations reach a pipeline in clumps, with pauses of 100 ms between them, and each pause looks like
  // the end of the burst. A longer pause than this ends it: what comes last must not wait much longer than `min`.
  static constexpr clock::duration burst_quiet_limit = std::chrono::milliseconds(200);
  // A third change in a row begins a burst, since each change of it that counts as alone costs the target a reload.
  static constexpr double burst_begins_at = 2;
  static constexpr double highest_level = 4;

  // How fast changes arrive, as the level of a bucket: each change adds 1, and 1 drains in `drain_`. Arrivals count and
  // not releases, since two releases that follow each other closely may be two changes that each came alone.
  void measure(clock::duration gap) {
    if (gap >= longest_quiet_) level_ = 0;
    else level_ = std::max(0.0, level_ - std::chrono::duration<double>(gap) / std::chrono::duration<double>(drain_));
    widest_gap_ = level_ > 0 ? std::max(widest_gap_, gap) : clock::duration::zero();
    level_ = std::min(highest_level, level_ + 1);
  }

  // How long nothing must come for what waits to be let through: in a burst twice the widest pause that it has had.
  clock::duration quiet_time() const {
    return level_ > burst_begins_at ? std::clamp(2 * widest_gap_, min_, longest_quiet_) : min_;
  }

  clock::duration min_;
  clock::duration max_;
  clock::duration longest_quiet_;  // equal to `min` if that is long: then it alone decides
  clock::duration drain_;
  double level_ = 0;
  clock::duration widest_gap_{};  // between changes of this burst
  std::optional<clock::time_point> last_change_;
  std::optional<clock::time_point> first_waiting_;
};

}  // namespace drcon::engine
