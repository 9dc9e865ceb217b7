#include "plugins/isolated_calls.hpp"

#include "config/units.hpp"
#include "model/snapshot.hpp"
#include "plugins/frame_content.hpp"
#include "plugins/options.hpp"
#include "plugins/patience.hpp"
#include "plugins/process_supervisor.hpp"

#include <exception>
#include <mutex>
#include <utility>

namespace drcon::plugins {
namespace {

using phase = isolated_state::phase;

class isolated final : public calls {
public:
  isolated(config::kind kind, const plugin& type, const config::instance_config& config,
           const plugin_surroundings& around, isolation_events events)
      : can_render_(kind == config::kind::sink && type.entry->sink && DRCON_HAS(type.entry->sink, render) &&
                    type.entry->sink->render),
        stop_patience_(config.isolation.stop_patience),
        around_(around),
        supervisor_(std::make_shared<process_supervisor>(isolated_plugin{.kind = kind,
                                                                         .library = type.descriptor,
                                                                         .file = type.file.string(),
                                                                         .plugin = config.plugin,
                                                                         .name = config.name,
                                                                         .configuration = config.file,
                                                                         .limits = config.isolation},
                                                         state_, around, std::move(events))) {}
  ~isolated() override { end(); }

  drcon_result create(const drcon_options& options) override;
  bool is_made() const override;
  drcon_result start() override;
  void apply(const std::shared_ptr<const update_package>& update) override;
  bool can_render() const override { return can_render_; }
  drcon_result render(const std::shared_ptr<const update_package>& update) override;
  probe_answer probe(const probe_question& question) override;
  void stop() override;
  void destroy() override { end(); }

private:
  drcon_result wait_until_created();
  void send_update(frame type, const update_package& update, std::unique_lock<std::mutex>& lock);
  void end();

  const bool can_render_;
  const std::chrono::nanoseconds stop_patience_;
  const plugin_surroundings around_;
  const std::shared_ptr<isolated_state> state_ = std::make_shared<isolated_state>();
  const std::shared_ptr<process_supervisor> supervisor_;
};

drcon_result isolated::create(const drcon_options& options) {
  const auto bytes = nlohmann::json::to_cbor(options.values);
  try {
    supervisor_->begin({bytes.begin(), bytes.end()});
  } catch (const std::exception& error) {
    around_.host.failed(around_.instance, {}, c_string(error.what()));
    return DRCON_CONFIG;
  }
  const auto result = wait_until_created();
  if (result != DRCON_OK) end();
  return result;
}

drcon_result isolated::wait_until_created() {
  std::string why;
  {
    std::unique_lock lock(state_->mutex);
    const bool answered = state_->changed.wait_for(lock, patience::create_in_process,
                                                   [this] { return state_->created || state_->now == phase::over; });
    if (state_->created) return *state_->created;
    why = answered ? "its process " + state_->away + " within create" : "its process did not return from create";
  }
  around_.host.failed(around_.instance, {}, c_string(why));
  return DRCON_CONFIG;
}

bool isolated::is_made() const {
  const std::lock_guard lock(state_->mutex);
  return state_->made;
}

// A start that fails is seen by the supervisor, which tries it again with a new process.
drcon_result isolated::start() {
  const std::lock_guard lock(state_->mutex);
  state_->start_desired = true;
  if (state_->now == phase::up) state_->ask_to_start();
  return DRCON_OK;
}

// Sends what the process lacks of an update. Releases the lock meanwhile: a process that takes nothing blocks a send
// for seconds, and the supervisor must be able to go on.
void isolated::send_update(frame type, const update_package& update, std::unique_lock<std::mutex>& lock) {
  frame_writer what(type);
  what.number(update.view.ticket).number(update.view.flags & DRCON_UPDATE_RECONCILE);
  what.number(update.applied ? 1 : 0).number(update.wanted->revision());
  put_difference(what, state_->sent.get(), *update.wanted);
  const auto bytes = what.take();
  // Not before: without memory for the frame, nothing is sent, and the caller gets the exception.
  state_->sent = update.wanted;
  if (type == frame::apply) state_->open_ticket = update.view.ticket;
  const auto process = state_->process;
  lock.unlock();
  if (!process->channel().send(bytes)) process->kill();  // the supervisor sees its end, and answers
}

void isolated::apply(const std::shared_ptr<const update_package>& update) {
  std::unique_lock lock(state_->mutex);
  if (state_->now == phase::up) return send_update(frame::apply, *update, lock);
  const auto why = "its process " + state_->away;
  lock.unlock();
  around_.host.done(around_.instance, update->view.ticket, DRCON_RETRY, c_string(why));
}

drcon_result isolated::render(const std::shared_ptr<const update_package>& update) {
  std::unique_lock lock(state_->mutex);
  state_->rendered.reset();
  if (state_->now != phase::up) return DRCON_RETRY;
  send_update(frame::render, *update, lock);
  lock.lock();
  state_->changed.wait_for(lock, patience::render, [this] { return state_->rendered || state_->now != phase::up; });
  return state_->rendered.value_or(DRCON_RETRY);
}

probe_answer isolated::probe(const probe_question& question) {
  std::unique_lock lock(state_->mutex);
  state_->found.clear();
  state_->probed.reset();
  if (state_->now != phase::up)
    return std::vector<finding>{{"probe", finding_state::failed, "its process " + state_->away, {}}};
  frame_writer what(frame::probe);
  what.number(static_cast<std::uint64_t>(question.timeout.count()))
      .number(static_cast<std::uint64_t>(question.process))
      .number(question.is_of_asks ? 1 : 0);
  const auto process = state_->process;
  const auto bytes = what.take();
  state_->is_probing = true;
  lock.unlock();
  if (!process->channel().send(bytes)) process->kill();
  lock.lock();
  state_->changed.wait_for(lock, patience::probe, [this] { return state_->probed || state_->now != phase::up; });
  state_->is_probing = false;
  if (state_->probed && !*state_->probed) return {};
  auto all = std::move(state_->found);
  state_->found.clear();
  if (!state_->probed)
    all.push_back({"probe", finding_state::failed, "the plugin's process did not answer while it looked", {}});
  return all;
}

void isolated::stop() {
  std::unique_lock lock(state_->mutex);
  state_->stopping = true;
  state_->changed.notify_all();
  if (state_->now != phase::up) return;
  const auto process = state_->process;
  process->channel().send(frame_writer(frame::stop).take());
  const bool in_time =
      state_->changed.wait_for(lock, stop_patience_, [this] { return state_->stopped || state_->now == phase::over; });
  lock.unlock();
  if (in_time) return;
  around_.misbehaved("it did not stop within " + config::to_text(stop_patience_) + "; its process is killed");
  process->kill();
}

// After this the process is gone and the supervisor's thread has ended.
void isolated::end() {
  {
    std::unique_lock lock(state_->mutex);
    state_->stopping = true;
    state_->made = false;
    state_->changed.notify_all();
    // A plugin that has stopped frees what it holds, and its process ends by itself.
    if (state_->stopped) state_->changed.wait_for(lock, stop_patience_, [this] { return !state_->process; });
    if (state_->process) state_->process->kill();
  }
  supervisor_->join();
}

}  // namespace

std::unique_ptr<calls> isolated_calls(config::kind kind, const plugin& type, const config::instance_config& config,
                                      plugin_surroundings around, isolation_events events) {
  return std::make_unique<isolated>(kind, type, config, std::move(around), std::move(events));
}

}  // namespace drcon::plugins
