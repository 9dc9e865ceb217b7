// Which endpoints get traffic.
//
// Pure function.
#pragma once

#include <drcon/model.hpp>

namespace drcon::common {

/// Passing or warning, and with a weight: as the host counts capacity.
inline bool in_service(const endpoint& each) {
  return each.weight > 0 && (each.health == health::passing || each.health == health::warning);
}

}  // namespace drcon::common
