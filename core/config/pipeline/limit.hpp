// [pipeline.NAME] limit = { … }: at most so many endpoints of each service.
#pragma once

#include <cstdint>
#include <string>

namespace drcon::config {

template <class Config>
struct option_group;

struct limit_config {
  std::int64_t endpoints = 0;  ///< 0: no limit
  std::string key;             ///< what the choice depends on; empty: the host's name
  bool operator==(const limit_config&) const = default;
};

const option_group<limit_config>& limit_options();

}  // namespace drcon::config
