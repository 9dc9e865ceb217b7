// The metrics that are read from the engine at a scrape, and not counted when something happens.
//
// Thread rule: the engine's thread.
#pragma once

#include "engine/engine.hpp"
#include "metrics/metrics.hpp"

#include <vector>

namespace drcon::report {

/// Nothing that a reload removed is among it, so that a scrape never shows a pipeline that is gone.
std::vector<metrics::sample> figures_of(const engine::engine& engine);

}  // namespace drcon::report
