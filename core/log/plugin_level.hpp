// How much plugins tell: each may have a level of its own, which may change while it runs.
//
// Thread rule: any thread.
#pragma once

#include "log/log.hpp"

#include <atomic>
#include <map>
#include <string>

namespace drcon::log {

/// The least level that is written of what one plugin says: its own, or without one the general one. Cheap to ask, as
/// a plugin may do before each line.
class plugin_level {
public:
  explicit plugin_level(const std::string& plugin);
  level least() const;
  bool takes(level which) const { return which >= least(); }

private:
  const std::atomic<int>* own_;  // never freed
};

/// All that have a level of their own from now on, by the plugin's name.
void set_plugin_levels(const std::map<std::string, level>& levels);
std::map<std::string, level> plugin_levels();

}  // namespace drcon::log
