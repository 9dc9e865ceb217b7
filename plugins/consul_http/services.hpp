// A service of Consul that is watched, and what is known of it so far.
//
// Thread rule: the strand of the watcher.
#pragma once

#include "common/bucket.hpp"
#include "common/consul_progress.hpp"
#include "consul_http/settings.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace drcon::consul {

using common::bucket;

/// Of one blocking query, beyond a burst: a check that flaps must not keep drcon busy.
inline constexpr double answers_per_second = 10;
inline constexpr double answer_burst = 5;

struct watched_service {
  using clock = std::chrono::steady_clock;

  const selection* selected_by = nullptr;   ///< the entry of `service`; owned by the settings
  std::string name;                         ///< in Consul
  std::string published;                    ///< the name it is published under
  common::consul::query_progress progress;  ///< how it is asked next, and what its answers are worth
  bool is_known = false;                    ///< has been published at least once
  bool is_heard = false;                    ///< known since the last outage, or known not to become known by waiting
  unsigned refused = 0;          ///< how often in a row Consul has answered it with an error, since an outage
  bool gone = false;             ///< not watched any more; queries under way end by themselves
  bool direct = false;           ///< has a connection of its own; else it takes turns
  bool suspected = false;        ///< something says that it has changed
  bool failing = false;          ///< its last query failed
  clock::time_point retry_at{};  ///< while failing, in rotation: not asked before
  clock::time_point checked{};   ///< what is known was true at this time
  clock::time_point changed{};   ///< when it last changed
  bucket answers{answers_per_second, answer_burst};
};

using watched_ptr = std::shared_ptr<watched_service>;

}  // namespace drcon::consul
