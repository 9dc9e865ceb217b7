// The other end of isolation = "process": this program as the process of one instance.
#pragma once

namespace drcon::plugins {

/// Runs the instance that the frames at its socket ask for, until they end. Returns the exit code. The descriptors that
/// it needs are those of core/plugins/child.hpp.
int plugin_process();

}  // namespace drcon::plugins
