// [pipeline.NAME], and what pipelines say about sources and sinks.
#pragma once

#include "config/configuration.hpp"
#include "config/sections.hpp"

namespace drcon::config {

/// The pipelines without fault; the others' faults go to `found`. With `is_complete` false, files are missing: then
/// nothing is said about names that are not there, nor about what no pipeline uses.
std::map<std::string, pipeline_config> read_pipelines(const sections& all, bool is_complete, diagnostics& found);

}  // namespace drcon::config
