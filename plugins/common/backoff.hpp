// Pauses between tries that fail: they double from a first one to a longest, each with chance in it, so that many
// hosts do not come back in step.
//
// Thread rule: owned by its user.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace drcon::common {

class backoff {
public:
  backoff(std::chrono::nanoseconds first, std::chrono::nanoseconds longest) : first_(first), longest_(longest) {}

  /// The next pause: half to the whole of a step that doubles each time.
  std::chrono::nanoseconds next() {
    step_ = step_ == std::chrono::nanoseconds::zero() ? first_ : std::min(longest_, 2 * step_);
    return std::chrono::nanoseconds(
        std::uniform_int_distribution<std::int64_t>(step_.count() / 2, step_.count())(random_));
  }
  /// It worked: the next failure is a first one.
  void reset() { step_ = {}; }

private:
  std::chrono::nanoseconds first_;
  std::chrono::nanoseconds longest_;
  std::chrono::nanoseconds step_{};
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace drcon::common
