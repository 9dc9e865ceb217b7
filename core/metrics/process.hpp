// The figures of this process, read from /proc at each scrape.
//
// Thread rule: any thread.
#pragma once

#include "metrics/metrics.hpp"

#include <vector>

namespace drcon::metrics {

/// Figures that cannot be read are left out.
std::vector<sample> of_this_process();

}  // namespace drcon::metrics
