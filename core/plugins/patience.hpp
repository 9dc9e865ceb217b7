// How long the host waits for a plugin, wherever the plugin runs.
#pragma once

#include <chrono>

namespace drcon::plugins::patience {

/// create does no I/O, so a plugin that takes this long never returns. It is abandoned then, with its thread.
inline constexpr auto create = std::chrono::seconds(10);
/// The same for a plugin in a process of its own. Shorter than `create`: the process can be ended, and the instance
/// must still be waiting to hear why.
inline constexpr auto create_in_process = std::chrono::seconds(8);
/// A target is read and compared for a render; a slow one is still answered.
inline constexpr auto render = std::chrono::seconds(30);
/// A probe asks the other side several questions, each with a time-out of its own.
inline constexpr auto probe = std::chrono::seconds(60);
/// start returns at once, by contract. One that takes this long is reported; it holds up its own instance only.
inline constexpr auto start = std::chrono::seconds(5);

inline constexpr auto start_is_overdue = "its start has not returned for 5 s; it should return at once";
inline constexpr auto start_does_not_return = "its start does not return";

}  // namespace drcon::plugins::patience
