// The other end of isolation = "process": this program as the process of one instance.
#pragma once

namespace drcon::plugins {

/// Runs the instance that the frames at the socket `socket` ask for, until they end. Returns the exit code.
int plugin_process(int socket);

}  // namespace drcon::plugins
