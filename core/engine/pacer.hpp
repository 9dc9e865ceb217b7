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
  /// `max` after the first change that waits.
  clock::time_point changed(clock::time_point now) {
    const bool quiet = !last_change_ || now - *last_change_ >= min_;
    last_change_ = now;
    if (!first_waiting_ && quiet) return now;
    if (!first_waiting_) first_waiting_ = now;
    return std::min(now + min_, *first_waiting_ + max_);
  }

  /// What waited was let through.
  void released() { first_waiting_.reset(); }

private:
  clock::duration min_;
  clock::duration max_;
  std::optional<clock::time_point> last_change_;
  std::optional<clock::time_point> first_waiting_;
};

}  // namespace drcon::engine
