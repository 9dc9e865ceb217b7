// A service of Consul that is watched, and what is known of it so far.
//
// Thread rule: the strand of the watcher.
#pragma once

#include "common/bucket.hpp"
#include "common/consul_progress.hpp"
#include "common/readiness.hpp"
#include "consul_http/settings.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace drcon::consul {

using common::bucket;
using common::consul::answer_burst;
using common::consul::answers_per_second;

struct watched_service {
  using clock = std::chrono::steady_clock;

  const selection* selected_by = nullptr;       ///< the entry of `service`; owned by the settings
  std::string name;                             ///< in Consul
  std::string published;                        ///< the name it is published under
  common::consul::query_progress progress;      ///< how it is asked next, and what its answers are worth
  common::standing standing;                    ///< whether it is known, and whether it fails
  bool gone = false;                            ///< not watched any more; queries under way end by themselves
  std::map<std::string, std::string> left_out;  ///< instances that are not published, and why
  std::optional<std::vector<endpoint>> last;    ///< what was published last, while answers have no index
  bool is_empty = false;                        ///< its last answer had no endpoints
  bool is_awaited = false;           ///< its last answer had fewer than at_least, and the source is not ready
  bool direct = false;               ///< has a connection of its own; else it takes turns
  bool suspected = false;            ///< something says that it has changed
  clock::time_point suspected_at{};  ///< only a query that began later answers that
  clock::time_point retry_at{};      ///< while failing, in rotation: not asked before
  clock::time_point checked{};       ///< what is known was true at this time
  clock::time_point changed{};       ///< when it last changed
  bucket answers{answers_per_second, answer_burst};
};

using watched_ptr = std::shared_ptr<watched_service>;

}  // namespace drcon::consul
