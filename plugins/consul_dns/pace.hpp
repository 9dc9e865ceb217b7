// How long to wait between two questions.
//
// Pure functions.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace drcon::consul_dns {

struct pace {
  std::chrono::nanoseconds min{};
  std::chrono::nanoseconds max{};
  std::chrono::nanoseconds retry_max{};

  /// The answer's TTL, in seconds, within the limits.
  std::chrono::nanoseconds after_answer(std::uint32_t ttl) const {
    return std::clamp<std::chrono::nanoseconds>(std::chrono::seconds(ttl), min, max);
  }
  /// Doubles from `min`, which comes after the first failure.
  std::chrono::nanoseconds after_failures(int more) const {
    auto next = min;
    for (int i = 0; i < more && next < retry_max; ++i) next *= 2;
    return std::min(next, retry_max);
  }
};

/// A tenth more or less, so that many hosts do not ask in step.
template <class Random>
std::chrono::nanoseconds with_jitter(std::chrono::nanoseconds length, Random& random) {
  const auto step = length.count() / 10;
  return length + std::chrono::nanoseconds(std::uniform_int_distribution<std::int64_t>(-step, step)(random));
}

}  // namespace drcon::consul_dns
