// [pipeline.NAME]: what belongs to it, and how a reload sees that one has changed.
#pragma once

#include "config/not_compared.hpp"
#include "config/pipeline/brake.hpp"
#include "config/pipeline/filter.hpp"
#include "config/pipeline/limit.hpp"
#include "config/pipeline/merge.hpp"
#include "config/pipeline/wait.hpp"
#include "config/position.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace drcon::config {

struct pipeline_config {
  std::string name;
  std::vector<std::string> sources;
  std::vector<std::string> sinks;
  merge_config merge;
  filter_config filter;
  limit_config limit;
  wait_config wait;
  brake_config brake;
  /// How often sinks compare their target with what is desired; 0: never.
  std::chrono::nanoseconds resync = std::chrono::minutes(1);
  not_compared<position> where;  ///< of the table's header

  /// What a reload goes by: a pipeline that is equal goes on undisturbed.
  bool operator==(const pipeline_config&) const = default;
};

/// The JSON Schema of one pipeline's table.
nlohmann::json pipeline_schema();

/// The pipeline whose options `values` are, as the schema has accepted them.
pipeline_config make_pipeline(const std::string& name, const nlohmann::json& values, const position& where);

}  // namespace drcon::config
