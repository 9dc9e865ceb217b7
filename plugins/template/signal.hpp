// A signal, sent when it is heard. A process that starts would be ended by one, and one that executes itself anew, as
// HAProxy's master does when it reloads, loses those that come meanwhile.
//
// Thread rule: any; blocks the caller until the process listens, for two seconds at the most.
#pragma once

#include <sys/types.h>

#include <stop_token>
#include <string>

namespace drcon::templates {

struct signal_outcome {
  std::string why;      ///< what went wrong, or empty
  bool nobody = false;  ///< there is no such process, or it does not listen: it was not sent
};

/// SIGTERM and SIGINT are sent at once, for nobody has to listen to them, and so is any other where drcon may not see
/// the state of the process.
signal_outcome send_signal(pid_t to, int signal, const std::stop_token& stop);

}  // namespace drcon::templates
