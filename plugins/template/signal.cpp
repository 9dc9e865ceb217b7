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
constexpr auto longest_wait = std::chrono::seconds(2);  // then the sink retries later, as if there were no process
// A process younger than this that has no handler may be about to install one. An older one waits for signals in
// another way, such as sigwait(3).
constexpr auto young = std::chrono::seconds(5);
// A signal that is blocked for longer is blocked on purpose, and not for the moment in which a child is made.
constexpr auto steady = std::chrono::milliseconds(20);
constexpr auto look_again = std::chrono::milliseconds(2);

struct signal_state {
  bool caught = false;
  bool blocked = false;
  bool ignored = false;
  bool pending = false;
};

// The masks of /proc/PID/status; see proc(5).
std::optional<signal_state> signal_state_of(pid_t pid, int signal) {
  const auto status = common::proc_text(pid, "status");
  if (status.empty()) return {};
  const auto has = [&](const char* mask) {
    const auto found = status.find(mask);
    if (found == std::string::npos) return false;
    const auto bits = std::strtoull(status.c_str() + found + std::strlen(mask), nullptr, 16);
    return (bits >> (signal - 1) & 1) != 0;
  };
  return signal_state{.caught = has("\nSigCgt:"),
                      .blocked = has("\nSigBlk:"),
                      .ignored = has("\nSigIgn:"),
                      .pending = has("\nShdPnd:")};
}

signal_outcome send_now(pid_t pid, int signal) {
  if (::kill(pid, signal) == 0) return {};
  return {.why = std::string("cannot be sent the signal: ") + std::strerror(errno), .nobody = errno == ESRCH};
}

}  // namespace

signal_outcome send_signal(pid_t pid, int signal, const std::stop_token& stop) {
  if (signal == SIGTERM || signal == SIGINT) return send_now(pid, signal);
  bool sent = false;
  const auto begun = clock::now();
  for (auto open_at = begun;; std::this_thread::sleep_for(look_again)) {
    const auto now = signal_state_of(pid, signal);
    // It may be sent a second time here: the first, sent while it was blocked, may have been lost.
    if (!now || (now->caught && !now->blocked)) return send_now(pid, signal);
    if (!now->blocked) open_at = clock::now();
    if (!now->blocked && !now->ignored && common::age_of(pid) >= young) return send_now(pid, signal);
    if (!now->ignored && clock::now() - open_at >= steady) {
      if (sent && !now->pending) return {};  // it takes signals from a descriptor, or in another thread
      if (!sent)
        if (auto how = send_now(pid, signal); !how.why.empty()) return how;
      sent = true;
    }
    if (clock::now() - begun < longest_wait && !stop.stop_requested()) continue;
    if (sent) return {};
    return {.why = now->ignored ? "ignores the signal" : "does not listen to the signal yet, and would be ended by it",
            .nobody = true};
  }
}

}  // namespace drcon::templates
