// Makes one sink's target match what its pipelines decided. One update is in flight at a time; those that are decided
// meanwhile are folded, and the newest is handed over next. A target that cannot be reached is retried for ever.
//
// Thread rule: the engine's thread. The plugin's answers arrive there, too.
#pragma once

#include "base/backoff.hpp"
#include "base/timer.hpp"
#include "engine/journal.hpp"
#include "engine/pipeline.hpp"
#include "model/sink_answer.hpp"
#include "plugins/instance.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace drcon::engine {

class sink_runner final : public plugins::instance_listener {
public:
  sink_runner(std::shared_ptr<plugins::instance> instance, pipeline_surroundings around);

  const std::string& name() const { return instance_->name(); }
  const base::subject& subject() const { return instance_->subject(); }
  plugins::instance& instance() { return *instance_; }
  const plugins::instance& instance() const { return *instance_; }

  /// Takes over, at a reload, what the instance before it under this name was fed with: the same target has that.
  void go_on_from(const sink_runner& before);
  /// The pipelines that feed this sink. At first nothing is applied before each of them has decided. Later a pipeline
  /// that has not decided yet holds up nobody: what the others decide is applied. What pipelines had that feed it no
  /// more stays until all the new ones have decided, since a pipeline may only have been renamed.
  void feed_by(const std::set<std::string>& pipelines);
  /// A pipeline decided.
  void on_decided(const std::string& pipeline, const decision& decided);
  /// How often the target is compared with what is desired although nothing changed; 0: never.
  void resync_every(std::chrono::nanoseconds interval);
  /// The instance is started: from now on updates are handed over.
  void open();
  /// Hands over no more updates. `idle` is called when none is in flight, which may be at once.
  void close(std::function<void()> idle);
  /// Hands over nothing until as many calls of go_on() have followed. `idle` is called when no update is in flight,
  /// which may be at once.
  void withhold(std::function<void()> idle);
  void go_on();
  /// What the target has of this pipeline by the last answer "applied"; null when nothing is known of it.
  const decision* applied_of(const std::string& pipeline) const;
  /// A pipeline is paused: the target keeps what it has of it, or what `fallback` says if that is not known. If that
  /// has no snapshot either, nothing is handed over that would have to know it.
  void keep_applied_of(const std::string& pipeline, const decision& fallback);

  /// What all pipelines together have decided, or null before each of them has.
  const model::snapshot_ptr& desired() const { return desired_; }
  /// What the target served at the last answer "applied", or null before the first.
  const model::snapshot_ptr& applied() const { return applied_; }
  bool in_flight() const { return in_flight_ != nullptr; }
  /// False until it may begin: a sink that a reload has ended may still be at work on the same target.
  bool is_open() const { return open_; }
  /// The pipelines that feed it and have not decided yet, in order of name.
  std::vector<std::string> waits_for() const;
  /// The target serves what is desired so far.
  bool serves_desired() const {
    return desired_ && applied_ == desired_ && is_compared_ && last_answer_ == model::sink_answer::applied;
  }
  /// The target serves what all its pipelines have decided last.
  bool up_to_date() const { return serves_desired() && waits_for().empty(); }
  /// Its last answer keeps it from that. Otherwise it serves it, is applying it, or has not started it.
  bool in_trouble() const { return !up_to_date() && is_trouble(last_answer_); }
  model::sink_answer last_answer() const { return last_answer_; }
  const std::string& last_why() const { return last_why_; }
  /// Since when its answers are no "applied", whatever they were. Nothing while its last answer was "applied".
  const std::optional<std::chrono::system_clock::time_point>& failing_since() const { return failing_since_; }
  /// When the target is tried next. Nothing unless the sink waits for that.
  std::optional<std::chrono::system_clock::time_point> next_retry() const {
    return waiting_ ? std::optional(next_retry_) : std::nullopt;
  }
  /// The longest pause between two tries.
  static constexpr auto longest_retry = std::chrono::seconds(5);
  /// How many updates the sink has answered with "applied", and when it did so last.
  std::uint64_t applies() const { return applies_; }
  std::chrono::system_clock::time_point last_applied() const { return last_applied_; }
  /// Compares the target with what is desired, now. False when an update is in flight, or nothing is decided yet.
  bool resync();
  /// The same, but when an update is in flight, it is done after that one.
  void resync_soon();
  /// The same, and until that was answered it is not known whether the target is as desired.
  void compare_again();
  /// An event was lost, perhaps the answer to the update in flight: hands over what is desired again.
  void recover();

  void on_done(std::uint64_t ticket, drcon_result result, const std::string& why) override;
  void on_status(const plugins::instance_status& now) override;
  void on_status_text() override { ask_again_what_is_left_out(); }
  void on_refused(const std::vector<plugins::refusal>& what) override;
  void on_restarted() override;

  /// How long a sink may take for an answer before that is reported: applying may mean a command that runs for a while.
  /// Tests shorten it.
  static inline std::chrono::nanoseconds answer_patience = std::chrono::seconds(30);

private:
  // What each pipeline has, by its name, in the order of precedence.
  using feeds_of = std::vector<std::pair<std::string, model::snapshot_ptr>>;

  void compose(const decision& cause);
  model::snapshot_ptr merge(const feeds_of& fed);
  void note_other_feeds();
  void begin(bool reconcile);
  void next();
  void ask_again_what_is_left_out();
  bool answer_will_follow() const { return in_flight_ || waiting_ || applied_ != desired_; }
  bool may_hand_over() const { return open_ && withheld_ == 0 && !in_flight_; }
  void applied_now(std::chrono::steady_clock::time_point now);
  void set_answer(model::sink_answer answer);
  void away(const std::string& why);
  void rejected(const std::string& why);
  void arm_resync();
  void report_unanswered();
  std::optional<stage_times> measure(std::chrono::steady_clock::time_point now) const;
  void note(journal_entry::kind what, const std::string& why, std::chrono::nanoseconds took,
            std::optional<stage_times> stages = {});
  void note(journal_entry::kind what, const model::snapshot_ptr& of, const std::string& why,
            std::chrono::nanoseconds took, std::optional<stage_times> stages = {});

  std::shared_ptr<plugins::instance> instance_;
  pipeline_surroundings around_;
  std::map<std::string, decision> feeds_;  // the snapshot is null until the pipeline has decided
  // What the target keeps of pipelines that feed it no more, until all of feeds_ have decided, and of those that cannot
  // tell whether what they had is still asked for, until they have decided.
  std::map<std::string, decision> leaving_;
  std::map<std::string, decision> composed_of_;      // the feeds when desired_ was composed
  std::map<std::string, decision> feeds_in_flight_;  // of what in_flight_ brings
  std::map<std::string, decision> applied_feeds_;    // of what the target served at the last answer "applied"
  bool was_fed_ = false;                             // something has been desired, here or of the instance before
  std::uint64_t composed_revision_ = 0;
  model::snapshot_ptr merged_;  // of several pipelines, the last time that there were several
  feeds_of merged_of_;          // what it was merged from
  model::snapshot_ptr desired_;
  model::snapshot_ptr applied_;
  model::snapshot_ptr rejected_;
  decision cause_;            // of desired_
  decision cause_in_flight_;  // of what in_flight_ brings; without a snapshot when that is no change

  std::shared_ptr<const plugins::update_package> in_flight_;
  std::chrono::steady_clock::time_point begun_{};
  std::uint64_t next_ticket_ = 1;
  bool open_ = false;
  int withheld_ = 0;                         // calls of withhold() that go_on() has not ended
  std::vector<std::function<void()>> idle_;  // wait for the answer to the update in flight
  model::sink_answer last_answer_ = model::sink_answer::none;
  std::string last_why_;
  std::optional<std::chrono::system_clock::time_point> failing_since_;
  bool reported_away_ = false;  // the sink has reported that its target is away, and not yet that it is back
  std::string why_back_;        // what the sink reported when its target was back, for the journal
  std::uint64_t applies_ = 0;
  std::chrono::system_clock::time_point last_applied_{};

  bool is_compared_ = true;     // false until the target was compared: it, or what it is made from, may have changed
  bool resync_is_due_ = false;  // when the update in flight is answered
  base::backoff backoff_;
  bool waiting_ = false;            // for retry_timer_: no update is handed over meanwhile
  bool waited_for_target_ = false;  // since the last answer "applied": that time is not the host's
  base::timer retry_timer_;
  std::chrono::system_clock::time_point next_retry_{};  // valid while waiting_
  std::chrono::nanoseconds resync_{};
  base::timer resync_timer_;
  base::timer answer_timer_;
};

}  // namespace drcon::engine
