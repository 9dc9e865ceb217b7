#include "template/signal.hpp"

#include "common/proc.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

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
  bool asleep = false;                 // its main thread waits for something
  bool has_ended = false;              // only its parent has not noticed yet
  unsigned long long times_slept = 0;  // how often its main thread has gone to sleep; equal: it has not run in between
};

// The value of a line of /proc/PID/status; see proc(5).
std::string_view value_of(std::string_view status, std::string_view name) {
  const auto found = status.find(name);
  if (found == std::string_view::npos) return {};
  const auto value = status.substr(found + name.size());
  return value.substr(0, value.find('\n'));
}

unsigned long long number_of(std::string_view status, std::string_view name, int base) {
  auto value = value_of(status, name);
  value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
  unsigned long long number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number, base);
  return number;
}

// Nothing where there is no such process, or drcon may not see it.
std::optional<signal_state> read_state(pid_t pid, int signal) {
  const auto status = common::proc_text(pid, "status");
  if (status.empty()) return {};
  const auto has = [&](const char* mask) { return (number_of(status, mask, 16) >> (signal - 1) & 1) != 0; };
  const auto state = value_of(status, "\nState:\t");
  return signal_state{.caught = has("\nSigCgt:"),
                      .blocked = has("\nSigBlk:"),
                      .ignored = has("\nSigIgn:"),
                      .pending = has("\nShdPnd:"),
                      .asleep = state.starts_with('S'),
                      .has_ended = state.starts_with('Z') || state.starts_with('X'),
                      .times_slept = number_of(status, "\nvoluntary_ctxt_switches:", 10)};
}

// The kernel does not read state and masks in one moment. A process that slept before and after, and did not run
// meanwhile, has had one state.
std::optional<signal_state> state_of(pid_t pid, int signal) {
  const auto before = read_state(pid, signal);
  if (!before || !before->asleep) return before;
  auto after = read_state(pid, signal);
  if (after) after->asleep &= after->times_slept == before->times_slept;
  return after;
}

signal_outcome send_now(pid_t pid, int signal) {
  if (::kill(pid, signal) == 0) return {};
  return {.why = std::string("cannot be sent the signal: ") + std::strerror(errno), .nobody = errno == ESRCH};
}

// One signal on its way to a process that may be starting, or executing its program again. What such a process shows
// while it runs is true for a moment only: HAProxy's master has its handler installed when it has read its
// configuration, and then executes itself once more, without it and without what came in between. So each decision
// waits until the process is asleep: then it waits for events, and what executes it again reads the new file first.
class delivery {
public:
  delivery(pid_t pid, int signal) : pid_(pid), signal_(signal) {}

  /// How it ended; nothing while it goes on. One that is overdue is ended where the process only ever runs.
  std::optional<signal_outcome> attempt(bool is_overdue) {
    const auto seen = state_of(pid_, signal_);
    if (!seen) return send_now(pid_, signal_);
    now_ = *seen;
    if (now_.has_ended) return signal_outcome{.why = "has ended", .nobody = true};
    if (now_.blocked) return attempt_blocked();
    open_at_ = clock::now();
    if (!now_.asleep && !is_overdue) return {};
    // It may be sent a second time here: the first, sent while it was blocked, may have been lost.
    if (now_.caught) return send_now(pid_, signal_);
    if (!now_.ignored && common::age_of(pid_) >= young) return pid_ == 1 ? unheard() : send_now(pid_, signal_);
    has_no_handler_ |= now_.asleep;
    return {};
  }

  // Process 1 of a namespace is not ended by a signal that it has no handler for: the kernel drops that signal, and
  // kill() reports success.
  static signal_outcome unheard() { return {.why = "does not listen to the signal", .nobody = true}; }

  signal_outcome give_up() const {
    if (now_.ignored) return {.why = "ignores the signal", .nobody = true};
    if (sent_) return {.why = "has not taken the signal within 2 s", .nobody = true};
    // A shell blocks its signals for the moment in which it makes a child: the last look alone says little.
    if (now_.caught || (now_.blocked && !has_no_handler_))
      return {.why = "is busy, and might lose the signal", .nobody = true};
    return {.why = "does not listen to the signal yet, and would be ended by it", .nobody = true};
  }

private:
  // A process that takes its signals from a descriptor, or in another thread, has them blocked in the main one.
  std::optional<signal_outcome> attempt_blocked() {
    if (!now_.asleep) return {};
    if (sent_ && !now_.pending) return signal_outcome{};
    if (sent_ || now_.ignored || clock::now() - open_at_ < steady) return {};
    sent_ = true;
    const auto how = send_now(pid_, signal_);
    return how.why.empty() ? std::nullopt : std::optional(how);
  }

  pid_t pid_;
  int signal_;
  signal_state now_;
  bool sent_ = false;                         // while it was blocked
  bool has_no_handler_ = false;               // seen asleep, with the signal open and no handler
  clock::time_point open_at_ = clock::now();  // when the signal was last seen not to be blocked
};

}  // namespace

signal_outcome send_signal(pid_t pid, int signal, const std::stop_token& stop) {
  if ((signal == SIGTERM || signal == SIGINT) && pid != 1) return send_now(pid, signal);
  delivery to_process(pid, signal);
  const auto end = clock::now() + longest_wait;
  for (;; std::this_thread::sleep_for(look_again)) {
    const bool is_overdue = clock::now() >= end;
    if (auto how = to_process.attempt(is_overdue)) return std::move(*how);
    if (is_overdue || stop.stop_requested()) return to_process.give_up();
  }
}

}  // namespace drcon::templates
