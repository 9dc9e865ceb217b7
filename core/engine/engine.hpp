// The instances, pipelines and sinks of one configuration, and how a new configuration takes its place.
//
// Thread rule: everything here runs on the one thread that runs the io_context given to it. Plugins run on lanes of
// their own and come back by posting to that context.
#pragma once

#include "base/backoff.hpp"
#include "base/result.hpp"
#include "base/timer.hpp"
#include "config/configuration.hpp"
#include "engine/inspector.hpp"
#include "engine/journal.hpp"
#include "engine/pipeline.hpp"
#include "engine/sink_runner.hpp"
#include "engine/source_state.hpp"
#include "engine/spare_memory.hpp"
#include "engine/start_probes.hpp"
#include "engine/state_store.hpp"
#include "metrics/metrics.hpp"
#include "plugins/registry.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace drcon::engine {

/// What an engine does with decided snapshots.
enum class mode {
  apply,   ///< sinks make their targets match
  render,  ///< sinks are made but not started: only render() is asked of them
};

class engine {
public:
  /// All arguments outlive the engine. `host` says where the state is kept; apply() brings the rest of the
  /// configuration.
  engine(boost::asio::io_context& context, const plugins::registry& plugins, metrics::metrics& figures,
         const config::host_config& host, mode how);
  ~engine();
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;

  /// Takes over a checked configuration: the first, or at a reload a new one. Whatever is equal in both goes on
  /// undisturbed. False when an instance cannot be made: then nothing has changed, and `found` says why.
  bool apply(const config::configuration& next, config::diagnostics& found);

  /// After the first apply() of a drcon that stays: what the state directory has of pipelines that are not in the
  /// configuration was left while no drcon ran. It is put aside as at a reload, so that such a pipeline, when it comes
  /// back, is not measured from, or served with, what it had in an earlier life. `drcon once` does not: it may be run
  /// with another configuration than the one whose state this is.
  void retire_absent();

  /// After apply() of a drcon that stays: looks whether each source and sink works. See start_probes.hpp.
  void probe_instances() { probes_.look_at(config_); }
  const start_probes& probes() const { return probes_; }

  /// Stops everything: the sources, then each sink when it has answered. `stopped` is called when all have ended, or
  /// when [host] stop_deadline has passed. What is still to be kept is on disk then, unless the disk does not answer:
  /// that gets what is left of the deadline, and some seconds at least. `clean` says whether all ended in time. If not,
  /// a thread that was left behind may still use what the engine was given.
  void stop(std::function<void(bool clean)> stopped);

  /// Stops the sources: what has been decided stays at the sinks, and nothing more is decided. For `drcon once`.
  void stop_sources();

  /// Every pipeline has decided and every sink serves what it should.
  bool settled() const;
  /// The same of one sink: it is up to date, or a pause keeps what its target has, of which a restart knows nothing.
  bool is_settled(const sink_runner& sink) const;
  /// Every pipeline has decided, and none is held by the brake.
  bool decided() const;
  /// Each pipeline has had its first apply, whatever its result, or has logged what it waits for: systemd's READY=1.
  bool begun() const;
  std::size_t pipeline_count() const { return pipelines_.size(); }
  /// By sink: what apply would write, or why that cannot be rendered. Sinks for which nothing is decided are left out.
  /// Waits for each plugin, so that it is only for a process that does nothing else.
  std::map<std::string, inspection> render();

  /// An exception has left an event of the engine's thread, so that a change or an answer may be lost. Shortly after,
  /// all pipelines are decided again, and all sinks compare their targets.
  void recover_soon();

  // ---- what core/report looks at. The maps change at a reload only; hold no reference across a return to the loop
  // ----

  const std::map<std::string, std::shared_ptr<source_state>>& sources() const { return sources_; }
  const std::map<std::string, std::unique_ptr<pipeline>>& pipelines() const { return pipelines_; }
  const std::map<std::string, std::shared_ptr<sink_runner>>& sinks() const { return sinks_; }
  std::chrono::system_clock::time_point started() const { return started_; }
  /// Why the state of a pipeline is not on disk; empty if it is.
  std::string state_fault() const { return store_.fault(); }
  journal& log() { return journal_; }
  const journal& log() const { return journal_; }

  // ---- steering ----

  /// Null when there is none of that name.
  pipeline* find(const std::string& name);
  const config::configuration& config() const { return config_; }

  // `who`: whose order it is, for the journal, the log and the mark of a pause; empty when that is not known.

  /// Called once, on the engine's thread: when it was done and lasts through a restart, or with what could not be kept;
  /// then nothing has changed.
  using steered = std::function<void(base::result<>)>;
  /// Pauses a pipeline once its sinks have answered the update that is in flight, and the mark of it is on disk. What
  /// they have not applied by then waits for the resume, too. A sink that does not answer in time is a failure.
  void pause(const std::string& pipeline, const std::string& why, steered done, const std::string& who = {});
  /// Ends its pause once the mark has gone from the disk.
  void resume(const std::string& pipeline, steered done, const std::string& who = {});
  /// Pauses it and serves what an earlier revision had, once both are on disk.
  void roll_back(const std::string& pipeline, std::uint64_t revision, steered done, const std::string& who = {});
  /// Lets pass what its brake holds, as pipeline::release_brake() does, once what is served then is on disk. A failure
  /// says why nothing can be released: then `done` is not called.
  base::result<> release_brake(const std::string& pipeline, const std::string& service,
                               std::optional<std::uint64_t> number, steered done, const std::string& who = {});
  /// How long the sinks of a pipeline get to answer the update in flight before its pause is refused. Less than the
  /// admin interface waits for the engine. Tests shorten it.
  static inline std::chrono::nanoseconds pause_patience = std::chrono::seconds(60);
  /// How long a first decision waits for sinks that are asked what their targets have. One that does not answer must
  /// not keep the others from what they need. Tests shorten it.
  static inline std::chrono::nanoseconds look_patience = std::chrono::seconds(5);
  /// Has the sinks of a pipeline compare their targets with what is desired; returns how many of them began.
  std::size_t resync(const std::string& pipeline, const std::string& who = {});
  /// Asks what a sink would write and what its target has now. `done` is called on the engine's thread; the plugin is
  /// asked on another one. One that has not answered in time is a failure.
  void inspect(const std::string& sink, std::function<void(inspection)> done);
  /// How long the plugin gets for that, with what others are asked before it. Less than the admin interface waits for
  /// the engine. Tests shorten it.
  static inline std::chrono::nanoseconds inspect_patience = std::chrono::seconds(45);
  /// Notes in journal and metrics that a new configuration was taken, or refused.
  void note_reload(bool taken, const std::string& why, const std::string& who = {});
  /// Why the last reload was refused; nothing when it was taken. What runs is then not what the files say, and a
  /// restart would not come up.
  const std::optional<std::string>& refused_reload() const { return refused_reload_; }
  std::chrono::system_clock::time_point reload_refused_at() const { return reload_refused_at_; }

private:
  using instance_ptr = std::shared_ptr<plugins::instance>;
  using made = std::map<std::string, instance_ptr>;

  bool make(config::kind kind, const std::map<std::string, config::instance_config>& current,
            const std::map<std::string, config::instance_config>& next, made& into, config::diagnostics& found);
  void replace_sources(const made& sources);
  void replace_pipelines(const config::configuration& before, const made& new_sources, config::diagnostics& found);
  bool have_same_target(const std::string& old_sink, const std::string& new_sink,
                        const config::configuration& before) const;
  std::vector<const pipeline*> that_left_sinks_of(const config::pipeline_config& next,
                                                  const config::configuration& before) const;
  static void warn_of_pause(const pipeline& ended, const config::pipeline_config* successor,
                            config::diagnostics& found);
  bool is_at_another(const std::string& pipeline, const model::service_ptr& service) const;
  void put_aside(const std::string& pipeline);
  void warn_of_removed(const config::configuration& next, config::diagnostics& found) const;
  void look_at_targets(const std::string& pipeline, const model::snapshot_ptr& candidate,
                       std::function<void(const target_findings&)> answer);
  bool is_fed_by_others(const std::string& sink, const std::string& pipeline) const;
  void replace_sinks(const made& sinks);
  void close_sink(const std::shared_ptr<sink_runner>& runner);
  void open_sinks();
  void stop_sinks(const std::function<void()>& finish);
  void feed_sinks();
  bool reads_files(const config::instance_config& sink) const;
  std::string reported_by(config::kind kind, const std::string& name) const;
  bool end_stores(base::timer::clock::time_point stop_by);
  std::function<void(bool in_time)> within(std::chrono::nanoseconds at_most, std::function<void(bool in_time)> ended);
  void retire(const instance_ptr& instance, std::function<void()> then);
  std::function<void(base::result<>)> on_loop(std::function<void(const base::result<>&)> answered);
  void keep(const std::string& name, std::optional<pause_mark> mark, std::function<base::result<>(pipeline&)> effect,
            steered done);
  // True when another operator has ended or changed the pause from which a mark was made, while that was being written.
  using changed_meanwhile = std::shared_ptr<bool>;
  static std::function<base::result<>(pipeline&)> unless_changed(const std::optional<pause_mark>& made_from,
                                                                 changed_meanwhile changed,
                                                                 std::function<base::result<>(pipeline&)> effect);
  steered or_again(const std::string& name, changed_meanwhile changed, std::function<void(steered)> again,
                   steered done);
  using runners = std::vector<std::shared_ptr<sink_runner>>;
  runners sinks_of(const std::string& pipeline) const;
  void pause_when_idle(const std::string& name, const pause_mark& order, const runners& sinks,
                       const changed_meanwhile& changed, const steered& done);
  bool keeps_its_own(const std::string& pipeline, const std::string& sink) const;
  void keep_content(const std::string& name, saved_state content, std::function<void(steered)> then, steered done);
  void on_decided(const std::string& pipeline, const decision& what);
  bool depends_on(const std::string& decided, const pipeline& other) const;
  pipeline_surroundings around();
  void recover();

  boost::asio::io_context& context_;
  const plugins::registry& plugins_;
  metrics::metrics& figures_;
  const mode mode_;
  config::configuration config_;
  journal journal_;
  state_store store_;
  pause_store pauses_;
  const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);  // for answers that come late

  inspector inspector_;
  start_probes probes_;
  const std::chrono::system_clock::time_point started_ = std::chrono::system_clock::now();

  std::map<std::string, std::shared_ptr<source_state>> sources_;
  std::map<std::string, std::unique_ptr<pipeline>> pipelines_;
  std::map<std::string, std::shared_ptr<sink_runner>> sinks_;
  std::optional<std::string> refused_reload_;
  std::chrono::system_clock::time_point reload_refused_at_{};  // valid while refused_reload_ is set
  int closing_ = 0;  // sinks that a reload has ended, and that are not known to have stopped
  // Resyncs all sinks. Called, if the engine is still there, when a sink that was abandoned ends after all.
  std::shared_ptr<const std::function<void()>> after_late_end_;
  base::backoff recovery_pause_;  // grows while events are lost again and again
  std::chrono::steady_clock::time_point recovered_;
  base::timer recovery_;
  spare_memory spare_memory_;
  bool recovery_is_due_ = false;
  int retiring_ = 0;  // instances that were asked to stop and have not stopped yet
  bool stopping_ = false;
  bool overstayed_ = false;            // an instance, or the disk, has missed its deadline: its thread may still run
  std::function<void()> all_retired_;  // called when retiring_ becomes 0; set while sources stop
};

}  // namespace drcon::engine
