// Holds an update after which too many endpoints would be gone at once, since an outage of the registry looks the same.
//
// A pure rule over times and counts; the pipeline owns it and its timer. Not shared between threads.
#pragma once

#include "config/configuration.hpp"

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <utility>

namespace drcon::engine {

class brake {
public:
  using clock = std::chrono::steady_clock;

  explicit brake(const config::brake_config& config) : config_(config) {}

  struct decision {
    bool pass = true;
    bool accepted = false;      ///< a loss that passes because it lasted for the whole of `hold`, or was released
    std::string why;            ///< when held, or an accepted loss
    clock::time_point until{};  ///< when held: ask again then, if nothing changed before
  };

  /// May a snapshot with `in_service` endpoints be passed on? Remembers since when it holds.
  decision ask(clock::time_point now, std::size_t in_service);

  /// A snapshot with `in_service` endpoints was passed on: later losses are measured from it.
  void passed(clock::time_point now, std::size_t in_service);

  bool holding() const { return held_since_.has_value(); }
  /// Lets the next snapshot pass, whatever it loses.
  void release() { released_ = true; }
  /// A loss that is held now is held for the whole of `hold` again: the time so far does not count.
  void forget_hold() { held_since_.reset(); }

private:
  std::size_t reference(clock::time_point now);
  /// Why going from `before` to `after` endpoints is too much; empty if it is not.
  std::string loss(std::size_t before, std::size_t after) const;

  config::brake_config config_;
  std::deque<std::pair<clock::time_point, std::size_t>> history_;  // what passed, within the window, oldest first
  std::optional<clock::time_point> held_since_;
  bool released_ = false;
};

}  // namespace drcon::engine
