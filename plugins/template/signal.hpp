// Sends a signal once the process listens to it. A process that is starting has no handler yet, and the signal would
// end it; one that executes its program again, as HAProxy's master does when it reloads, loses signals that come
// meanwhile.
//
// Thread rule: any; blocks the caller until the process listens, for two seconds at the most.
#pragma once

#include <sys/types.h>

#include <stop_token>
#include <string>

namespace drcon::templates {

struct signal_outcome {
  std::string why;      ///< what went wrong, or empty
  bool nobody = false;  ///< there is no such process, or it does not listen: nothing was sent
};

/// SIGTERM and SIGINT are sent at once, since they need no handler. So is any other signal where drcon may not see the
/// state of the process.
signal_outcome send_signal(pid_t pid, int signal, const std::stop_token& stop);

}  // namespace drcon::templates
