// [pipeline.NAME] brake = { … }: refuses to lose too many endpoints at once.
#pragma once

#include <chrono>
#include <cstdint>

namespace drcon::config {

template <class Config>
struct option_group;

struct brake_config {
  double max_removed = 0.5;        ///< share (0..1) of endpoints in service that may go within `window`
  std::int64_t min_endpoints = 1;  ///< never fewer than this in service, unless there were fewer before
  bool per_service = true;         ///< the two limits hold for each service as well as for the pipeline
  std::chrono::nanoseconds hold =
      std::chrono::minutes(5);  ///< how long a loss is held before it is applied; 0: no brake
  std::chrono::nanoseconds window = std::chrono::seconds(30);  ///< losses within this time are added up
  bool operator==(const brake_config&) const = default;
};

const option_group<brake_config>& brake_options();

}  // namespace drcon::config
