// When a service keeps its last servers because of what its sink itself leaves out.
//
// The host's brake has judged the service with all its endpoints, and a sink finds out only afterwards which of them it
// cannot serve. Without a rule of its own, one tag that the target's language cannot hold would empty a service that
// nobody has decided to empty. Pure functions.
#pragma once

#include "common/count_of.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

namespace drcon::common {

/// Of one service, all of them counted in service.
struct refused_loss {
  std::size_t served = 0;   ///< what the target has of it
  std::size_t desired = 0;  ///< endpoints of the snapshot
  std::size_t refused = 0;  ///< of these, those that the sink leaves out

  /// Whether fewer than half would be left of what is both desired and served: the target then keeps what it has of the
  /// service beside the endpoints that can be served. Endpoints that are left out in addition to those that were served
  /// are no loss: otherwise whoever registers many that are refused could keep every other one from leaving.
  constexpr bool keeps_last() const {
    return refused > 0 && 2 * (desired - std::min(refused, desired)) < std::min(served, desired);
  }
};

/// What a sink says of such a service. `subject`: "service web".
inline std::string kept_because_of(const std::string& subject, const refused_loss& loss) {
  return subject + " keeps its last servers, since " + std::to_string(loss.refused) + " of its " +
         count_of(loss.desired, "endpoint") + " in service cannot be served here";
}

}  // namespace drcon::common
