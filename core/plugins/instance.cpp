#include "plugins/instance.hpp"

#include "log/log.hpp"
#include "model/snapshot.hpp"
#include "plugins/call_gate.hpp"
#include "plugins/host_functions.hpp"
#include "plugins/isolated_calls.hpp"
#include "plugins/options.hpp"
#include "plugins/patience.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <future>
#include <utility>

namespace drcon::plugins {
namespace {

constexpr auto first_start_pause = std::chrono::milliseconds(500);
constexpr auto longest_start_pause = std::chrono::milliseconds(30000);

base::subject subject_of(config::kind kind, const std::string& name) {
  return {kind == config::kind::source ? base::subject_kind::source : base::subject_kind::sink, name};
}

breach_counters breach_counters_of(metrics::metrics& figures, const base::subject& instance,
                                   const std::string& plugin) {
  const auto labels = metrics::labels_of(instance, plugin);
  return {.late_calls = figures.make_counter(metrics::plugin_late_calls, labels),
          .misbehaviour = figures.make_counter(metrics::plugin_misbehaviour, labels)};
}

}  // namespace

instance::instance(config::kind kind, const plugin& type, const config::instance_config& config,
                   boost::asio::any_io_executor executor, metrics::metrics& figures)
    : kind_(kind),
      subject_(subject_of(kind, config.name)),
      plugin_name_(config.plugin),
      own_process_(config.isolation.own_process),
      figures_(figures),
      reports_(std::make_shared<report_channel>(std::move(executor))),
      intake_(std::make_shared<source_intake>(reports_)),
      gate_(
          call_gate::make(subject_, config.plugin, config.file, breach_counters_of(figures, subject_, config.plugin))),
      calls_(make_calls(type, config)),
      options_(std::make_shared<drcon_options>(drcon_options{config.options})),
      lane_(config.name) {
  // Counters begin at 0, so that Prometheus sees the first event as an increase.
  figures_.add(metrics::refused, metrics::labels_of(subject_), 0);
  if (own_process_) figures_.add(metrics::plugin_crashes, metrics::labels_of(subject_, plugin_name_), 0);
}

instance::~instance() = default;

std::unique_ptr<calls> instance::make_calls(const plugin& type, const config::instance_config& config) {
  // These are called on the plugin's threads, perhaps after this instance has ended; the gate refuses late calls.
  const auto to_self = [gate = gate_](auto what) { gate->with([&](instance& self) { what(self); }); };
  plugin_surroundings around{
      .host = host_functions(), .instance = gate_, .misbehaved = [to_self](const std::string& how) {
        to_self([&](const instance& self) { self.on_misbehaviour(how); });
      }};
  if (config.isolation.own_process)
    return isolated_calls(
        kind_, type, config, std::move(around),
        {.crashed = [to_self](const std::string& how) { to_self([&](instance& self) { self.on_crash(how); }); },
         .restarted =
             [to_self] {
               to_self([](instance& self) {
                 self.reports_->post([](instance_listener& listener) { listener.on_restarted(); });
               });
             },
         .late_call = [gate = gate_] { gate->note_late_call(); }});
  return direct_calls(kind_ == config::kind::source ? type.entry->source : nullptr,
                      kind_ == config::kind::sink ? type.entry->sink : nullptr, probe_ability(*type.entry),
                      std::move(around));
}

fault instance::create() {
  gate_->open(this);
  auto answer = std::make_shared<std::promise<drcon_result>>();
  auto result = answer->get_future();
  lane_.post(
      [self = shared_from_this(), answer] {
        // An object that is made after stop() would never be destroyed.
        answer->set_value(self->is_stopping() ? DRCON_RETRY : self->calls_->create(*self->options_));
      },
      [self = shared_from_this(), answer] {
        self->on_failed({}, lost_call);
        answer->set_value(DRCON_RETRY);
      });
  if (result.wait_for(patience::create) != std::future_status::ready) {
    gate_->close("its create had been given up");
    return {DRCON_CONFIG, {}, "plugin '" + plugin_name_ + "' did not return from create; it is abandoned"};
  }
  const auto code = result.get();
  if (code == DRCON_OK && calls_->is_made()) return {};
  gate_->close("its create had failed");
  const std::lock_guard lock(mutex_);
  failed_.result = code == DRCON_OK ? DRCON_CONFIG : code;
  if (failed_.why.empty())
    failed_.why = "plugin '" + plugin_name_ + "' made no " + to_string(subject_.kind) + " and did not say why";
  return failed_;
}

void instance::start() { try_start(first_start_pause); }

// A start that does not return holds up its own lane and nothing else. It is reported, so that an operator who waits
// for the instance knows the cause.
drcon_result instance::start_in_time() {
  auto late = std::make_shared<boost::asio::steady_timer>(reports_->executor(), patience::start);
  late->async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || !self) return;
    self->on_misbehaviour(patience::start_is_overdue);
    self->on_status({DRCON_STATE_AWAY, patience::start_does_not_return});
  });
  const auto result = calls_->start();
  boost::asio::post(reports_->executor(), [late] { late->cancel(); });
  return result;
}

// A start that fails is tried again for as long as the instance lives, with pauses that double up to a limit.
void instance::try_start(std::chrono::milliseconds pause) {
  auto start = [weak = weak_from_this(), pause] {
    const auto self = weak.lock();
    if (!self || !self->calls_->is_made() || self->start_in_time() == DRCON_OK) return;
    auto why = self->last_failure();
    self->start_later(pause, why.empty() ? "it gave no reason" : why);
  };
  lane_.post(std::move(start), [weak = weak_from_this(), pause] {
    if (const auto self = weak.lock()) self->start_later(pause, lost_call);
  });
}

void instance::start_later(std::chrono::milliseconds pause, const std::string& why) {
  if (is_stopping()) return;
  on_status({DRCON_STATE_AWAY, "cannot start: " + why + "; retrying in " + std::to_string(pause.count()) + " ms"});
  auto timer = std::make_shared<boost::asio::steady_timer>(reports_->executor(), pause);
  timer->async_wait([weak = weak_from_this(), timer, pause](const boost::system::error_code&) {
    if (const auto alive = weak.lock()) alive->try_start(std::min(pause * 2, longest_start_pause));
  });
}

void instance::apply(std::shared_ptr<const update_package> update) {
  note("is handed update {}: revision {}", update->view.ticket, update->wanted->revision());
  auto call = [self = shared_from_this(), update] {
    if (self->calls_->is_made()) self->calls_->apply(update);
  };
  const auto ticket = update->view.ticket;
  auto lost = [self = shared_from_this(), ticket] { self->on_lost(ticket); };
  exchange_.begin_apply(std::move(update));
  try {
    lane_.post(std::move(call), std::move(lost));
  } catch (...) {  // nobody will answer it
    (void)exchange_.end_apply(ticket);
    throw;
  }
}

base::result<std::vector<rendered_target>> instance::render(const std::shared_ptr<const update_package>& update) {
  if (!calls_->can_render()) return base::failure{"plugin '" + plugin_name_ + "' cannot render"};
  // Shared with the lane: a render that overstays goes on writing to it after this function has returned.
  struct answer {
    std::promise<drcon_result> result;
    std::vector<rendered_target> targets;
  };
  auto shared = std::make_shared<answer>();
  auto call = [self = shared_from_this(), update, shared] {
    drcon_result result = DRCON_RETRY;
    {
      const sink_exchange::rendering_scope open(self->exchange_, shared->targets);
      if (self->calls_->is_made()) result = self->calls_->render(update);
    }
    shared->result.set_value(result);
  };
  lane_.post(std::move(call), [self = shared_from_this(), shared] {
    self->on_failed({}, lost_call);
    shared->result.set_value(DRCON_RETRY);
  });
  auto result = shared->result.get_future();
  if (result.wait_for(patience::render) != std::future_status::ready)
    return base::failure{"plugin '" + plugin_name_ + "' did not return from render"};
  if (result.get() != DRCON_OK) {
    auto why = last_failure();
    if (why.empty()) why = "plugin '" + plugin_name_ + "' cannot render this";
    return base::failure{std::move(why)};
  }
  return std::move(shared->targets);
}

probe_answer instance::probe(const probe_question& question) {
  // Shared with the lane: a probe that overstays goes on after this function has returned.
  auto answer = std::make_shared<std::promise<probe_answer>>();
  auto result = answer->get_future();
  lane_.post([self = shared_from_this(), question,
              answer] { answer->set_value(self->calls_->is_made() ? self->calls_->probe(question) : probe_answer()); },
             [answer] {
               answer->set_value(std::vector<finding>{{"probe", finding_state::failed, lost_call, {}}});
             });
  if (result.wait_for(patience::probe) == std::future_status::ready) return result.get();
  return std::vector<finding>{
      {"probe", finding_state::failed, "plugin '" + plugin_name_ + "' did not return from probe", {}}};
}

void instance::stop(std::function<void()> stopped) {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  // What is left to do after stop, or if that is lost. It may be begun twice.
  auto end = [self = shared_from_this(), stopped = std::move(stopped)] {
    self->gate_->close("its stop had returned");
    if (self->calls_->is_made()) self->calls_->destroy();
    boost::asio::post(self->reports_->executor(), stopped);
  };
  auto stop_and_end = [self = shared_from_this(), end] {
    if (self->calls_->is_made()) self->calls_->stop();
    end();
  };
  lane_.post(std::move(stop_and_end), std::move(end));
}

bool instance::is_stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

std::string instance::last_failure() const {
  const std::lock_guard lock(mutex_);
  return failed_.why;
}

instance_status instance::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

std::chrono::system_clock::time_point instance::state_since() const {
  const std::lock_guard lock(mutex_);
  return state_since_;
}

}  // namespace drcon::plugins
