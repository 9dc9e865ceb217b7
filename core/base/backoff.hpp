// How long to wait before the next try: doubling, capped, with jitter.
//
// Thread rule: owned by whoever retries; not shared.
#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace drcon::base {

class backoff {
public:
  using duration = std::chrono::nanoseconds;

  /// The steps go from `first` to `most`.
  backoff(duration first, duration most) : first_(first), most_(most), next_(first) {}

  /// The pause before the next try: between half and all of the current step, so that many that failed together do
  /// not come back together.
  duration next() {
    const auto step = std::min(next_, most_);
    next_ = std::min(next_ * 2, most_);
    return std::uniform_int_distribution(step.count() / 2, step.count())(random_) * duration(1);
  }
  /// A try succeeded: the next failure waits for the shortest time again.
  void reset() { next_ = first_; }

private:
  duration first_;
  duration most_;
  duration next_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace drcon::base
