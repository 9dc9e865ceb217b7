#include "plugins/process_supervisor.hpp"

#include "base/last_catch.hpp"
#include "config/units.hpp"
#include "plugins/patience.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

namespace drcon::plugins {
namespace {

using clock = std::chrono::steady_clock;
using phase = isolated_state::phase;

// How often the process is looked at: its memory, its start, the log level that it should have.
constexpr auto check_interval = std::chrono::milliseconds(500);

}  // namespace

process_supervisor::process_supervisor(isolated_plugin what, std::shared_ptr<isolated_state> state,
                                       plugin_surroundings around, isolation_events events)
    : what_(std::move(what)),
      state_(std::move(state)),
      around_(std::move(around)),
      events_(std::move(events)),
      level_(what_.plugin),
      dispatcher_(what_.kind, around_, events_.late_call, *this, what_.limits.memory) {}

// ---- on the lane ----

void process_supervisor::begin(std::string options) {
  options_ = std::move(options);
  launch();
  // The thread keeps this object: a call to the host may end the instance, and must still be able to return.
  thread_ = std::thread([self = shared_from_this()] {
    base::caught_last(
        "plugin '" + self->what_.plugin + "' of " + self->what_.name +
            " has no process any more; every pipeline goes on with what this instance reported or applied last",
        [&self] { self->run(); });
    self->end_for_good();
  });
}

void process_supervisor::join() {
  if (!thread_.joinable()) return;
  if (thread_.get_id() == std::this_thread::get_id()) thread_.detach();
  else thread_.join();
}

// ---- on the supervisor's thread ----

void process_supervisor::run() {
  for (;;) {
    std::shared_ptr<child> process;
    {
      const std::lock_guard lock(state_->mutex);
      process = state_->process;
    }
    if (process) lost(converse(*process));
    if (!pause()) return;
    relaunch();
  }
}

void process_supervisor::end_for_good() {
  const std::lock_guard lock(state_->mutex);
  state_->now = phase::over;
  state_->changed.notify_all();
}

void process_supervisor::launch() {
  auto process = std::make_shared<child>(what_.limits.memory, what_.library);
  level_sent_ = level_.least();
  auto create = frame_writer(frame::create)
                    .number(what_.kind == config::kind::source ? 0 : 1)
                    .text(what_.file)
                    .text(what_.name)
                    .text(what_.configuration)
                    .number(static_cast<std::uint64_t>(level_sent_))
                    .text(options_)
                    .take();
  born_ = clock::now();
  why_.clear();
  {
    const std::lock_guard lock(state_->mutex);
    state_->now = phase::starting;
    state_->process = process;
  }
  process->channel().send(create);
}

// A process that cannot be started is tried again, like one that has ended.
void process_supervisor::relaunch() {
  try {
    launch();
  } catch (const std::exception& error) {
    const std::lock_guard lock(state_->mutex);
    state_->process.reset();
    state_->away = error.what();
  }
}

// Takes frames until the process has ended; returns what its end was.
std::string process_supervisor::converse(child& process) {
  process_ = &process;
  try {
    for (;;) {
      check(process);
      if (!process.channel().wait(check_interval)) continue;
      if (!process.channel().receive()) break;
      while (const auto bytes = process.channel().buffered()) dispatcher_.dispatch(*bytes);
    }
  } catch (const frame_fault& fault) {
    end_process(std::string("wrote over its channel to drcon: ") + fault.what());
  } catch (const std::exception& error) {  // as when the memory for what it sent cannot be had
    end_process(std::string("sent what drcon could not take: ") + error.what());
  }
  process_ = nullptr;
  const auto how = process.reap();
  return why_.empty() ? how : why_;
}

void process_supervisor::check(child& process) {
  const auto now = clock::now();
  if (now - checked_ < check_interval) return;
  checked_ = now;
  check_memory(process);
  check_start();
  if (level_sent_ == level_.least()) return;
  level_sent_ = level_.least();
  process.channel().send(frame_writer(frame::log_level).number(static_cast<std::uint64_t>(level_sent_)).take());
}

// The instance watches the start of a plugin in this process. Here the call returns at once, because the process has a
// lane of its own, and only the supervisor sees how long that takes.
void process_supervisor::check_start() {
  {
    const std::lock_guard lock(state_->mutex);
    if (!state_->start_asked || clock::now() - *state_->start_asked < patience::start) return;
    state_->start_asked.reset();
  }
  around_.misbehaved(patience::start_is_overdue);
  around_.host.status(around_.instance, DRCON_STATE_AWAY, c_string(patience::start_does_not_return));
}

void process_supervisor::check_memory(child& process) {
  const auto used = process.memory();
  if (used <= what_.limits.memory || !why_.empty()) return;
  end_process("held " + std::to_string(used >> 20U) + " MiB of memory, " + std::to_string(what_.limits.memory >> 20U) +
              " are allowed, and was ended");
}

void process_supervisor::end_process(const std::string& why) {
  why_ = why;
  process_->kill();
}

// The process has ended. Whatever waits for an answer of it gets one here, since no other will come.
void process_supervisor::lost(const std::string& how) {
  std::optional<std::uint64_t> ticket;
  bool reported = false;
  std::string why;
  {
    const std::lock_guard lock(state_->mutex);
    state_->process.reset();
    state_->sent.reset();
    state_->start_asked.reset();
    ticket = std::exchange(state_->open_ticket, {});
    reported = state_->made && !state_->stopping;
    state_->now = phase::down;
    // One that ran for longer than the longest pause was no crash at its start: the pauses begin from the shortest.
    if (clock::now() - born_ > what_.limits.restart_max) pause_ = {};
    pause_ = std::clamp(pause_ * 2, what_.limits.restart_min, what_.limits.restart_max);
    state_->away = how + "; started again in " + config::to_text(pause_);
    why = "its process " + state_->away;
    state_->changed.notify_all();
  }
  dispatcher_.process_ended();
  if (!reported) return;
  events_.crashed(why);
  if (what_.kind == config::kind::source) around_.host.unknown(around_.instance, {}, c_string(why));
  around_.host.status(around_.instance, DRCON_STATE_AWAY, c_string(why));
  if (ticket) around_.host.done(around_.instance, *ticket, DRCON_RETRY, c_string(why));
}

// Lets the time before the next start pass; false when there is to be no other process.
bool process_supervisor::pause() {
  std::unique_lock lock(state_->mutex);
  if (!state_->made) return false;
  state_->changed.wait_for(lock, pause_, [this] { return state_->stopping; });
  return !state_->stopping;
}

// ---- answers of the process ----

void process_supervisor::on_created(drcon_result result) {
  bool first = false;
  {
    const std::lock_guard lock(state_->mutex);
    first = !state_->created;
    if (first || result == DRCON_OK) state_->created = result;
    if (result == DRCON_OK) {
      state_->made = true;
      state_->now = phase::up;
      if (state_->start_desired) state_->ask_to_start();
    }
    state_->changed.notify_all();
  }
  if (first) return;  // the lane waits for it
  if (result != DRCON_OK) {
    const auto& reason = dispatcher_.last_failure();
    return end_process("could not make its instance again" + (reason.empty() ? "" : ": " + reason));
  }
  around_.host.status(around_.instance, DRCON_STATE_OK, {});
  events_.restarted();
}

void process_supervisor::on_started(drcon_result result) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->start_asked.reset();
  }
  if (result == DRCON_OK) return;
  const auto& reason = dispatcher_.last_failure();
  end_process("could not start" + (reason.empty() ? "" : ": " + reason));
}

void process_supervisor::on_render_ended(drcon_result result) {
  const std::lock_guard lock(state_->mutex);
  state_->rendered = result;
  state_->changed.notify_all();
}

void process_supervisor::on_found(finding one) {
  const std::lock_guard lock(state_->mutex);
  if (state_->is_probing && state_->found.size() < most_findings) state_->found.push_back(std::move(one));
}

void process_supervisor::on_probed(bool can) {
  const std::lock_guard lock(state_->mutex);
  if (!state_->is_probing) return;  // too late for the probe that it answers
  state_->probed = can;
  state_->changed.notify_all();
}

void process_supervisor::on_stopped() {
  const std::lock_guard lock(state_->mutex);
  state_->stopped = true;
  state_->changed.notify_all();
}

void process_supervisor::on_answered(std::uint64_t ticket) {
  const std::lock_guard lock(state_->mutex);
  if (state_->open_ticket == ticket) state_->open_ticket.reset();
}

}  // namespace drcon::plugins
