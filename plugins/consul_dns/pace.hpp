// How long to wait between two questions.
//
// Pure functions.
#pragma once

#include "common/backoff.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace drcon::consul_dns {

/// A tenth more or less, so that many hosts do not ask in step.
inline constexpr common::pause_share around_a_step{.least = 0.9, .most = 1.1};

struct pace {
  std::chrono::nanoseconds min{};
  std::chrono::nanoseconds max{};
  std::chrono::nanoseconds retry_max{};

  /// The answer's TTL, in seconds, within the limits.
  std::chrono::nanoseconds after_answer(std::uint32_t ttl) const {
    return std::clamp<std::chrono::nanoseconds>(std::chrono::seconds(ttl), min, max);
  }
  /// The pauses after failures: from `min`, which comes after the first, to `retry_max`.
  common::backoff after_failures() const { return {min, retry_max, around_a_step}; }
};

/// A tenth more or less.
template <class Random>
std::chrono::nanoseconds with_jitter(std::chrono::nanoseconds length, Random& random) {
  const auto tenth = length.count() / 10;
  return length + std::chrono::nanoseconds(std::uniform_int_distribution<std::int64_t>(-tenth, tenth)(random));
}

}  // namespace drcon::consul_dns
