// A token bucket: short bursts go at once, long ones at a rate.
//
// Thread rule: the strand of its owner.
#pragma once

#include <algorithm>
#include <chrono>

namespace drcon::common {

class bucket {
public:
  using clock = std::chrono::steady_clock;

  bucket(double rate, double burst) : rate_(rate), burst_(burst), tokens_(burst) {}

  /// Takes a token and returns how long to wait before acting on it; 0 within the burst.
  clock::duration take(clock::time_point now) {
    tokens_ = std::min(burst_, tokens_ + rate_ * std::chrono::duration<double>(now - last_).count());
    last_ = now;
    tokens_ -= 1;
    if (tokens_ >= 0) return clock::duration::zero();
    return std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(-tokens_ / rate_));
  }

  /// Takes a token if there is one.
  bool try_take(clock::time_point now) {
    tokens_ = std::min(burst_, tokens_ + rate_ * std::chrono::duration<double>(now - last_).count());
    last_ = now;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

private:
  double rate_;
  double burst_;
  double tokens_;
  clock::time_point last_ = clock::now();
};

}  // namespace drcon::common
