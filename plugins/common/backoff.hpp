// Pauses between tries that fail: each is twice as long as the one before, up to a longest.
//
// Chance is part of each, so that many hosts that failed together do not come back together.
// Thread rule: owned by its user.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace drcon::common {

/// The share of a step that a pause takes: any from `least` to `most`, by chance.
struct pause_share {
  double least = 0.5;
  double most = 1;
};

class backoff {
public:
  backoff(std::chrono::nanoseconds first, std::chrono::nanoseconds longest, pause_share share = {})
      : first_(first), longest_(longest), share_(share) {}

  /// The next pause. Its step is the first one, and doubles with each call until reset().
  std::chrono::nanoseconds next() {
    step_ = step_ == std::chrono::nanoseconds::zero() ? first_ : std::min(longest_, 2 * step_);
    const auto part = [this](double share) {
      return static_cast<std::int64_t>(static_cast<double>(step_.count()) * share);
    };
    return std::chrono::nanoseconds(
        std::uniform_int_distribution<std::int64_t>(part(share_.least), part(share_.most))(random_));
  }
  /// A try succeeded: the next failure is a first one.
  void reset() { step_ = {}; }

private:
  std::chrono::nanoseconds first_;
  std::chrono::nanoseconds longest_;
  pause_share share_;
  std::chrono::nanoseconds step_{};  // zero: nothing has failed since the start or the last reset
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace drcon::common
