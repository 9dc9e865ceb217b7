// Sources, pipelines, sinks and endpoints as JSON: the shapes that all routes of the admin interface share.
//
// Thread rule: the engine's thread.
#pragma once

#include "base/wall_clock.hpp"
#include "engine/pipeline.hpp"
#include "engine/sink_runner.hpp"
#include "engine/source_state.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <string>
#include <vector>

namespace drcon::engine {

/// All healths, those without an endpoint too.
std::map<std::string, std::size_t> count_by_health(const model::snapshot& of);
std::size_t endpoint_count(const source_state& of);

/// Null when there is none yet.
nlohmann::json show_revision(const model::snapshot_ptr& of);

/// "ok", "degraded" or "away".
const char* state_word(int state);

nlohmann::json show(const endpoint& each);
/// `pipelines`: those that it feeds, or that feed it.
nlohmann::json show(const source_state& source, const std::vector<std::string>& pipelines);
nlohmann::json show(const sink_runner& sink, const std::vector<std::string>& pipelines);
/// Without its services.
nlohmann::json show(const pipeline& each);
nlohmann::json show_services(const model::snapshot& of);
nlohmann::json show_history(const pipeline& of);

}  // namespace drcon::engine
