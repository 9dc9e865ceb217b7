// When to let a change through: at once after a quiet time, folded within a storm.
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
        max_(std::chrono::duration_cast<clock::duration>(max)) {}

  /// A change came. Returns when it is due: `now` after quiet; otherwise when quiet has lasted `min`, but no later than
  /// `max` after the first change that waits. A small `min` counts as up to 100 ms in a long storm.
  clock::time_point changed(clock::time_point now) {
    const auto gap = last_change_ ? now - *last_change_ : clock::duration::max();
    last_change_ = now;
    in_a_row_ = gap < storm_gap() ? in_a_row_ + 1 : 0;
    const auto quiet = in_a_row_ < long_storm ? min_ : storm_gap();
    if (!first_waiting_ && gap >= quiet) return now;
    if (!first_waiting_) first_waiting_ = now;
    return std::min(now + quiet, *first_waiting_ + max_);
  }

  /// What waited was let through.
  void released() { first_waiting_.reset(); }

private:
  // Hundreds of registrations that come a little slower than `min` would each count as quiet, and cost a reload each.
  // It never exceeds `min` where that is 100 ms or more: a change that comes alone waits for `min` at most.
  clock::duration storm_gap() const {
    return std::min<clock::duration>(4 * min_, std::max<clock::duration>(min_, std::chrono::milliseconds(100)));
  }
  static constexpr int long_storm = 8;  // changes, each soon after the one before

  clock::duration min_;
  clock::duration max_;
  int in_a_row_ = 0;
  std::optional<clock::time_point> last_change_;
  std::optional<clock::time_point> first_waiting_;
};

}  // namespace drcon::engine
