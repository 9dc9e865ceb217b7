// What sinks leave out of the endpoints in service that were decided. No brake has seen that loss: a sink finds out
// what it cannot render when it has the update.
//
// Thread rule: the engine's thread.
#pragma once

#include "engine/engine.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace drcon::report {

/// How many endpoints in service of the pipeline the sink that leaves out most of them leaves out. Services that a sink
/// leaves out as a whole do not count: it may be meant for others.
std::size_t refused_in_service(const engine::engine& engine, const engine::pipeline& pipeline);

/// One line for each service of which a sink leaves out all endpoints in service one by one, or more of them than the
/// brake of the pipeline would let go.
std::vector<std::string> refused_beyond_the_brake(const engine::engine& engine);

}  // namespace drcon::report
