// How much plugins log: each may have a level of its own, which may change while it runs.
//
// Thread rule: any thread.
#pragma once

#include "log/log.hpp"

#include <atomic>
#include <map>
#include <string>

namespace drcon::log {

/// The least level that is written of one plugin's lines: its own, or the general one when it has none. Cheap to ask,
/// because a plugin may do so before each line.
class plugin_level {
public:
  explicit plugin_level(const std::string& plugin);
  level least() const;
  bool takes(level which) const { return which >= least(); }

private:
  const std::atomic<int>* own_;  // never freed: a plugin's thread may outlive its instance
};

/// Replaces the levels of all plugins: those that are not in `levels` follow the general level. By the plugin's name.
void set_plugin_levels(const std::map<std::string, level>& levels);
std::map<std::string, level> plugin_levels();

}  // namespace drcon::log
