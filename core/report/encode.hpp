// Reports as JSON: the shapes that all routes of the admin interface share. admin/openapi.cpp describes them.
//
// This is the last step and the only one that knows JSON; decisions are made on the values before it.
// Thread rule: any thread; everything is a value.
#pragma once

#include "engine/journal.hpp"
#include "report/explain.hpp"
#include "report/status.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace drcon::report {

nlohmann::json encode(const status_report& status);
nlohmann::json encode(const pipeline_report& pipeline);
nlohmann::json encode(const std::map<std::string, pipeline_report>& pipelines);
nlohmann::json encode(const pipeline_detail& detail);
nlohmann::json encode(const explanation& explanation);
nlohmann::json encode(const engine::journal_entry& entry);
nlohmann::json encode(const model::endpoint_change& change);

/// A list of changes of endpoints, in their order.
nlohmann::json encode(const std::vector<model::endpoint_change>& changes);
/// A revision, or null if there is none yet.
nlohmann::json encode(const std::optional<std::uint64_t>& revision);

}  // namespace drcon::report
