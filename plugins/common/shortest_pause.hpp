// How short a pause between two looks may be, whatever the configuration asks for: with none, what a source or sink
// looks at would be looked at all the time, and keep a processor busy.
//
// Pure functions; the duration throws config_error as an option does.
#pragma once

#include <drcon/options.hpp>

#include <algorithm>
#include <chrono>

namespace drcon::common {

inline std::chrono::nanoseconds pause_of_at_least(std::chrono::nanoseconds shortest, const options& option) {
  return std::max(shortest, option.duration());
}

}  // namespace drcon::common
