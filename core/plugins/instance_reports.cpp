// The calls that a plugin makes to its instance, through its gate: on any thread.
#include "base/count_of.hpp"
#include "log/log.hpp"
#include "model/plugin_state.hpp"
#include "model/sink_answer.hpp"
#include "model/snapshot.hpp"
#include "plugins/call_gate.hpp"
#include "plugins/instance.hpp"
#include "plugins/series_bound.hpp"

#include <algorithm>
#include <utility>

namespace drcon::plugins {

bool instance::notes_calls() const { return gate_->would_log(log::level::debug); }
void instance::write_note(const std::string& text) const { log::write_anyway(log::level::debug, subject_, text); }

// ---- of sources and sinks ----

void instance::on_log(int level, std::string_view text) const {
  const auto which = static_cast<log::level>(std::clamp(level, DRCON_LOG_TRACE, DRCON_LOG_ERROR));
  if (gate_->would_log(which)) log::write_anyway(which, subject_, printable(text, 2000));
}

void instance::on_status(const instance_status& reported) {
  auto now = reported;
  if (now.state < DRCON_STATE_OK || now.state > DRCON_STATE_AWAY) now.state = DRCON_STATE_AWAY;
  {
    const std::lock_guard lock(mutex_);
    if (status_ == now) return;
    // A text that changes within the same state (a count, an age) is shown, but is no event to log.
    const bool same_state = std::exchange(status_, now).state == now.state;
    if (same_state) {
      if (refusals_.count() > 0) reports_->post([](instance_listener& listener) { listener.on_status_text(); });
      return;
    }
    state_since_ = std::chrono::system_clock::now();
  }
  // A source that cannot be reached reports that all its services are unknown, too: who listens logs both as one.
  if (kind_ == config::kind::sink || now.state != DRCON_STATE_AWAY) {
    const auto level = now.state == DRCON_STATE_OK ? log::level::info : log::level::warning;
    const std::string state = to_words(model::plugin_state_of(now.state));
    log::write(level, subject_, now.text.empty() ? state : state + ": " + now.text);
  }
  reports_->post([now](instance_listener& listener) { listener.on_status(now); });
}

void instance::on_metric(const drcon_metric& figure) {
  const auto place = series_of(subject_).judge(figure);
  if (place == series_bound::verdict::first_beyond)
    on_misbehaviour("it reports more series of metrics than the " + std::to_string(series_bound::most_series) +
                    " that drcon keeps of an instance; the others are dropped, the first one of '" +
                    printable(view(figure.name)) + "'");
  if (place != series_bound::verdict::taken) return;
  if (!figures_.report(plugin_name_, subject_, figure))
    on_misbehaviour("a metric '" + printable(view(figure.name)) + "' that Prometheus does not allow");
}

void instance::on_failed(std::string_view pointer, std::string_view why) {
  const std::lock_guard lock(mutex_);
  failed_ = {DRCON_CONFIG, std::string(pointer), printable(why, 1000)};
}

void instance::on_misbehaviour(std::string_view how) const {
  figures_.add(metrics::plugin_misbehaviour, metrics::labels_of(subject_, plugin_name_));
  // It may be what the plugin's own process has sent.
  log::error(subject_, "plugin '{}' misbehaved: {}", plugin_name_, printable(how, 1000));
}

void instance::on_crash(const std::string& how) {
  figures_.add(metrics::plugin_crashes, metrics::labels_of(subject_, plugin_name_));
  omissions_.clear();  // the process that comes next knows nothing of them, and could not take them back
  // A part of it may be what the process has said.
  log::error(subject_, "plugin '{}': {}", plugin_name_, printable(how, 1000));
}

namespace {

// A service may be left out because it has no name.
std::string refusal_text(const refusal& left_out) {
  auto what = left_out.service;
  if (!left_out.endpoint.empty()) what += " endpoint " + left_out.endpoint;
  return what.empty() ? left_out.why : what + ": " + left_out.why;
}

}  // namespace

// Reports what is refused now and was not before; of several services when `service` is empty.
//
// One change may leave out thousands of endpoints, and whoever may register one can bring it about: log and journal get
// one report of it.
void instance::report_refusals(const std::string& service, std::vector<refusal> fresh) {
  constexpr std::size_t named = 3;
  if (fresh.empty()) return;
  for (std::size_t i = 0; i < std::min(fresh.size(), named); ++i)
    log::warning(subject_, "left out {}", refusal_text(fresh[i]));
  if (fresh.size() > named)
    log::warning(subject_, "left out {} more{}; the status names them", fresh.size() - named,
                 service.empty() ? "" : " of service " + service);
  const auto of_nothing = std::ranges::count_if(fresh, &refusal::is_of_nothing);
  figures_.add(metrics::refused, metrics::labels_of(subject_), static_cast<double>(std::ssize(fresh) - of_nothing));
  reports_->post([fresh = std::move(fresh)](instance_listener& listener) { listener.on_refused(fresh); });
}

// ---- of sources ----

void instance::on_publish(const drcon_service& service) {
  if (const auto fault = fault_of_layout(service)) return on_misbehaviour("it published " + *fault);
  std::vector<refusal> refused;
  auto accepted = accept(service, refused);
  const auto name = printable(view(service.name));
  report_refusals(name, refusals_.replace(name, refused));
  if (!accepted) return;
  note("publishes service {}: {}, {}, revision {}", accepted->name(),
       base::count_of(accepted->endpoints().size(), "endpoint"), base::count_of(accepted->values().size(), "value"),
       accepted->revision());
  intake_->publish(std::move(accepted));
}

void instance::on_withdraw(std::string_view service) {
  note("withdraws service {}", printable(service));
  // A name that is not text was refused when it was published, so that there is nothing to withdraw.
  if (is_plain_text(service)) intake_->withdraw(std::string(service));
  (void)refusals_.replace(printable(service), {});
}

void instance::on_ready() {
  note("has reported all its services");
  intake_->ready();
}

void instance::on_unknown(std::string_view service, std::string_view why) {
  note("has no current data of {}: {}", service.empty() ? "any service" : printable(service), printable(why, 500));
  if (is_plain_text(service)) intake_->unknown(std::string(service), printable(why, 500));
}

void instance::on_names_unknown(std::string_view part, std::string_view pattern, std::string_view why) {
  note("does not know the names of {}: {}", printable(part), printable(why, 500));
  intake_->names_unknown(std::string(part), {.pattern = std::string(pattern), .why = printable(why, 500)});
}

void instance::on_names_known(std::string_view part) {
  note("knows the names of {}", printable(part));
  intake_->names_known(std::string(part));
}

// ---- of sinks ----

void instance::on_done(std::uint64_t ticket, drcon_result result, std::string_view why) {
  const auto left_out = exchange_.end_apply(ticket);
  if (!left_out)
    return on_misbehaviour("it answered update " + std::to_string(ticket) +
                           ", which waits for no answer: it was answered before, or never handed over");
  report_refusals({}, refusals_.replace_all(*left_out));
  // An unknown result of a newer plugin is treated as "try again".
  const auto known = result == DRCON_OK || result == DRCON_REJECTED ? result : DRCON_RETRY;
  const auto reason = printable(why, 2000);
  note("answers update {}: {} {}", ticket, to_string(model::sink_answer_of(known)), reason);
  reports_->post([ticket, known, reason](instance_listener& listener) { listener.on_done(ticket, known, reason); });
}

void instance::on_lost(std::uint64_t ticket) {
  (void)exchange_.end_apply(ticket);
  // The engine ignores it if it has had an answer after all.
  reports_->post([ticket](instance_listener& listener) { listener.on_done(ticket, DRCON_RETRY, lost_call); });
}

void instance::on_rendered(rendered_target target) {
  if (!exchange_.add_rendered(std::move(target))) on_misbehaviour("rendered() outside of render");
}

// A source that reports what it leaves out has decided that by its options: it is kept for those who ask why something
// is not published, and is neither logged as a warning nor counted as a refusal.
//
// A sink that tends its target between two updates may find that it has to leave something out. That holds until it
// answers the next update, which brings all that is left out then.
void instance::on_refused(refusal left_out) {
  if (kind_ == config::kind::source) {
    note("leaves out {} of service {}: {}", left_out.endpoint, left_out.service, left_out.why);
    return omissions_.set(left_out);
  }
  if (exchange_.add_refusal(left_out) || !refusals_.add(left_out)) return;
  report_refusals({}, {std::move(left_out)});
}

}  // namespace drcon::plugins
