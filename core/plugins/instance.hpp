// One source or sink: a plugin's object, the lane that the host calls it on, and what it reports to the host.
//
// Thread rule: the public functions are called on the engine's thread, but for those that a plugin calls through its
// gate, which come on any thread. What the plugin reports is handed to the listener on the engine's thread. No lock
// is held while the plugin is called.
#pragma once

#include "base/lane.hpp"
#include "base/result.hpp"
#include "base/subject.hpp"
#include "config/configuration.hpp"
#include "metrics/metrics.hpp"
#include "plugins/calls.hpp"
#include "plugins/instance_listener.hpp"
#include "plugins/library.hpp"
#include "plugins/refusal_list.hpp"
#include "plugins/report_channel.hpp"
#include "plugins/sink_exchange.hpp"
#include "plugins/source_intake.hpp"
#include "plugins/validation.hpp"

#include <fmt/format.h>
#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drcon::plugins {

class call_gate;  // the host's end of a drcon_instance

/// Why something did not work, and which option is at fault, if one is.
struct fault {
  drcon_result result = DRCON_OK;
  std::string pointer;
  std::string why;
};

/// Stands for the reason when an exception has left a call, or what follows from it, within the host.
inline constexpr auto lost_call =
    "drcon could not finish the call of the plugin, perhaps for want of memory; its log says why";

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

  void listen(std::weak_ptr<instance_listener> listener) { reports_->listen(std::move(listener)); }

  /// Makes the plugin's object; waits for it. DRCON_OK, or what is wrong.
  fault create();
  /// Begins to work. A source that cannot start reports that as its status, and is tried again.
  void start();
  /// Hands over an update; on_done answers.
  void apply(std::shared_ptr<const update_package> update);
  /// What apply would write; waits for it. A failure when the sink cannot render, or not this update.
  base::result<std::vector<rendered_target>> render(const std::shared_ptr<const update_package>& update);
  /// Has the plugin look whether this instance works; waits for it. Only before start().
  probe_answer probe(const probe_question& question);
  /// The sink has yet to answer the update with this ticket.
  bool is_open(std::uint64_t ticket) { return exchange_.is_open(ticket); }
  /// What a source has reported, and the engine could not take in, is delivered again.
  void deliver_unread() { intake_->deliver_unread(); }
  /// Ends all work. `stopped` is posted to the engine's thread when it has ended.
  void stop(std::function<void()> stopped);
  /// After stop(): waits for the end of the lane's thread; false when it overstays. Only after this returned true may
  /// what the executor belongs to be destroyed.
  bool wait_ended(std::chrono::nanoseconds at_most) { return lane_.end(at_most); }

  instance_status status() const;
  /// Since when it reports that state; its text may have changed since.
  std::chrono::system_clock::time_point state_since() const;
  bool own_process() const { return own_process_; }
  /// What is left out at present, and why: the first `most` of it.
  std::vector<refusal> refusals(std::size_t most = std::numeric_limits<std::size_t>::max()) const {
    return refusals_.first(most);
  }
  /// Why that is left out at present: the service, or the endpoint of it; empty when it is not.
  std::string why_refused(const std::string& service, const std::string& endpoint) const {
    return refusals_.why(service, endpoint);
  }
  std::size_t refusal_count() const { return refusals_.count(); }
  /// What a source leaves out by itself, and why: nothing is wrong with it, so it is no warning.
  std::vector<refusal> omissions() const { return omissions_.first(std::numeric_limits<std::size_t>::max()); }
  std::string why_omitted(const std::string& service, const std::string& endpoint) const {
    return omissions_.why(service, endpoint);
  }
  /// Jobs that wait for the lane.
  std::size_t queue_depth() const { return lane_.waiting(); }

  // ---- calls of the plugin, through its gate: on any thread ----

  void on_log(int level, std::string_view text) const;
  void on_status(const instance_status& reported);
  void on_metric(const drcon_metric& figure);
  void on_failed(std::string_view pointer, std::string_view why);
  void on_publish(const drcon_service& service);
  void on_withdraw(std::string_view service);
  void on_ready();
  void on_unknown(std::string_view service, std::string_view why);
  void on_names_unknown(std::string_view part, std::string_view pattern, std::string_view why);
  void on_names_known(std::string_view part);
  void on_done(std::uint64_t ticket, drcon_result result, std::string_view why);
  /// The answer to that update, or the call of it, was lost within the host.
  void on_lost(std::uint64_t ticket);
  void on_rendered(rendered_target target);
  void on_refused(refusal left_out);
  /// A breach of the contract: logged with the plugin's name, and counted.
  void on_misbehaviour(std::string_view how) const;
  /// The plugin's own process ended without being asked to.
  void on_crash(const std::string& how);

private:
  std::unique_ptr<calls> make_calls(const plugin& type, const config::instance_config& config);
  /// A line at level debug of what passes between the host and the plugin.
  template <class... Args>
  void note(fmt::format_string<Args...> text, Args&&... args) const {
    if (notes_calls()) write_note(fmt::format(text, std::forward<Args>(args)...));
  }
  bool notes_calls() const;
  void write_note(const std::string& text) const;
  void try_start(std::chrono::milliseconds pause);
  void start_later(std::chrono::milliseconds pause, const std::string& why);
  drcon_result start_in_time();
  void report_refusals(const std::string& service, std::vector<refusal> fresh);
  std::string last_failure() const;
  bool is_stopping() const;

  const config::kind kind_;
  const base::subject subject_;
  const std::string plugin_name_;
  const bool own_process_;
  metrics::metrics& figures_;
  const std::shared_ptr<report_channel> reports_;
  const std::shared_ptr<source_intake> intake_;  // of a source; nothing enters that of a sink
  sink_exchange exchange_;                       // of a sink; nothing is open in that of a source
  refusal_list refusals_;
  refusal_list omissions_;              // of a source: what it leaves out by itself
  call_gate* const gate_;               // never freed: a late call must find something
  const std::unique_ptr<calls> calls_;  // the plugin's functions and object; used on the lane only
  const std::shared_ptr<drcon_options> options_;

  mutable std::mutex mutex_;  // guards all below
  instance_status status_;
  std::chrono::system_clock::time_point state_since_ = std::chrono::system_clock::now();
  fault failed_;  // the last failure that the plugin gave a reason for
  bool stopping_ = false;

  base::lane lane_;  // last: its jobs use the members above
};

}  // namespace drcon::plugins
