#include "plugins/instance.hpp"

#include "log/log.hpp"
#include "plugins/handle.hpp"
#include "plugins/isolated_calls.hpp"
#include "plugins/options.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <future>
#include <utility>

namespace drcon::plugins {
namespace {

// Creating does no I/O, so a plugin that takes this long never ends.
constexpr auto create_deadline = std::chrono::seconds(10);
// A target is read and compared for a render; a slow one is still answered.
constexpr auto render_deadline = std::chrono::seconds(30);
constexpr auto start_patience = std::chrono::seconds(5);
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
      executor_(std::move(executor)),
      figures_(figures),
      handle_(handle::make(subject_, config.plugin, breach_counters_of(figures, subject_, config.plugin))),
      calls_(make_calls(type, config)),
      options_(std::make_shared<drcon_options>(drcon_options{config.options})),
      lane_(config.name) {
  // From 0 on, so that Prometheus sees the first of them as an increase.
  figures_.add(metrics::refused, metrics::labels_of(subject_), 0);
  if (own_process_) figures_.add(metrics::plugin_crashes, metrics::labels_of(subject_, plugin_name_), 0);
}

instance::~instance() = default;

std::unique_ptr<calls> instance::make_calls(const plugin& type, const config::instance_config& config) {
  // The plugin reaches these on its own threads, perhaps late: by way of the handle, which knows.
  const auto to_self = [handle = handle_](auto what) { handle->with([&](instance& self) { what(self); }); };
  plugin_surroundings around{
      .host = host_table(), .instance = handle_, .misbehaved = [to_self](const std::string& how) {
        to_self([&](const instance& self) { self.misbehaved(how); });
      }};
  if (config.isolation.own_process)
    return isolated_calls(
        kind_, type, config, std::move(around),
        {.crashed = [to_self](const std::string& how) { to_self([&](instance& self) { self.crashed(how); }); },
         .restarted =
             [to_self] {
               to_self([](instance& self) { self.tell([](instance_listener& to) { to.on_restarted(); }); });
             },
         .late_call = [handle = handle_] { handle->note_late_call(); }});
  return calls_here(kind_ == config::kind::source ? type.entry->source : nullptr,
                    kind_ == config::kind::sink ? type.entry->sink : nullptr, std::move(around));
}

template <class... Args>
void instance::note(fmt::format_string<Args...> text, Args&&... args) const {
  if (handle_->would_log(log::level::debug))
    log::write_anyway(log::level::debug, subject_, fmt::format(text, std::forward<Args>(args)...));
}

void instance::listen(std::weak_ptr<instance_listener> listener) {
  const std::lock_guard lock(mutex_);
  listener_ = std::move(listener);
}

fault instance::create() {
  handle_->open(this);
  auto answer = std::make_shared<std::promise<drcon_result>>();
  auto result = answer->get_future();
  lane_.post([self = shared_from_this(), answer] { answer->set_value(self->calls_->create(*self->options_)); });
  if (result.wait_for(create_deadline) != std::future_status::ready) {
    handle_->close("its create had been given up");
    return {DRCON_CONFIG, {}, "plugin '" + plugin_name_ + "' did not return from create; it is abandoned"};
  }
  const auto code = result.get();
  if (code == DRCON_OK && calls_->is_made()) return {};
  handle_->close("its create had failed");
  const std::lock_guard lock(mutex_);
  failed_.result = code == DRCON_OK ? DRCON_CONFIG : code;
  if (failed_.why.empty())
    failed_.why = "plugin '" + plugin_name_ + "' made no " + to_string(subject_.kind) + " and did not say why";
  return failed_;
}

void instance::start() { call_start(first_start_pause); }

// A start that does not return holds up its own lane and nothing else; who waits for it shall know what for.
drcon_result instance::start_in_time() {
  auto late = std::make_shared<boost::asio::steady_timer>(executor_, start_patience);
  late->async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || !self) return;
    self->misbehaved("its start has not returned for 5 s; it should return at once");
    self->said_status({DRCON_STATE_AWAY, "its start does not return"});
  });
  const auto result = calls_->start();
  boost::asio::post(executor_, [late] { late->cancel(); });
  return result;
}

// A start that fails is tried again for as long as the instance lives: it is never given up.
void instance::call_start(std::chrono::milliseconds pause) {
  lane_.post([weak = weak_from_this(), pause] {
    const auto self = weak.lock();
    if (!self || !self->calls_->is_made() || self->start_in_time() == DRCON_OK) return;
    std::string why;
    {
      const std::lock_guard lock(self->mutex_);
      if (self->stopping_) return;
      why = self->failed_.why.empty() ? "it gave no reason" : self->failed_.why;
    }
    self->said_status(
        {DRCON_STATE_AWAY, "cannot start: " + why + "; tried again in " + std::to_string(pause.count()) + " ms"});
    auto timer = std::make_shared<boost::asio::steady_timer>(self->executor_, pause);
    timer->async_wait([weak, timer, pause](const boost::system::error_code&) {
      if (const auto alive = weak.lock()) alive->call_start(std::min(pause * 2, longest_start_pause));
    });
  });
}

void instance::apply(std::shared_ptr<const update_package> update) {
  {
    const std::lock_guard lock(mutex_);
    in_flight_ = update;
    refused_in_apply_.clear();
  }
  note("is handed update {}: revision {}", update->view.ticket, update->wanted->revision());
  lane_.post([self = shared_from_this(), update = std::move(update)] {
    if (self->calls_->is_made()) self->calls_->apply(update);
  });
}

std::optional<std::vector<rendered_target>> instance::render(const std::shared_ptr<const update_package>& update,
                                                             std::string& why) {
  if (!calls_->can_render()) {
    why = "plugin '" + plugin_name_ + "' cannot render";
    return {};
  }
  struct answer {
    std::promise<drcon_result> result;
    std::vector<rendered_target> targets;
  };
  auto shared = std::make_shared<answer>();
  lane_.post([self = shared_from_this(), update, shared] {
    {
      const std::lock_guard lock(self->mutex_);
      self->rendering_ = &shared->targets;
    }
    const auto result = self->calls_->render(update);
    {
      const std::lock_guard lock(self->mutex_);
      self->rendering_ = nullptr;
    }
    shared->result.set_value(result);
  });
  auto result = shared->result.get_future();
  if (result.wait_for(render_deadline) != std::future_status::ready) {
    why = "plugin '" + plugin_name_ + "' did not return from render";
    return {};
  }
  if (result.get() != DRCON_OK) {
    const std::lock_guard lock(mutex_);
    why = failed_.why.empty() ? "plugin '" + plugin_name_ + "' cannot render this" : failed_.why;
    return {};
  }
  return std::move(shared->targets);
}

void instance::stop(std::function<void()> stopped) {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  lane_.post([self = shared_from_this(), stopped = std::move(stopped)] {
    const bool made = self->calls_->is_made();
    if (made) self->calls_->stop();
    self->handle_->close("its stop had returned");
    if (made) self->calls_->destroy();
    boost::asio::post(self->executor_, stopped);
  });
}

instance_status instance::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

std::vector<refusal> instance::refusals(std::size_t most) const {
  const std::lock_guard lock(mutex_);
  const auto count = static_cast<std::ptrdiff_t>(std::min(most, refused_.size()));
  return {refused_.begin(), std::next(refused_.begin(), count)};
}

std::string instance::why_refused(const std::string& service, const std::string& endpoint) const {
  const std::lock_guard lock(mutex_);
  for (auto at = refused_.lower_bound({service, {}, {}}); at != refused_.end() && at->service == service; ++at)
    if (at->endpoint.empty() || at->endpoint == endpoint) return at->why;
  return {};
}

std::size_t instance::refusal_count() const {
  const std::lock_guard lock(mutex_);
  return refused_.size();
}

// ---- what the plugin says ----

void instance::said_log(int level, std::string_view text) const {
  const auto which = static_cast<log::level>(std::clamp(level, DRCON_LOG_TRACE, DRCON_LOG_ERROR));
  if (handle_->would_log(which)) log::write_anyway(which, subject_, printable(text, 2000));
}

void instance::said_status(const instance_status& said) {
  auto now = said;
  if (now.state < DRCON_STATE_OK || now.state > DRCON_STATE_AWAY) now.state = DRCON_STATE_AWAY;
  {
    const std::lock_guard lock(mutex_);
    if (status_ == now) return;
    // A text that moves on within the same state (a count, an age) is shown, but is no event to log.
    const bool same_state = std::exchange(status_, now).state == now.state;
    if (same_state) return;
  }
  const auto level = now.state == DRCON_STATE_OK ? log::level::info : log::level::warning;
  const char* const states[] = {"ok", "degraded", "away"};
  const auto* state = states[now.state];
  log::write(level, subject_, now.text.empty() ? state : std::string(state) + ": " + now.text);
  tell([now](instance_listener& to) { to.on_status(now); });
}

void instance::said_metric(const drcon_metric& figure) {
  if (!figures_.report(plugin_name_, name(), figure))
    misbehaved("a metric '" + printable(view(figure.name)) + "' that Prometheus does not allow");
}

void instance::said_failed(std::string_view pointer, std::string_view why) {
  const std::lock_guard lock(mutex_);
  failed_ = {DRCON_CONFIG, std::string(pointer), printable(why, 1000)};
}

void instance::said_publish(const drcon_service& service) {
  if (const auto fault = fault_of_layout(service)) return misbehaved("it published " + *fault);
  std::vector<refusal> refused;
  auto accepted = accept(service, refused);
  report_refusals(printable(view(service.name)), refused);
  if (!accepted) return;
  note("tells service {}: {} endpoints, {} values, revision {}", accepted->name(), accepted->endpoints().size(),
       accepted->values().size(), accepted->revision());
  {
    const std::lock_guard lock(mutex_);
    note_first_seen();
    news_.unknown.erase(accepted->name());
    auto name = accepted->name();
    news_.services.insert_or_assign(std::move(name), std::move(accepted));
  }
  tell_news();
}

void instance::said_withdraw(std::string_view service) {
  note("withdraws service {}", printable(service));
  {
    const std::lock_guard lock(mutex_);
    note_first_seen();
    news_.unknown.erase(std::string(service));
    news_.services.insert_or_assign(std::string(service), nullptr);
  }
  report_refusals(printable(service), {});
  tell_news();
}

void instance::said_ready() {
  note("has told all it watches");
  {
    const std::lock_guard lock(mutex_);
    news_.ready = true;
    news_.all_unknown.reset();
  }
  tell_news();
}

void instance::said_unknown(std::string_view service, std::string_view why) {
  note("cannot tell {}: {}", service.empty() ? "anything" : printable(service), printable(why, 500));
  {
    const std::lock_guard lock(mutex_);
    if (service.empty()) {
      news_.all_unknown = printable(why, 500);
      news_.ready = false;
    } else {
      news_.unknown.insert_or_assign(std::string(service), printable(why, 500));
    }
  }
  tell_news();
}

void instance::said_done(std::uint64_t ticket, drcon_result result, std::string_view why) {
  {
    const std::lock_guard lock(mutex_);
    if (!in_flight_ || in_flight_->view.ticket != ticket) {
      misbehaved("an answer to update " + std::to_string(ticket) +
                 ", which is not open: answered twice, or never asked");
      return;
    }
    in_flight_.reset();
  }
  std::vector<refusal> refused;
  {
    const std::lock_guard lock(mutex_);
    refused.swap(refused_in_apply_);
  }
  report_refusals({}, refused);
  // An unknown result from a newer plugin is treated as "try again".
  const auto known = result == DRCON_OK || result == DRCON_REJECTED ? result : DRCON_RETRY;
  note("answers update {}: {} {}", ticket,
       known == DRCON_OK      ? "applied"
       : known == DRCON_RETRY ? "away"
                              : "rejected",
       printable(why, 2000));
  tell([ticket, known, why = printable(why, 2000)](instance_listener& to) { to.on_done(ticket, known, why); });
}

void instance::said_rendered(rendered_target target) {
  const std::lock_guard lock(mutex_);
  if (rendering_) rendering_->push_back(std::move(target));
  else misbehaved("rendered() outside of render");
}

void instance::said_refused(refusal what) {
  const std::lock_guard lock(mutex_);
  constexpr std::size_t most = 10000;  // a hostile registry must not fill our memory with reasons
  if (refused_in_apply_.size() < most) refused_in_apply_.push_back(std::move(what));
}

void instance::misbehaved(std::string_view how) const {
  figures_.add(metrics::plugin_misbehaviour, metrics::labels_of(subject_, plugin_name_));
  log::error(subject_, "plugin '{}' misbehaved: {}", plugin_name_, how);
}

void instance::crashed(const std::string& how) {
  figures_.add(metrics::plugin_crashes, metrics::labels_of(subject_, plugin_name_));
  log::error(subject_, "plugin '{}': {}", plugin_name_, how);
}

// Tells what is refused anew; what was told before and still holds is not told again. An empty service stands for all.
void instance::report_refusals(const std::string& service, const std::vector<refusal>& now) {
  std::vector<refusal> fresh;
  {
    const std::lock_guard lock(mutex_);
    std::set<refusal> before;
    const auto is_of_it = [&](auto at) { return at != refused_.end() && (service.empty() || at->service == service); };
    for (auto at = refused_.lower_bound({service, {}, {}}); is_of_it(at);) before.insert(refused_.extract(at++));
    for (const auto& each : now)
      if (refused_.insert(each).second && !before.contains(each)) fresh.push_back(each);
  }
  for (const auto& each : fresh) {
    log::warning(subject_, "left out {}{}{}: {}", each.service, each.endpoint.empty() ? "" : " endpoint ",
                 each.endpoint, each.why);
    figures_.add(metrics::refused, metrics::labels_of(subject_));
    tell([each](instance_listener& to) { to.on_refused(each); });
  }
}

// Under mutex_.
void instance::note_first_seen() {
  if (news_.first_seen == std::chrono::steady_clock::time_point{}) news_.first_seen = std::chrono::steady_clock::now();
}

// One message to the engine stands for all that was said until it is read: a flood of publishes stays small.
void instance::tell_news() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(news_posted_, true)) return;
  }
  boost::asio::post(executor_, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    source_news news;
    std::shared_ptr<instance_listener> listener;
    {
      const std::lock_guard lock(self->mutex_);
      news = std::exchange(self->news_, {});
      self->news_posted_ = false;
      listener = self->listener_.lock();
    }
    if (listener) listener->on_news(std::move(news));
  });
}

void instance::tell(std::function<void(instance_listener&)> what) {
  boost::asio::post(executor_, [weak = weak_from_this(), what = std::move(what)] {
    const auto self = weak.lock();
    if (!self) return;
    std::shared_ptr<instance_listener> listener;
    {
      const std::lock_guard lock(self->mutex_);
      listener = self->listener_.lock();
    }
    if (listener) what(*listener);
  });
}

}  // namespace drcon::plugins
