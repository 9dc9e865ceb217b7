#include "engine/brake.hpp"

#include "config/units.hpp"

#include <algorithm>
#include <cmath>

namespace drcon::engine {

// The most endpoints in service at any time within the window; the newest entry always counts, however old.
std::size_t brake::reference(clock::time_point now) {
  while (history_.size() > 1 && now - history_[1].first >= config_.window) history_.pop_front();
  std::size_t most = 0;
  for (const auto& [when, count] : history_) most = std::max(most, count);
  return most;
}

std::string brake::loss(std::size_t before, std::size_t after) const {
  if (after >= before) return {};
  const auto removed = before - after;
  const auto share = static_cast<double>(removed) / static_cast<double>(before);
  const auto counts = std::to_string(removed) + " of " + std::to_string(before) + " endpoints in service would go";
  if (share > config_.max_removed) {
    const auto percent = [](double value) { return std::to_string(std::lround(value * 100)) + "%"; };
    return counts + " at once (" + percent(share) + "; max_removed is " + percent(config_.max_removed) + ")";
  }
  const auto least = static_cast<std::size_t>(config_.min_endpoints);
  if (after < least && before >= least)
    return counts + ", leaving " + std::to_string(after) + " (min_endpoints is " + std::to_string(least) + ")";
  return {};
}

brake::decision brake::ask(clock::time_point now, std::size_t in_service) {
  const auto why = config_.hold.count() == 0 ? std::string{} : loss(reference(now), in_service);
  if (why.empty()) {
    held_since_.reset();
    return {};
  }
  if (!held_since_) held_since_ = now;
  const auto until = *held_since_ + config_.hold;
  if (now < until && !released_) return {.pass = false, .accepted = false, .why = why, .until = until};
  const auto reason = released_ ? "the brake was released" : "it lasted for " + config::to_text(config_.hold);
  held_since_.reset();
  released_ = false;
  history_.clear();
  return {.pass = true, .accepted = true, .why = why + "; " + reason, .until = {}};
}

void brake::passed(clock::time_point now, std::size_t in_service) {
  history_.emplace_back(now, in_service);
  reference(now);
}

}  // namespace drcon::engine
