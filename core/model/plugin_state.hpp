// The state that a plugin's instance reports of itself.
#pragma once

#include <drcon/plugin.h>

#include <array>

namespace drcon::model {

/// The same numbers as DRCON_STATE_* of the plugin ABI.
enum class plugin_state {
  ok = DRCON_STATE_OK,
  degraded = DRCON_STATE_DEGRADED,  ///< works, but not as it should
  away = DRCON_STATE_AWAY,          ///< what it talks to cannot be reached
};

/// A number that this version does not know counts as away: a plugin with news of that kind needs attention.
constexpr plugin_state plugin_state_of(int number) {
  if (number == DRCON_STATE_OK) return plugin_state::ok;
  return number == DRCON_STATE_DEGRADED ? plugin_state::degraded : plugin_state::away;
}

inline constexpr std::array all_plugin_states{plugin_state::ok, plugin_state::degraded, plugin_state::away};

/// The word in JSON. The only place that spells them: programs compare with it, so it does not change.
constexpr const char* to_string(plugin_state state) {
  switch (state) {
    case plugin_state::ok: return "ok";
    case plugin_state::degraded: return "degraded";
    case plugin_state::away: break;
  }
  return "away";
}

/// The word for people, everywhere.
constexpr const char* to_words(plugin_state state) {
  return state == plugin_state::away ? "unreachable" : to_string(state);
}

}  // namespace drcon::model
