// drcon/context.hpp: an instance's line to the host: log, status, metrics, and what sources and sinks report.
//
// Thread rule: every member may be called from any thread, from the constructor until stop() has returned.
#pragma once

#include <drcon/model.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drcon {

class context {
public:
  context(const drcon_host* host, drcon_instance* instance) noexcept : host_(host), instance_(instance) {}

  /// The name the user gave the instance.
  std::string_view name() const { return view(host_->name(instance_)); }

  bool log_enabled(int level) const { return host_->log_enabled(instance_, level) != 0; }
  void log(int level, std::string_view text) const { host_->log(instance_, level, c_string(text)); }
  void debug(std::string_view text) const { log(DRCON_LOG_DEBUG, text); }
  void info(std::string_view text) const { log(DRCON_LOG_INFO, text); }
  void warn(std::string_view text) const { log(DRCON_LOG_WARNING, text); }
  void error(std::string_view text) const { log(DRCON_LOG_ERROR, text); }

  /// State to show until the next call. The host logs a change of it; do not log it again.
  void status_ok(std::string_view text = {}) const { status(DRCON_STATE_OK, text); }
  void status_degraded(std::string_view text) const { status(DRCON_STATE_DEGRADED, text); }
  void status_away(std::string_view text) const { status(DRCON_STATE_AWAY, text); }

  using label = std::pair<std::string_view, std::string_view>;
  void gauge(std::string_view name, std::string_view help, double value,
             std::initializer_list<label> labels = {}) const {
    metric(DRCON_METRIC_GAUGE, name, help, value, labels);
  }
  void count(std::string_view name, std::string_view help, double increment = 1,
             std::initializer_list<label> labels = {}) const {
    metric(DRCON_METRIC_COUNTER, name, help, increment, labels);
  }
  void observe(std::string_view name, std::string_view help, double seconds,
               std::initializer_list<label> labels = {}) const {
    metric(DRCON_METRIC_HISTOGRAM, name, help, seconds, labels);
  }

  /// Within the start or render that is about to fail: why. (A constructor throws config_error instead.)
  void failed(std::string_view why) const { host_->failed(instance_, {}, c_string(why)); }

  /// Sources: the complete state of one service.
  void publish(const service& complete) const { host_->publish(instance_, c_service(complete).get()); }
  /// Sources: the service is known to be no more.
  void withdraw(std::string_view service) const { host_->withdraw(instance_, c_string(service)); }
  /// Sources: everything that is watched has been reported once.
  void ready() const { host_->ready(instance_); }
  /// Sources: no current data; never means "empty". An empty name means all services. Report the status first: whoever
  /// learns that the state is unknown finds the reason there.
  void unknown(std::string_view service, std::string_view why) const {
    host_->unknown(instance_, c_string(service), c_string(why));
  }

  /// Sinks: an endpoint was left out, and why.
  void refused(std::string_view service, std::string_view endpoint, std::string_view why) const {
    host_->refused(instance_, c_string(service), c_string(endpoint), c_string(why));
  }
  /// Sinks, within render(): what would be written to `target`, where what is there now is not known.
  void rendered(std::string_view target, std::string_view wanted) const {
    host_->rendered(instance_, c_string(target), c_string(wanted), drcon_string{nullptr, 0});
  }
  /// Sinks, within render(): what would be written to `target`, and what is there now.
  void rendered(std::string_view target, std::string_view wanted, std::string_view live) const {
    // A live view of "" must stay distinguishable from "not known".
    host_->rendered(instance_, c_string(target), c_string(wanted), {live.data() ? live.data() : "", live.size()});
  }

  /// An ability of the host by its name, such as `ability<drcon_names>(DRCON_NAMES)`; null where it has none of that
  /// name.
  template <class Ability>
  const Ability* ability(const char* name) const {
    if (!DRCON_HAS(host_, ability) || host_->ability == nullptr) return nullptr;
    return static_cast<const Ability*>(host_->ability(instance_, name));
  }

  const drcon_host* host() const noexcept { return host_; }
  drcon_instance* instance() const noexcept { return instance_; }

private:
  void status(int state, std::string_view text) const { host_->status(instance_, state, c_string(text)); }

  void metric(std::uint32_t kind, std::string_view name, std::string_view help, double value,
              std::initializer_list<label> labels) const {
    std::vector<drcon_pair> pairs;
    pairs.reserve(labels.size());
    for (const auto& [key, text] : labels) pairs.push_back({c_string(key), c_string(text)});
    const drcon_metric all{.size = sizeof(drcon_metric),
                           .kind = kind,
                           .name = c_string(name),
                           .help = c_string(help),
                           .value = value,
                           .labels = pairs.data(),
                           .label_count = pairs.size()};
    host_->metric(instance_, &all);
  }

  const drcon_host* host_;
  drcon_instance* instance_;
};

}  // namespace drcon
