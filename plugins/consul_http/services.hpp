// A service of Consul that is watched, and what is known of it so far.
//
// Thread rule: the strand of the watcher.
#pragma once

#include "consul_http/bucket.hpp"
#include "consul_http/settings.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace drcon::consul {

/// Of one blocking query, beyond a burst: a check that flaps must not keep drcon busy.
inline constexpr double answers_per_second = 10;
inline constexpr double answer_burst = 5;

struct watched_service {
  using clock = std::chrono::steady_clock;

  const selection* selected_by = nullptr;  ///< the entry of `service`; owned by the settings
  std::string name;                        ///< in Consul
  std::string published;                   ///< the name it is published under
  std::uint64_t index = 0;                 ///< Consul's index of the last answer; 0: the next query is a plain one
  bool is_known = false;                   ///< has been published at least once
  bool gone = false;                       ///< not watched any more; queries under way end by themselves
  bool direct = false;                     ///< has a connection of its own; else it takes turns
  bool suspected = false;                  ///< something says that it has changed
  bool failing = false;                    ///< its last query failed
  clock::time_point retry_at{};            ///< while failing, in rotation: not asked before
  bool fresh_only = false;                 ///< a stale answer was too old: the next query goes to the leader
  clock::time_point checked{};             ///< what is known was true at this time
  clock::time_point changed{};             ///< when it last changed
  bucket answers{answers_per_second, answer_burst};
};

using watched_ptr = std::shared_ptr<watched_service>;

}  // namespace drcon::consul
