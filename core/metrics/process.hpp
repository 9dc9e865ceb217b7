// The figures of this process, read from /proc at each scrape.
#pragma once

#include "metrics/metrics.hpp"

#include <vector>

namespace drcon::metrics {

/// What cannot be read is left out.
std::vector<sample> of_this_process();

}  // namespace drcon::metrics
