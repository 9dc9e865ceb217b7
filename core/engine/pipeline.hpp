// From sources to decided snapshots: merge → filter → pace → brake.
//
// Thread rule: the engine's thread.
#pragma once

#include "base/result.hpp"
#include "base/timer.hpp"
#include "config/configuration.hpp"
#include "engine/asked_for.hpp"
#include "engine/brake.hpp"
#include "engine/journal.hpp"
#include "engine/merged_services.hpp"
#include "engine/pacer.hpp"
#include "engine/pause_store.hpp"
#include "engine/service_filter.hpp"
#include "engine/source_state.hpp"
#include "engine/state_store.hpp"
#include "metrics/metrics.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace drcon::engine {

/// A snapshot that a pipeline has decided to serve, and how it came about.
struct decision {
  model::snapshot_ptr snapshot;
  std::string why;
  asked_for asked;                                ///< what the snapshot answers
  std::chrono::steady_clock::time_point seen{};   ///< when a source first reported it; the epoch: it is no change
  std::chrono::steady_clock::time_point heard{};  ///< when the engine heard that
  std::chrono::steady_clock::time_point decided{};
  std::chrono::system_clock::time_point when{};  ///< decided, by the time of day; the epoch: not known
  /// It is no decision: targets have this from before, and keep it beside what other pipelines decide for them.
  bool is_left = false;
};

/// One hold of the brake.
struct held_service {
  std::string service;  ///< empty: the whole pipeline is held
  std::string why;
  std::size_t before = 0;  ///< in service when the hold began
  std::size_t after = 0;   ///< the fewest that the sources had since then
  std::chrono::system_clock::time_point since{};
  std::chrono::system_clock::time_point until{};
};

/// What the brake holds.
struct held_update {
  std::string why;                                ///< of the first hold, and how many more there are
  std::chrono::system_clock::time_point until{};  ///< the first hold ends then, if nothing comes back before
  model::endpoint_counts counts;                  ///< what is held would add, remove and change that much
  std::vector<model::endpoint_change> endpoints;  ///< the first of them
  std::vector<held_service> holds;                ///< the pipeline's own first, then in order of name
  std::vector<std::string> services;              ///< all services whose removals wait, in order of name
  std::uint64_t number = 0;  ///< of its content: another one when something else is held. 0: nothing is
};

/// What all pipelines share; outlives them.
struct pipeline_surroundings {
  boost::asio::any_io_executor executor;
  drcon::engine::journal& journal;
  state_store& store;
  pause_store& pauses;
  metrics::metrics& figures;
};

/// What targets have, and a snapshot would take from them: sentences without an end, or empty. Of each the first.
struct target_findings {
  std::string loss;     ///< more would go than the brake lets pass
  std::string unknown;  ///< whether anything would go is not known
};

/// How a pipeline reaches its sinks.
struct sinks_of_pipeline {
  /// Called with each new snapshot, from within the call that decides.
  std::function<void(const decision&)> decided;
  /// Asks what the targets have that this snapshot would take from them. The function is called later, with the answer.
  std::function<void(const model::snapshot_ptr&, std::function<void(const target_findings&)>)> look;
};

/// Whether a sink before a reload and one after it, by their names, have the same target.
using same_target = std::function<bool(const std::string& old_sink, const std::string& new_sink)>;

class pipeline final : public source_observer {
public:
  /// `sources` are in the order of the configuration, which is their order of precedence; they outlive the pipeline.
  /// `asked` is what this configuration asks them for.
  pipeline(const config::pipeline_config& config, asked_for asked, std::vector<source_state*> sources,
           pipeline_surroundings around, sinks_of_pipeline sinks);
  ~pipeline() override;
  pipeline(const pipeline&) = delete;
  pipeline& operator=(const pipeline&) = delete;

  /// Begins with the last good state on disk, if there is one. While the sources are away, that is served as far as it
  /// answers what is asked now. What it has beyond that stays at the targets, which may need it, and is not rendered
  /// again: see still_asked().
  /// `state_is_kept`: the state directory had states, of whichever pipelines, before this one began.
  void start(bool state_is_kept);
  /// Begins where `before` is, after a reload: its snapshot is served until the sources are known, so that a reload
  /// never empties a target.
  void start_after(pipeline& before, const same_target& is_same_target);
  /// Begins at sinks that `ended` fed before a reload took them away: whether this is one of them under another name
  /// or not, the targets have what they decided. So the brake measures losses from that. `is_elsewhere` answers whether
  /// another pipeline of these sinks has this service now: then it is no loss that it is not here. If one of them was
  /// paused, so is this one: its targets are to keep what they have.
  void start_in_place_of(const std::vector<const pipeline*>& ended, const same_target& is_same_target,
                         std::function<bool(const model::service_ptr&)> is_elsewhere);
  /// An event was lost: asks the sources again for all that they have reported.
  void recover();
  /// Another pipeline of the same sinks has decided: it may have what this one seems to have lost.
  void reconsider();

  const config::pipeline_config& config() const { return config_; }
  const std::string& name() const { return config_.name; }
  base::subject subject() const { return {base::subject_kind::pipeline, config_.name}; }
  /// The last decision; its snapshot is null before the first.
  const decision& current() const { return current_; }
  /// True when the sources have reported enough to decide. Before that nothing is touched.
  bool known() const;
  /// Why something is held, or empty.
  const std::string& held() const { return held_.why; }
  /// Why the removals of that service wait; empty if they do not.
  std::string held(const std::string& service) const;
  const held_update& held_back() const { return held_; }
  /// While it is paused: what the brake would hold if it was resumed now. Its times are not set: a hold begins at the
  /// resume.
  const std::optional<held_update>& would_hold() const { return would_hold_; }
  /// The last decisions, newest last: the revisions that roll_back() can go back to.
  const std::deque<decision>& history() const { return history_; }
  /// Set while an operator has paused the pipeline.
  const std::optional<pause_mark>& paused() const { return paused_; }
  /// What is served was decided before the sources that have to report: they have not said whether it is still so.
  bool serves_last_good() const { return current_.snapshot && !known(); }
  /// A change waits: for the pace, the brake, or the end of a pause.
  bool pending() const { return !causes_.empty() || !held_.why.empty(); }
  /// What has changed since what is served, or what the targets were left with, was asked for: a sentence without an
  /// end. Empty if nothing has, or nothing is served.
  std::string earlier_configuration() const;
  /// merge = "prefer": the active source, or null before one is chosen.
  const source_state* preferred() const { return preferred_; }
  const std::vector<source_state*>& sources() const { return sources_; }
  const service_filter& takes() const { return filter_; }
  /// What its targets have is asked for before anything is decided, or held because of that.
  bool looks_at_targets() const { return look_ == look::under_way; }
  bool is_held_for_targets() const { return held_for_targets_; }
  /// It began at sinks of pipelines that a reload took away.
  bool is_heir() const { return is_heir_; }
  /// Its sources and filter have the service now, decided or not, begun or not.
  bool has(const std::string& service) const;
  /// The service as the sources and the filter have it now, decided or not; null if they do not have it.
  model::service_ptr merged(const std::string& service) const;

  // ---- what operators ask for ----

  // Of these, engine::pause(), resume() and roll_back() keep the mark on disk first, and then call them here.

  /// The mark of a pause for this reason. A pipeline that is paused already keeps its time and its reason, to which
  /// another one is added: the operator who gave the first must find it again.
  pause_mark mark_of(const std::string& why, const std::string& who) const;
  /// Decides nothing more until resume(). What is served stays.
  void pause(pause_mark mark);
  /// The same, and what its targets have is what is served, since they have not applied what was decided last.
  void pause_at(const decision& applied, pause_mark mark);
  /// While a pause begins, which may take until its sinks have answered, nothing is decided. The caller calls the
  /// second once for each call of the first.
  void begin_pausing() { ++pausing_; }
  void end_pausing();
  bool is_pausing() const { return pausing_ > 0; }
  /// What the targets had before anything was decided here; its snapshot is null if that is not known.
  decision served_before() const;
  /// False when it is not paused.
  bool resume(const std::string& who = {});
  /// Lets pass what the brake holds, of one service or of all of them, and nothing else: if the sources have meanwhile
  /// reported a greater loss, that is held. `number` is that of what the operator has seen (held_update), if it is
  /// known. A failure says what was not released. engine::release_brake() keeps the outcome on disk first.
  base::result<> release_brake(const std::string& service = {}, std::optional<std::uint64_t> number = {},
                               const std::string& who = {});
  /// What release_brake() would serve now, or why it would release nothing. Changes nothing.
  base::result<saved_state> foresee_release(const std::string& service, std::optional<std::uint64_t> number) const;
  /// That content, as it would be kept on disk if it was served now. `brake`: what that knows then.
  static saved_state state_of(model::snapshot_ptr content, asked_for asked, const brake& knows);
  /// The same with what the brake knows now.
  saved_state state_of(model::snapshot_ptr content, asked_for asked) const;
  /// Whether roll_back() can go back to this revision.
  bool remembers(std::uint64_t revision) const;
  /// The decision of that revision, if it is still kept.
  std::optional<decision> revision_of_history(std::uint64_t revision) const;
  /// That content under the number that the next decision gets.
  model::snapshot_ptr next_with(const model::snapshot& content) const;
  /// Decides the content of an earlier decision again, under a new number, and pauses with this mark: the next change
  /// would undo it.
  void roll_back(const decision& to, pause_mark mark);
  /// Something else was kept on disk that does not take effect after all.
  void keep_what_is_served();
  /// drcon stops: keeps for how long what is held was seen, which would begin again at the next start otherwise.
  void keep_time_of_holds();
  /// True once it has said which source it waits for.
  bool has_waited() const { return has_waited_; }
  /// The sources that must report before anything can be decided; empty once known().
  std::vector<std::string> waiting_for() const;

  void on_source(const source_event& event) override;

  /// How long the sources get to report before the last good state is served in their place. Any source that can be
  /// reached answers within it; a target that lost its file is not left empty for longer. Tests shorten it.
  static inline std::chrono::nanoseconds patience_before_last_good = std::chrono::seconds(2);

private:
  // What an operator releases: this content, and nothing else.
  struct release {
    std::map<std::string, model::service_ptr> services;  // null: that it is gone
    model::snapshot_ptr whole;                           // null: not the whole candidate, but one service
  };

  enum class look { due, under_way, over };

  bool may_empty_targets(const model::snapshot& candidate, const release& released) const;
  void look_at_targets(const model::snapshot_ptr& candidate);
  void take_findings(const target_findings& found);
  void end_hold_for_targets(const std::string& why);
  void note_returned(std::string why);
  void stay_paused_like(const pipeline& ended, const same_target& is_same_target);
  std::vector<std::string> still_behind(const std::vector<std::string>& behind,
                                        const same_target& is_same_target) const;
  void keep_pause();
  void begin();
  bool choose();
  bool is_unheard(const std::string& service) const;
  model::service_ptr kept_for_unheard(const model::service_ptr& served) const;
  void keep_unheard();
  bool recompute_unheard();
  model::service_ptr kept_until_heard(const std::string& service);
  model::service_ptr merged_before(const std::string& service) const;
  bool recompute(const std::string& name);
  void recompute_all();
  bool counts(const source_state& source) const;
  bool observes(const std::string& service) const;
  bool observes_all() const;
  void changed(const std::string& why, std::chrono::steady_clock::time_point seen);
  void decide();
  void judge(model::snapshot_ptr candidate, const release& released);
  std::string what_follows(const std::vector<brake::hold>& begun) const;
  static bool is_any_in(const release& released, const std::vector<std::string>& kept);
  base::failure not_released(const std::string& why) const;
  base::result<release> what_is_released(const std::string& service, std::optional<std::uint64_t> number) const;
  void hold(const brake::decision& judged, const model::snapshot_ptr& refused,
            const std::vector<model::service_change>& held_back);
  void foresee();
  void end_holds(const brake::decision& judged);
  void pass(model::snapshot_ptr candidate, std::string why, asked_for answered);
  // `waits`: what the sources have besides, for the decision after the resume.
  void serve_in_pause(const decision& what, std::string why, std::string waits);
  /// `changes`: from what was current, or kept on disk, to the candidate.
  void pass(model::snapshot_ptr candidate, std::string why, asked_for answered,
            const std::vector<model::service_change>& changes);
  void note_answered();
  model::snapshot_ptr gather() const;
  std::optional<brake::totals> measure_after_outage(const model::snapshot& next) const;
  // What the brake is asked about a change from what is served, if anything is, to another snapshot.
  brake::change measure(const model::snapshot* served, const model::snapshot& next,
                        const std::vector<model::service_change>& changes, const release& released) const;
  bool is_moved(const model::service_change& each) const;
  struct trial {
    brake after;
    brake::decision judged;
  };
  trial try_out(const model::snapshot& candidate, const std::vector<model::service_change>& changes,
                const release& released) const;
  void judge_and_pass(model::snapshot_ptr candidate, const release& released);
  void keep_state();
  void save_state(const brake::memory& knows);
  void keep_brake();
  // What was decided last, here or before a restart or a reload; null if nothing is known to have been.
  const model::snapshot_ptr& decided_last() const { return current_.snapshot ? current_.snapshot : last_good_; }
  const asked_for& asked_last() const { return current_.snapshot ? current_.asked : last_good_asked_; }
  std::chrono::system_clock::time_point when_last() const {
    return current_.snapshot ? current_.when : last_good_decided_;
  }
  // What a loss is measured from; null when nothing is known of it.
  const model::snapshot* served() const { return (decided_last() ? decided_last() : earlier_).get(); }
  model::snapshot_ptr still_asked(const model::snapshot_ptr& earlier, const asked_for& answered) const;
  void serve_last_good();
  void serve_as_before();
  void leave_nothing();
  void remember();
  std::string why_not_yet() const;
  void note_steered(std::string what, const std::string& who);

  const config::pipeline_config config_;
  const asked_for asked_;
  const std::vector<source_state*> sources_;
  pipeline_surroundings around_;
  const sinks_of_pipeline sinks_;

  const service_filter filter_;
  merged_services merged_;                             // and filtered
  std::map<std::string, model::service_ptr> unheard_;  // what was served of services that a source has yet to report
  const source_state* preferred_ = nullptr;            // merge = "prefer": the active source
  bool grace_over_ = false;
  bool complete_ = false;  // true once all sources have reported: merged_ then has all services

  pacer pacer_;
  brake brake_;
  brake::memory kept_brake_;          // what the state on disk has of it, or is about to
  std::uint64_t compared_brake_ = 0;  // its version when that was last compared
  decision current_;
  model::snapshot_ptr last_good_;  // from disk or from before a reload: what the brake measures losses from
  asked_for last_good_asked_;      // what last_good_ answers
  std::chrono::system_clock::time_point last_good_decided_{};  // the epoch: not known
  // Set until nothing is held of what last_good_ has from other pipelines.
  std::function<bool(const model::service_ptr&)> is_elsewhere_;
  bool is_heir_ = false;
  bool state_is_kept_ = false;      // the state directory had states when this pipeline started
  model::snapshot_ptr earlier_;     // in its place, when it cannot be used: only for measuring
  look look_ = look::due;           // at the targets, of which nothing is known
  model::snapshot_ptr looked_for_;  // the candidate that they were, or are, compared with
  bool held_for_targets_ = false;
  const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);  // for an answer that comes late
  std::uint64_t next_revision_ = 1;
  held_update held_;
  // The services of sources that answer again, and whose answers the brake has not judged yet.
  std::set<std::string> after_outage_;
  model::snapshot_ptr refused_;     // the candidate whose removals held_ is about; null while nothing is held
  std::uint64_t held_numbers_ = 0;  // the last held_update::number
  std::optional<held_update> would_hold_;
  std::optional<pause_mark> paused_;
  int pausing_ = 0;  // pauses that have been asked for and have not begun
  std::deque<decision> history_;
  bool has_waited_ = false;

  std::set<std::string> causes_;  // since the last decision
  std::chrono::steady_clock::time_point seen_{};
  std::chrono::steady_clock::time_point heard_{};
  base::timer pace_timer_;
  base::timer brake_timer_;
  base::timer last_good_timer_;
  base::timer grace_timer_;
};

}  // namespace drcon::engine
