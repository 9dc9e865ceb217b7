// How long a first decision waits for sinks that are asked what their targets have.
#pragma once

#include <chrono>

namespace drcon::engine {

/// A sink that does not answer must not keep the others from what they need. Tests shorten it.
inline std::chrono::nanoseconds patience_with_sinks = std::chrono::seconds(5);

}  // namespace drcon::engine
