// [log]: what drcon logs.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace drcon::config {

template <class Config>
struct option_group;

struct log_config {
  std::string level = "info";                  ///< trace, debug, info, warning, error
  std::map<std::string, std::string> plugins;  ///< levels of what plugins say, where they differ; by plugin name
  std::string format = "text";                 ///< text, json
  std::filesystem::path file;                  ///< empty: standard error
  bool operator==(const log_config&) const = default;
};

const option_group<log_config>& log_options();

}  // namespace drcon::config
