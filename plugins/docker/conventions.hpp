// From a container to the services it offers, by the conventions that Registrator has established: SERVICE_NAME,
// SERVICE_TAGS, SERVICE_<port>_NAME and so on, in its environment and labels.
//
// Pure functions.
#pragma once

#include "docker/answer.hpp"
#include "docker/rules.hpp"

#include <drcon/model.hpp>

#include <string>
#include <vector>

namespace drcon::docker {

/// One endpoint of a service.
struct offer {
  std::string service;
  endpoint what;
  bool operator==(const offer&) const = default;
};

/// What becomes of a container.
struct verdict {
  std::vector<offer> offers;
  std::string service;                ///< the name that it has or would have
  std::string why_none;               ///< why it is not published at all
  bool is_missed = false;             ///< it runs, so that somebody may wonder why it is not published
  std::vector<std::string> unusable;  ///< its settings that have no effect, each with the reason
  bool operator==(const verdict&) const = default;
};

/// `was_asked_to_stop`: somebody has asked the container to end, whether it still runs or not.
verdict judge(const container& origin, const rules& by, bool was_asked_to_stop);

/// What judge() publishes.
inline std::vector<offer> offers_of(const container& origin, const rules& by, bool was_asked_to_stop) {
  return judge(origin, by, was_asked_to_stop).offers;
}

}  // namespace drcon::docker
