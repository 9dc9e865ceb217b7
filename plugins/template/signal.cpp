#include "template/signal.hpp"

#include "common/proc.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>
#include <thread>

namespace drcon::templates {
namespace {

using clock = std::chrono::steady_clock;
constexpr auto patience = std::chrono::seconds(2);  // then it is tried again, as if nobody were there
// Until then a process that does not listen may be about to. Later it is one that waits for signals: sigwait(3) looks
// so.
constexpr auto young = std::chrono::seconds(5);
// Blocked for longer, it is so on purpose, and no moment in which a child is made.
constexpr auto steady = std::chrono::milliseconds(20);
constexpr auto look_again = std::chrono::milliseconds(2);

struct hearing {
  bool caught = false;
  bool blocked = false;
  bool ignored = false;
  bool pending = false;
};

// The masks of /proc/PID/status; see proc(5).
std::optional<hearing> hearing_of(pid_t pid, int signal) {
  const auto status = common::proc_text(pid, "status");
  if (status.empty()) return {};
  const auto has = [&](const char* mask) {
    const auto at = status.find(mask);
    if (at == std::string::npos) return false;
    const auto bits = std::strtoull(status.c_str() + at + std::strlen(mask), nullptr, 16);
    return (bits >> (signal - 1) & 1) != 0;
  };
  return hearing{.caught = has("\nSigCgt:"),
                 .blocked = has("\nSigBlk:"),
                 .ignored = has("\nSigIgn:"),
                 .pending = has("\nShdPnd:")};
}

signal_outcome send_now(pid_t to, int signal) {
  if (::kill(to, signal) == 0) return {};
  return {.why = std::string("cannot be sent the signal: ") + std::strerror(errno), .nobody = errno == ESRCH};
}

}  // namespace

signal_outcome send_signal(pid_t to, int signal, const std::stop_token& stop) {
  if (signal == SIGTERM || signal == SIGINT) return send_now(to, signal);
  bool sent = false;
  const auto begun = clock::now();
  for (auto open_at = begun;; std::this_thread::sleep_for(look_again)) {
    const auto now = hearing_of(to, signal);
    // Perhaps once more: one that was blocked a moment ago may have been lost.
    if (!now || (now->caught && !now->blocked)) return send_now(to, signal);
    if (!now->blocked) open_at = clock::now();
    if (!now->blocked && !now->ignored && common::age_of(to) >= young) return send_now(to, signal);
    if (!now->ignored && clock::now() - open_at >= steady) {
      if (sent && !now->pending) return {};  // it takes signals from a descriptor, or in another thread
      if (!sent)
        if (auto how = send_now(to, signal); !how.why.empty()) return how;
      sent = true;
    }
    if (clock::now() - begun < patience && !stop.stop_requested()) continue;
    if (sent) return {};
    return {.why = now->ignored ? "ignores the signal" : "does not listen to the signal yet, and would be ended by it",
            .nobody = true};
  }
}

}  // namespace drcon::templates
