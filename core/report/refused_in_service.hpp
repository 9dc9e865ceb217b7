// What sinks leave out of the endpoints in service that were decided. No brake has seen that loss: a sink finds out
// what it cannot render when it has the update.
//
// Thread rule: the engine's thread.
#pragma once

#include "engine/engine.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace drcon::report {

/// How many endpoints in service of the pipeline the sink that leaves out most of them leaves out. Services that a sink
/// leaves out as a whole do not count: it may be meant for others.
std::size_t refused_in_service(const engine::engine& engine, const engine::pipeline& pipeline);

/// Of a service a sink leaves out all endpoints in service one by one, or more of them than the brake of the pipeline
/// would let go.
struct loss_at_sink {
  std::string sink;
  std::string text;  ///< one line
  std::chrono::system_clock::time_point since{};
};
/// The first services of each sink, and how many more there are.
std::vector<loss_at_sink> refused_beyond_the_brake(const engine::engine& engine, const engine::pipeline& pipeline);
bool any_refused_beyond_the_brake(const engine::engine& engine);

/// The sink has not emptied a service that has nothing to send requests to any more: requests for it fail.
bool keeps_what_is_gone(const engine::sink_runner& sink, const plugins::refusal& what);
bool keeps_what_is_gone(const engine::sink_runner& sink);

}  // namespace drcon::report
