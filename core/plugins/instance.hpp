// One source or sink: a plugin's object, the thread the host calls it on, and what it says to the host.
//
// Thread rule: the public functions are called by the engine's thread. What the plugin says arrives on any thread, is
// folded here, and is handed to the listener on the engine's thread.
#pragma once

#include "base/lane.hpp"
#include "config/configuration.hpp"
#include "metrics/metrics.hpp"
#include "plugins/boundary.hpp"
#include "plugins/calls.hpp"
#include "plugins/library.hpp"

#include <fmt/format.h>
#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace drcon::plugins {

class handle;  // the host's end of a drcon_instance

/// What a source said since it was last asked; the newest word on each service.
struct source_news {
  std::map<std::string, model::service_ptr> services;   ///< null: withdrawn
  std::map<std::string, std::string> unknown;           ///< service -> why
  std::optional<std::string> all_unknown;               ///< why
  bool ready = false;
  std::chrono::steady_clock::time_point first_seen{};  ///< when the oldest of this came from the plugin
};

/// The state an instance wants to show.
struct instance_status {
  int state = DRCON_STATE_OK;
  std::string text;
  bool operator==(const instance_status&) const = default;
};

/// Why something did not work, and which option is at fault, if one is.
struct fault {
  drcon_result result = DRCON_OK;
  std::string pointer;
  std::string why;
};

/// What would be written to a target, and what is there now (if that is known).
struct rendered_target {
  std::string target;
  std::string wanted;
  std::optional<std::string> live;
};

/// Told on the engine's thread.
class instance_listener {
public:
  virtual ~instance_listener() = default;
  virtual void on_news(source_news) {}  // NOLINT(performance-unnecessary-value-param): for who keeps it
  virtual void on_status(const instance_status&) {}
  /// Answers apply(): DRCON_OK, DRCON_RETRY or DRCON_REJECTED.
  virtual void on_done(std::uint64_t /*ticket*/, drcon_result, const std::string& /*why*/) {}
  /// The plugin's own process (isolation = "process") is new: what it knew of its target is gone.
  virtual void on_restarted() {}
  /// An endpoint, or with an empty id a service, is left out from now on.
  virtual void on_refused(const refusal&) {}
};

class instance : public std::enable_shared_from_this<instance> {
public:
  /// `executor` is the engine's; `figures` outlives the instance.
  instance(config::kind kind, const plugin& type, const config::instance_config& config,
           boost::asio::any_io_executor executor, metrics::metrics& figures);
  ~instance();
  instance(const instance&) = delete;
  instance& operator=(const instance&) = delete;

  const std::string& name() const { return subject_.name; }
  const base::subject& subject() const { return subject_; }
  const std::string& plugin_name() const { return plugin_name_; }
  config::kind kind() const { return kind_; }

  void listen(std::weak_ptr<instance_listener> listener);

  /// Makes the plugin's object; waits for it. DRCON_OK, or what is wrong.
  fault create();
  /// Begins to work. A source that cannot start is told to the listener as a status and tried again.
  void start();
  /// Hands over an update; on_done answers.
  void apply(std::shared_ptr<const update_package> update);
  /// What apply would write; waits for it. Nothing when the sink cannot say.
  std::optional<std::vector<rendered_target>> render(const std::shared_ptr<const update_package>& update,
                                                     std::string& why);
  /// Ends all work. `stopped` is posted to the engine's thread when it has.
  void stop(std::function<void()> stopped);
  /// After stop(): waits for the end of the instance's thread; false when it overstays. Only then may what the
  /// executor belongs to go.
  bool wait_ended(std::chrono::nanoseconds at_most) { return lane_.end(at_most); }

  instance_status status() const;
  bool own_process() const { return own_process_; }
  /// What is left out at present, and why: the first `most` of it.
  std::vector<refusal> refusals(std::size_t most = std::numeric_limits<std::size_t>::max()) const;
  /// Why that is left out at present: the service, or the endpoint of it; empty when it is not.
  std::string why_refused(const std::string& service, const std::string& endpoint) const;
  std::size_t refusal_count() const;
  /// Jobs that wait for the instance's thread.
  std::size_t queue_depth() const { return lane_.waiting(); }

  // What the plugin says, by way of its handle: on any thread.
  void said_log(int level, std::string_view text) const;
  void said_status(const instance_status& now);
  void said_metric(const drcon_metric& figure);
  void said_publish(const drcon_service& service);
  void said_withdraw(std::string_view service);
  void said_ready();
  void said_unknown(std::string_view service, std::string_view why);
  void said_done(std::uint64_t ticket, drcon_result result, std::string_view why);
  void said_rendered(rendered_target target);
  void said_refused(refusal what);
  void said_failed(std::string_view pointer, std::string_view why);
  /// A breach of the contract: logged with the plugin's name, and counted.
  void misbehaved(std::string_view how) const;

private:
  std::unique_ptr<calls> make_calls(const plugin& type, const config::instance_config& config);
  /// A line at level debug of what passes between the host and the plugin.
  template <class... Args>
  void note(fmt::format_string<Args...> text, Args&&... args) const;
  void crashed(const std::string& how);
  void call_start(std::chrono::milliseconds pause);
  drcon_result start_in_time();
  void note_first_seen();
  void tell_news();
  void report_refusals(const std::string& service, const std::vector<refusal>& now);
  void tell(std::function<void(instance_listener&)> what);

  const config::kind kind_;
  const base::subject subject_;
  const std::string plugin_name_;
  const bool own_process_;
  boost::asio::any_io_executor executor_;
  metrics::metrics& figures_;
  handle* const handle_;                // never freed: a late call must find something
  const std::unique_ptr<calls> calls_;  // the plugin's functions and object; used on the lane only
  const std::shared_ptr<drcon_options> options_;

  mutable std::mutex mutex_;  // guards all below; never held while calling the plugin
  std::weak_ptr<instance_listener> listener_;
  source_news news_;
  bool news_posted_ = false;
  instance_status status_;
  std::set<refusal> refused_;
  std::vector<refusal> refused_in_apply_;
  std::shared_ptr<const update_package> in_flight_;
  std::vector<rendered_target>* rendering_ = nullptr;
  fault failed_;
  bool stopping_ = false;

  base::lane lane_;  // last: its jobs use the members above
};

}  // namespace drcon::plugins
