// What the lane and the supervisor of an isolated plugin share: where the plugin's process stands, and which calls of
// it are open.
//
// Thread rule: any thread, under the mutex. It is never held while a function of the host is called, because the host
// may end the instance from there.
#pragma once

#include "model/snapshot_ptr.hpp"
#include "plugins/child.hpp"
#include "plugins/finding.hpp"

#include <drcon/plugin.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace drcon::plugins {

struct isolated_state {
  enum class phase {
    starting,  ///< there is a process, and its create has not answered
    up,        ///< the plugin's object is there
    down,      ///< there is no process; the supervisor starts another after a pause
    over,      ///< there is no process, and there will be none
  };

  std::mutex mutex;                 ///< guards all below
  std::condition_variable changed;  ///< notified when `now`, `stopping`, `stopped` or one of the answers has changed

  // Written by the supervisor.
  phase now = phase::starting;
  std::shared_ptr<child> process;        ///< null while there is none
  std::string away;                      ///< why there is none: "was ended by SIGSEGV; started again in 100 ms"
  bool made = false;                     ///< the first create has succeeded, and destroy was not called
  bool stopped = false;                  ///< its stop has returned
  std::optional<drcon_result> created;   ///< answer of the first create, or of the last that succeeded
  std::optional<drcon_result> rendered;  ///< answer of the open render; reset by the lane

  std::vector<finding> found;  ///< of the open probe; emptied by the lane
  bool is_probing = false;     ///< a probe is open; set by the lane
  std::optional<bool> probed;  ///< its end: whether the plugin can look; reset by the lane

  // Written by the lane.
  bool start_desired = false;  ///< each new process is started as well
  bool stopping = false;       ///< no process is started any more

  // Written by both: begun by the lane, ended by the supervisor.
  std::optional<std::uint64_t> open_ticket;                          ///< the update that the sink has not answered yet
  std::optional<std::chrono::steady_clock::time_point> start_asked;  ///< until it has returned, or was reported overdue
  model::snapshot_ptr sent;  ///< the services that the process has; an update is sent as its difference to them

  /// Under the mutex, and sent under it as well, so that no update overtakes the start.
  void ask_to_start() {
    start_asked = std::chrono::steady_clock::now();
    process->channel().send(frame_writer(frame::start).take());
  }
};

}  // namespace drcon::plugins
