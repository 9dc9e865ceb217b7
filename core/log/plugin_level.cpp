#include "log/plugin_level.hpp"

#include <mutex>

namespace drcon::log {
namespace {

constexpr int none = -1;  // follows the general level

struct table {
  std::mutex mutex;  // guards the map, not what is in it
  std::map<std::string, std::atomic<int>> levels;
};
// Never destroyed: a thread of a plugin that overstays may ask while the process ends.
table& all() {
  static auto& only = *new table;
  return only;
}

std::atomic<int>& own_of(const std::string& plugin) {
  const std::lock_guard lock(all().mutex);
  return all().levels.try_emplace(plugin, none).first->second;
}

}  // namespace

plugin_level::plugin_level(const std::string& plugin) : own_(&own_of(plugin)) {}

level plugin_level::least() const {
  const int own = *own_;
  return own == none ? current() : static_cast<level>(own);
}

void set_plugin_levels(const std::map<std::string, level>& levels) {
  for (const auto& [plugin, which] : levels) own_of(plugin) = static_cast<int>(which);
  const std::lock_guard lock(all().mutex);
  for (auto& [plugin, own] : all().levels)
    if (!levels.contains(plugin)) own = none;
}

std::map<std::string, level> plugin_levels() {
  const std::lock_guard lock(all().mutex);
  std::map<std::string, level> found;
  for (const auto& [plugin, own] : all().levels)
    if (own != none) found.emplace(plugin, static_cast<level>(own.load()));
  return found;
}

}  // namespace drcon::log
