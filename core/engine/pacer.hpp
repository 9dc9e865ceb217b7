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
        max_(std::chrono::duration_cast<clock::duration>(max)),
        window_(min_) {}

  /// A change came. Returns when it is due: `now` after quiet; otherwise when quiet has lasted `min` and the window of
  /// the storm is over, but no later than `max` after the first change that waits.
  clock::time_point changed(clock::time_point now) {
    const bool quiet = !last_change_ || now - *last_change_ >= min_;
    const bool window_over = !last_release_ || now >= *last_release_ + window_;
    last_change_ = now;
    if (!first_waiting_ && quiet && window_over) return now;
    if (!first_waiting_) first_waiting_ = now;
    const auto earliest = last_release_ ? std::max(now + min_, *last_release_ + window_) : now + min_;
    return std::min(earliest, *first_waiting_ + max_);
  }

  /// What waited was let through. The window widens, from `min` to `max`, while releases follow each other closely: a
  /// long storm costs a target one update every `max`, a change that comes alone waits for nothing.
  void released(clock::time_point now) {
    const bool storm = last_release_ && now - *last_release_ < 2 * window_;
    window_ = storm ? std::min(max_, 4 * window_) : min_;
    last_release_ = now;
    first_waiting_.reset();
  }

private:
  clock::duration min_;
  clock::duration max_;
  clock::duration window_;
  std::optional<clock::time_point> last_change_;
  std::optional<clock::time_point> last_release_;
  std::optional<clock::time_point> first_waiting_;
};

}  // namespace drcon::engine
