#include "plugins/isolated_calls.hpp"

#include "config/units.hpp"
#include "log/plugin_level.hpp"
#include "plugins/child.hpp"
#include "plugins/frame_content.hpp"
#include "plugins/options.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>

namespace drcon::plugins {
namespace {

using clock = std::chrono::steady_clock;

// Creating does no I/O, so a plugin that takes this long never ends. Less than the instance waits for it.
constexpr auto create_deadline = std::chrono::seconds(8);
constexpr auto render_deadline = std::chrono::seconds(30);
// How often the process is looked at: its memory, its start, drcon's own log level.
constexpr auto check_interval = std::chrono::milliseconds(500);
constexpr auto start_patience = std::chrono::seconds(5);

class isolated final : public calls {
public:
  isolated(config::kind kind, const plugin& type, const config::instance_config& config, plugin_surroundings around,
           isolation_events events)
      : kind_(kind),
        file_(type.file.string()),
        can_render_(type.entry->sink && DRCON_HAS(type.entry->sink, render) && type.entry->sink->render),
        name_(config.name),
        settings_(config.isolation),
        level_(config.plugin),
        around_(std::move(around)),
        events_(std::move(events)) {}
  ~isolated() override { end(); }

  drcon_result create(const drcon_options& options) override;
  bool is_made() const override;
  drcon_result start() override;
  void apply(const std::shared_ptr<const update_package>& update) override;
  bool can_render() const override { return kind_ == config::kind::sink && can_render_; }
  drcon_result render(const std::shared_ptr<const update_package>& update) override;
  void stop() override;
  void destroy() override { end(); }

private:
  void launch();
  void supervise();
  std::string converse(child& with);
  void check(child& process);
  void check_memory(child& process);
  void check_start();
  void ask_to_start();
  void lost(const std::string& how);
  bool pause();
  void on_frame(frame_reader& from, child& with);
  void on_created(drcon_result result, child& with);
  void on_started(drcon_result result, child& with);
  void on_publish(frame_reader& from);
  void on_ready();
  std::string reason() const { return failed_.empty() ? std::string() : ": " + failed_; }
  std::string with_update(frame type, const update_package& update);
  void end();

  const config::kind kind_;
  const std::string file_;
  const bool can_render_;
  const std::string name_;
  const config::isolation_config settings_;
  const log::plugin_level level_;
  const plugin_surroundings around_;
  const isolation_events events_;
  std::string options_;  // as CBOR; set before the supervisor starts
  std::thread supervisor_;

  // The supervisor's own.
  std::string why_;         // why this process is ended, when that is known better than from its exit code
  bool heard_out_ = false;  // it has stopped: nothing it says counts any more
  std::string failed_;      // the last failure that it gave a reason for
  std::chrono::nanoseconds pause_{};
  clock::time_point born_;
  clock::time_point checked_;
  log::level log_level_{};             // that the process knows
  std::set<std::string> told_now_;     // services, by the process that is
  std::set<std::string> told_before_;  // and by those that were, not told again yet

  mutable std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::shared_ptr<child> child_;
  enum class phase { starting, up, down, over } phase_ = phase::starting;
  bool made_ = false;
  bool want_started_ = false;
  bool stopping_ = false;
  bool stopped_ = false;
  std::optional<drcon_result> created_;
  std::optional<drcon_result> rendered_;
  std::optional<std::uint64_t> open_ticket_;
  std::optional<clock::time_point> start_asked_;  // until it has returned, or was told
  std::string away_;                              // why there is no process
  model::snapshot_ptr sent_;                      // what the process has of the services
};

// ---- on the lane ----

drcon_result isolated::create(const drcon_options& options) {
  // CBOR, not text: a secret may be any bytes.
  const auto bytes = nlohmann::json::to_cbor(options.values);
  options_.assign(bytes.begin(), bytes.end());
  try {
    launch();
  } catch (const std::exception& error) {
    around_.host.failed(around_.instance, {}, c_string(error.what()));
    return DRCON_CONFIG;
  }
  supervisor_ = std::thread([this] { supervise(); });
  drcon_result result = DRCON_CONFIG;
  {
    std::unique_lock lock(mutex_);
    const bool answered =
        changed_.wait_for(lock, create_deadline, [this] { return created_ || phase_ == phase::over; });
    if (created_) result = *created_;
    if (!created_) {
      const auto why = answered ? "its process " + away_ + " within create" : "its process did not return from create";
      around_.host.failed(around_.instance, {}, c_string(why));
    }
  }
  if (result != DRCON_OK) end();
  return result;
}

bool isolated::is_made() const {
  const std::lock_guard lock(mutex_);
  return made_;
}

// A start that fails is seen by the supervisor, which tries it again with a new process.
drcon_result isolated::start() {
  const std::lock_guard lock(mutex_);
  want_started_ = true;
  if (phase_ == phase::up) ask_to_start();
  return DRCON_OK;
}

// Under mutex_.
void isolated::ask_to_start() {
  start_asked_ = clock::now();
  child_->channel().send(frame_writer(frame::start).take());
}

// What the process lacks of an update; under mutex_.
std::string isolated::with_update(frame type, const update_package& update) {
  frame_writer what(type);
  what.number(update.view.ticket).number(update.view.flags & DRCON_UPDATE_RECONCILE);
  what.number(update.applied ? 1 : 0).number(update.wanted->revision());
  put_difference(what, sent_.get(), *update.wanted);
  sent_ = update.wanted;
  return what.take();
}

void isolated::apply(const std::shared_ptr<const update_package>& update) {
  std::unique_lock lock(mutex_);
  if (phase_ != phase::up) {
    const auto why = "its process " + away_;
    lock.unlock();
    return around_.host.done(around_.instance, update->view.ticket, DRCON_RETRY, c_string(why));
  }
  open_ticket_ = update->view.ticket;
  const auto to = child_;
  const auto what = with_update(frame::apply, *update);
  lock.unlock();
  if (!to->channel().send(what)) to->kill();  // the supervisor answers
}

drcon_result isolated::render(const std::shared_ptr<const update_package>& update) {
  std::unique_lock lock(mutex_);
  rendered_.reset();
  if (phase_ == phase::up) child_->channel().send(with_update(frame::render, *update));
  changed_.wait_for(lock, render_deadline, [this] { return rendered_ || phase_ != phase::up; });
  return rendered_.value_or(DRCON_RETRY);
}

void isolated::stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
  if (phase_ != phase::up) return;
  const auto process = child_;
  process->channel().send(frame_writer(frame::stop).take());
  const bool in_time =
      changed_.wait_for(lock, settings_.stop_patience, [this] { return stopped_ || phase_ == phase::over; });
  lock.unlock();
  if (in_time) return;
  around_.misbehaved("it did not stop within " + config::to_text(settings_.stop_patience) + "; its process is killed");
  process->kill();
}

// The process is gone and the supervisor has ended, after this.
void isolated::end() {
  {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    made_ = false;
    changed_.notify_all();
    // One that has stopped frees what it has and ends by itself.
    if (stopped_) changed_.wait_for(lock, settings_.stop_patience, [this] { return !child_; });
    if (child_) child_->kill();
  }
  if (!supervisor_.joinable()) return;
  // An instance that was never stopped may be let go by the last word of its own process.
  if (supervisor_.get_id() == std::this_thread::get_id()) supervisor_.detach();
  else supervisor_.join();
}

// ---- on the supervisor's thread ----

void isolated::launch() {
  auto process = std::make_shared<child>();
  frame_writer what(frame::create);
  what.number(kind_ == config::kind::source ? 0 : 1).text(file_).text(name_);
  log_level_ = level_.least();
  what.number(static_cast<std::uint64_t>(log_level_)).text(options_);
  born_ = clock::now();
  why_.clear();
  failed_.clear();
  {
    const std::lock_guard lock(mutex_);
    phase_ = phase::starting;
    child_ = process;
  }
  process->channel().send(what.take());
}

void isolated::supervise() {
  for (bool again = true; again;) {
    std::shared_ptr<child> process;
    {
      const std::lock_guard lock(mutex_);
      process = child_;
    }
    if (process) lost(converse(*process));
    again = pause();
    if (!again) break;
    try {
      launch();
    } catch (const std::exception& error) {
      const std::lock_guard lock(mutex_);
      child_.reset();
      away_ = error.what();
    }
  }
  const std::lock_guard lock(mutex_);
  phase_ = phase::over;
  changed_.notify_all();
}

// Until the process has ended; what its end was.
std::string isolated::converse(child& with) {
  try {
    for (;;) {
      check(with);
      if (!with.channel().wait(check_interval)) continue;
      const auto bytes = with.channel().next();
      if (!bytes) break;
      frame_reader from(*bytes);
      on_frame(from, with);
    }
  } catch (const frame_fault& fault) {
    why_ = std::string("wrote over its channel to drcon: ") + fault.what();
    with.kill();
  }
  const auto how = with.reap();
  return why_.empty() ? how : why_;
}

void isolated::check(child& process) {
  const auto now = clock::now();
  if (now - checked_ < check_interval) return;
  checked_ = now;
  check_memory(process);
  check_start();
  if (log_level_ == level_.least()) return;
  log_level_ = level_.least();
  process.channel().send(frame_writer(frame::log_level).number(static_cast<std::uint64_t>(log_level_)).take());
}

// Within drcon the instance watches its start; a process has its own lane, which only its supervisor can see.
void isolated::check_start() {
  {
    const std::lock_guard lock(mutex_);
    if (!start_asked_ || clock::now() - *start_asked_ < start_patience) return;
    start_asked_.reset();
  }
  around_.misbehaved("its start has not returned for 5 s; it should return at once");
  around_.host.status(around_.instance, DRCON_STATE_AWAY, c_string("its start does not return"));
}

void isolated::check_memory(child& process) {
  const auto used = process.memory();
  if (used <= settings_.memory || !why_.empty()) return;
  why_ = "held " + std::to_string(used >> 20U) + " MiB of memory, " + std::to_string(settings_.memory >> 20U) +
         " are allowed, and was ended";
  process.kill();
}

// The process has ended; nobody shall wait for it.
void isolated::lost(const std::string& how) {
  std::optional<std::uint64_t> ticket;
  bool told = false;
  {
    const std::lock_guard lock(mutex_);
    child_.reset();
    sent_.reset();
    start_asked_.reset();
    ticket = std::exchange(open_ticket_, {});
    told = made_ && !stopping_;
    phase_ = phase::down;
    if (clock::now() - born_ > settings_.restart_max) pause_ = {};
    pause_ = std::clamp(pause_ * 2, settings_.restart_min, settings_.restart_max);
    away_ = how + "; started again in " + config::to_text(pause_);
    changed_.notify_all();
  }
  told_before_.merge(told_now_);
  told_now_.clear();
  if (!told) return;
  const auto why = "its process " + away_;
  events_.crashed(why);
  if (kind_ == config::kind::source) around_.host.unknown(around_.instance, {}, c_string(why));
  around_.host.status(around_.instance, DRCON_STATE_AWAY, c_string(why));
  if (ticket) around_.host.done(around_.instance, *ticket, DRCON_RETRY, c_string(why));
}

// Lets the time before the next start pass; false when there is to be none.
bool isolated::pause() {
  std::unique_lock lock(mutex_);
  if (!made_) return false;
  changed_.wait_for(lock, pause_, [this] { return stopping_; });
  return !stopping_;
}

void isolated::on_created(drcon_result result, child& with) {
  std::unique_lock lock(mutex_);
  const bool first = !created_;
  if (result != DRCON_OK) {
    if (first) created_ = result;
    else why_ = "could not make its instance again" + reason();
    changed_.notify_all();
    lock.unlock();
    if (!first) with.kill();
    return;
  }
  created_ = result;
  made_ = true;
  phase_ = phase::up;
  if (want_started_) ask_to_start();
  changed_.notify_all();
  lock.unlock();
  if (first) return;
  around_.host.status(around_.instance, DRCON_STATE_OK, {});
  events_.restarted();
}

void isolated::on_started(drcon_result result, child& with) {
  {
    const std::lock_guard lock(mutex_);
    start_asked_.reset();
  }
  if (result == DRCON_OK) return;
  why_ = "could not start" + reason();
  with.kill();
}

void isolated::on_publish(frame_reader& from) {
  const auto service = get_service(from);
  told_now_.insert(service.name);
  around_.host.publish(around_.instance, c_service(service).get());
}

// All that is watched has been told. What only an earlier process told is watched no more: it went while there was no
// process to say so.
void isolated::on_ready() {
  for (const auto& each : told_before_)
    if (!told_now_.contains(each)) around_.host.withdraw(around_.instance, c_string(each));
  told_before_.clear();
  around_.host.ready(around_.instance);
}

void isolated::on_frame(frame_reader& from, child& with) {
  const auto& host = around_.host;
  auto* const self = around_.instance;
  if (heard_out_) return events_.late_call();
  switch (from.type()) {
    case frame::created: return on_created(static_cast<drcon_result>(from.number()), with);
    case frame::started: return on_started(static_cast<drcon_result>(from.number()), with);
    case frame::rendered_all: {
      const std::lock_guard lock(mutex_);
      rendered_ = static_cast<drcon_result>(from.number());
      return changed_.notify_all();
    }
    case frame::stopped: {
      heard_out_ = true;
      const std::lock_guard lock(mutex_);
      stopped_ = true;
      return changed_.notify_all();
    }
    case frame::misbehaved: return around_.misbehaved(std::string(from.text()));
    case frame::log: {
      const auto level = static_cast<std::int32_t>(from.number());
      return host.log(self, level, c_string(from.text()));
    }
    case frame::status: {
      const auto state = static_cast<std::int32_t>(from.number());
      return host.status(self, state, c_string(from.text()));
    }
    case frame::metric: return get_metric(from, [&](const drcon_metric& figure) { host.metric(self, &figure); });
    case frame::failed: {
      const auto pointer = from.text();
      const auto why = from.text();
      failed_ = why;
      return host.failed(self, c_string(pointer), c_string(why));
    }
    case frame::publish: return on_publish(from);
    case frame::withdraw: {
      const std::string service(from.text());
      told_now_.erase(service);
      told_before_.erase(service);
      return host.withdraw(self, c_string(service));
    }
    case frame::ready: return on_ready();
    case frame::unknown: {
      const std::string service(from.text());
      if (!service.empty()) told_now_.insert(service);
      return host.unknown(self, c_string(service), c_string(from.text()));
    }
    case frame::done: {
      const auto ticket = from.number();
      const auto result = static_cast<drcon_result>(from.number());
      {
        const std::lock_guard lock(mutex_);
        if (open_ticket_ == ticket) open_ticket_.reset();
      }
      return host.done(self, ticket, result, c_string(from.text()));
    }
    case frame::rendered: {
      const auto target = from.text();
      const auto wanted = from.text();
      const bool is_live_known = from.number() != 0;
      const auto live = from.text();
      return host.rendered(self, c_string(target), c_string(wanted),
                           is_live_known ? c_string(live) : drcon_string{nullptr, 0});
    }
    case frame::refused: {
      const auto service = from.text();
      const auto endpoint = from.text();
      return host.refused(self, c_string(service), c_string(endpoint), c_string(from.text()));
    }
    default: throw frame_fault("a frame of an unknown type");
  }
}

}  // namespace

std::unique_ptr<calls> isolated_calls(config::kind kind, const plugin& type, const config::instance_config& config,
                                      plugin_surroundings around, isolation_events events) {
  return std::make_unique<isolated>(kind, type, config, std::move(around), std::move(events));
}

}  // namespace drcon::plugins
