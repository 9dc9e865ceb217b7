#include "engine/sink_runner.hpp"

#include "config/units.hpp"
#include "engine/merge.hpp"
#include "log/log.hpp"
#include "model/difference.hpp"
#include "model/plugin_state.hpp"
#include "model/snapshot.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace drcon::engine {
namespace {

using clock = std::chrono::steady_clock;

// A target on the same machine that was away is usually back within seconds; asking it is cheap.
constexpr auto first_retry = std::chrono::milliseconds(200);

double seconds(std::chrono::nanoseconds length) { return std::chrono::duration<double>(length).count(); }

}  // namespace

sink_runner::sink_runner(std::shared_ptr<plugins::instance> instance, pipeline_surroundings around)
    : instance_(std::move(instance)),
      around_(std::move(around)),
      backoff_(first_retry, longest_retry),
      retry_timer_(around_.executor),
      resync_timer_(around_.executor),
      answer_timer_(around_.executor) {
  // The counters begin at 0: one that Prometheus first sees at 1 has not increased, and the first refusal would alert
  // nobody.
  for (const auto result : {model::sink_answer::applied, model::sink_answer::away, model::sink_answer::rejected})
    around_.figures.add(metrics::applies, {{"sink", name()}, {"result", to_string(result)}}, 0);
  around_.figures.add(metrics::retries, {{"sink", name()}}, 0);
}

void sink_runner::go_on_from(const sink_runner& before) {
  feeds_ = before.feeds_;
  leaving_ = before.leaving_;
  was_fed_ = before.was_fed_;
  applied_feeds_ = before.applied_feeds_;
}

void sink_runner::feed_by(const std::set<std::string>& pipelines) {
  for (auto each = feeds_.begin(); each != feeds_.end();) {
    if (pipelines.contains(each->first)) {
      ++each;
      continue;
    }
    if (each->second.snapshot) leaving_.insert_or_assign(each->first, std::move(each->second));
    each = feeds_.erase(each);
  }
  for (const auto& each : pipelines) feeds_.try_emplace(each);
  compose({});
}

std::vector<std::string> sink_runner::waits_for() const {
  std::vector<std::string> names;
  for (const auto& [name, feed] : feeds_)
    if (!feed.snapshot) names.push_back(name);
  return names;
}

void sink_runner::on_decided(const std::string& pipeline, const decision& decided) {
  if (decided.is_left) {
    leaving_.insert_or_assign(pipeline, decided);
    compose({});
    return;
  }
  feeds_[pipeline] = decided;
  leaving_.erase(pipeline);
  compose(decided);
}

void sink_runner::resync_every(std::chrono::nanoseconds interval) {
  resync_ = interval;
  arm_resync();
}

void sink_runner::open() {
  open_ = true;
  next();
}

void sink_runner::close(std::function<void()> idle) {
  open_ = false;
  retry_timer_.cancel();
  resync_timer_.cancel();
  if (!in_flight_) return idle();
  idle_.push_back(std::move(idle));
}

void sink_runner::withhold(std::function<void()> idle) {
  ++withheld_;
  if (!in_flight_) return idle();
  idle_.push_back(std::move(idle));
}

// A retry that was due meanwhile is made up for. What the target already had is compared, since the update that ended
// may have left it in between.
void sink_runner::go_on() {
  if (--withheld_ > 0) return;
  const bool is_retry_due = !waiting_ && last_answer_ == model::sink_answer::away;
  if (resync_is_due_ || is_retry_due || (applied_ == desired_ && is_trouble(last_answer_))) return resync_soon();
  next();
}

const decision* sink_runner::applied_of(const std::string& pipeline) const {
  const auto found = applied_feeds_.find(pipeline);
  return found == applied_feeds_.end() || !found->second.snapshot ? nullptr : &found->second;
}

void sink_runner::keep_applied_of(const std::string& pipeline, const decision& fallback) {
  const auto* const applied = applied_of(pipeline);
  auto kept = applied ? *applied : fallback;
  kept.seen = kept.heard = kept.decided = {};  // it is no change
  // What other pipelines have must not be applied without what the target may have of this one.
  if (!kept.snapshot && applied_feeds_.empty()) {
    was_fed_ = false;
    desired_.reset();
    retry_timer_.cancel();
    waiting_ = false;
  }
  feeds_[pipeline] = std::move(kept);
  compose({});
}

// Composes what is desired: the snapshot of one pipeline as it is, or the services of several in one snapshot, merged
// where they have the same name.
void sink_runner::compose(const decision& cause) {
  const auto undecided = waits_for();
  if (undecided.empty()) leaving_.clear();
  // At first each must have decided, or have left something that the target keeps: of another, nothing is known yet.
  const bool can_begin = undecided.size() < feeds_.size() &&
                         std::ranges::all_of(undecided, [this](const auto& each) { return leaving_.contains(each); });
  if (feeds_.empty() || (!was_fed_ && !can_begin)) return;
  feeds_of fed;
  for (const auto* each : {&feeds_, &leaving_})
    for (const auto& [name, feed] : *each)
      if (feed.snapshot) fed.emplace_back(name, feed.snapshot);
  if (fed.empty()) return;
  was_fed_ = true;
  auto now = fed.size() == 1 ? fed.front().second : merge(fed);
  composed_of_ = feeds_;
  if (desired_ && same_content(*desired_, *now)) return note_other_feeds();
  desired_ = std::move(now);
  cause_ = cause;
  rejected_.reset();
  backoff_.reset();
  waiting_ = false;
  retry_timer_.cancel();
  next();
}

// Where the same pipelines were merged before, only what has changed at one of them is merged again.
model::snapshot_ptr sink_runner::merge(const feeds_of& fed) {
  const auto name = [](const auto& each) -> const std::string& { return each.first; };
  const bool are_the_same = merged_ && std::ranges::equal(fed, merged_of_, {}, name, name);
  const auto before = merged_;
  if (!are_the_same) {
    merged_ = std::make_shared<const model::snapshot>(0, std::vector<model::service_ptr>{});
    merged_of_.clear();
  }
  std::set<std::string> changed;
  for (std::size_t i = 0; i < fed.size(); ++i)
    for (const auto& each : model::difference(are_the_same ? merged_of_[i].second.get() : nullptr, *fed[i].second))
      changed.insert(name_of(each));
  model::service_changes changes;
  for (const auto& service : changed) {
    std::vector<part> parts;
    for (const auto& [pipeline, snapshot] : fed)
      if (auto found = snapshot->share(service)) parts.push_back({pipeline, std::move(found)});
    changes.emplace(service, merge_service(parts, before ? before->share(service) : nullptr));
  }
  merged_of_ = fed;
  merged_ = std::make_shared<const model::snapshot>(++composed_revision_, *merged_, changes);
  return merged_;
}

// A pipeline has decided something else, and together with the others it comes to the same: the target has it already,
// or gets it with the update in flight. Without that, a pause would take the target for one that is behind.
void sink_runner::note_other_feeds() {
  if (in_flight_ && in_flight_->wanted == desired_) feeds_in_flight_ = composed_of_;
  if (!in_flight_ && applied_ == desired_ && last_answer_ == model::sink_answer::applied) applied_feeds_ = composed_of_;
}

// Hands over what is desired, if there is something to do and nothing in the way.
void sink_runner::next() {
  if (!may_hand_over() || waiting_ || !desired_ || applied_ == desired_ || rejected_ == desired_) return;
  begin(false);
}

void sink_runner::begin(bool reconcile) {
  begun_ = clock::now();
  if (!reconcile && !waited_for_target_ && cause_.decided != clock::time_point{})
    around_.figures.observe(metrics::stage, {{"stage", "applied"}, {"sink", name()}}, seconds(begun_ - cause_.decided));
  cause_in_flight_ = reconcile ? decision{} : cause_;
  feeds_in_flight_ = composed_of_;
  in_flight_ = std::make_shared<const plugins::update_package>(next_ticket_++, reconcile, desired_, applied_);
  answer_timer_.after(answer_patience, [this] { report_unanswered(); });
  instance_->apply(in_flight_);
}

// The contract allows no second update before an answer to the first, so nothing else can be done than to report it.
void sink_runner::report_unanswered() {
  set_answer(model::sink_answer::unanswered);
  last_why_ = "no answer from plugin '" + instance_->plugin_name() + "' for " + config::to_text(answer_patience);
  log::error(subject(), "{}; nothing more reaches this target until it answers", last_why_);
  note(journal_entry::kind::away, last_why_, clock::now() - begun_);
}

void sink_runner::on_done(std::uint64_t ticket, drcon_result result, const std::string& why) {
  if (!in_flight_ || in_flight_->view.ticket != ticket) return;
  answer_timer_.cancel();
  const auto now = clock::now();
  around_.figures.observe(metrics::sink_apply, {{"sink", name()}}, seconds(now - begun_));
  switch (model::sink_answer_of(result)) {
    case model::sink_answer::applied: applied_now(now); break;
    case model::sink_answer::rejected: rejected(why); break;
    default: away(why);
  }
  around_.figures.add(metrics::applies, {{"sink", name()}, {"result", to_string(last_answer_)}});
  last_why_ = why;
  in_flight_.reset();
  for (const auto& each : std::exchange(idle_, {})) each();
  arm_resync();
  next();
  if (resync_is_due_ && !in_flight_) resync_soon();
}

// A sink that watches its target may lose it between two updates. Then the target does not serve what was applied.
void sink_runner::on_status(const plugins::instance_status& now) {
  const bool is_away = model::plugin_state_of(now.state) == model::plugin_state::away;
  const bool was_away = std::exchange(reported_away_, is_away);
  if (is_away && last_answer_ == model::sink_answer::applied) {
    set_answer(model::sink_answer::away);
    last_why_ = now.text;
    note(journal_entry::kind::away, applied_, now.text, {});
  }
  // That the plugin can reach its target again does not say what the target serves: it is compared, and the answer to
  // that says whether it is applied.
  if (!was_away || is_away) return ask_again_what_is_left_out();
  why_back_ = now.text;
  if (!answer_will_follow() && last_answer_ == model::sink_answer::away) resync_soon();
}

// What a sink reports as left out between two updates counts until its next answer. Once its status is another one,
// that may be over: without an answer, status and explain would report it until the next change.
void sink_runner::ask_again_what_is_left_out() {
  if (answer_will_follow() || last_answer_ != model::sink_answer::applied || instance_->refusal_count() == 0) return;
  resync_soon();
}

void sink_runner::applied_now(clock::time_point now) {
  const bool news = applied_ != in_flight_->wanted;
  const bool was_bad = is_trouble(last_answer_);
  applied_ = in_flight_->wanted;
  applied_feeds_ = feeds_in_flight_;
  set_answer(model::sink_answer::applied);
  is_compared_ = !resync_is_due_;
  backoff_.reset();
  waited_for_target_ = false;
  ++applies_;
  last_applied_ = std::chrono::system_clock::now();
  if (!news && !was_bad) return;
  const auto took = now - begun_;
  const auto stages = measure(now);
  around_.figures.observe(metrics::stage, {{"stage", "verified"}, {"sink", name()}}, seconds(took));
  if (stages) around_.figures.observe(metrics::change_to_applied, {{"sink", name()}}, seconds(stages->whole));
  log::info(subject(), "applied revision {} in {:.1f} ms", applied_->revision(), seconds(took) * 1000);
  note(journal_entry::kind::applied, std::exchange(why_back_, {}), took, stages);
}

std::optional<stage_times> sink_runner::measure(clock::time_point now) const {
  const auto& of = cause_in_flight_;
  if (of.seen == clock::time_point{}) return {};
  return stage_times{.published = of.heard - of.seen,
                     .decided = of.decided - of.seen,
                     .applied = begun_ - of.decided,
                     .verified = now - begun_,
                     .whole = now - of.seen};
}

void sink_runner::set_answer(model::sink_answer answer) {
  last_answer_ = answer;
  if (!is_trouble(answer)) failing_since_.reset();
  else if (!failing_since_) failing_since_ = std::chrono::system_clock::now();
}

void sink_runner::away(const std::string& why) {
  why_back_.clear();
  const bool again = last_answer_ == model::sink_answer::away && last_why_ == why;
  set_answer(model::sink_answer::away);
  const auto pause = backoff_.next();
  if (!again) {
    log::warning(subject(), "revision {} not applied: {}; retrying (every {} at most)", in_flight_->wanted->revision(),
                 why, config::to_text(longest_retry));
    note(journal_entry::kind::away, why, clock::now() - begun_);
  }
  if (!open_) return;
  waiting_ = true;
  waited_for_target_ = true;
  next_retry_ = std::chrono::system_clock::now() + std::chrono::ceil<std::chrono::system_clock::duration>(pause);
  retry_timer_.after(pause, [this] {
    waiting_ = false;
    if (!may_hand_over() || !desired_) return;
    around_.figures.add(metrics::retries, {{"sink", name()}});
    begin(applied_ == desired_);
  });
}

void sink_runner::rejected(const std::string& why) {
  const bool again = last_answer_ == model::sink_answer::rejected && last_why_ == why;
  set_answer(model::sink_answer::rejected);
  rejected_ = in_flight_->wanted;
  if (again) return;
  log::error(subject(),
             "revision {} rejected: {}; the target keeps what it had; retrying at the next change, and at each resync",
             rejected_->revision(), why);
  note(journal_entry::kind::rejected, why, clock::now() - begun_);
}

bool sink_runner::resync() {
  if (!may_hand_over() || !desired_) return false;
  retry_timer_.cancel();
  waiting_ = false;
  begin(applied_ == desired_);
  return true;
}

void sink_runner::recover() {
  if (in_flight_ && !instance_->is_open(in_flight_->view.ticket))
    return on_done(in_flight_->view.ticket, DRCON_RETRY, "its answer was lost within drcon, whose log says why");
  resync_soon();
}

void sink_runner::resync_soon() { resync_is_due_ = !resync(); }

void sink_runner::compare_again() {
  is_compared_ = false;
  resync_soon();
}

// A new process knows nothing of the target: it compares, and changes what differs.
void sink_runner::on_restarted() {
  is_compared_ = false;
  if (!resync()) resync_is_due_ |= withheld_ > 0;  // an update in flight is answered with "retry"
}

void sink_runner::on_refused(const std::vector<plugins::refusal>& what) {
  around_.journal.add(entry_of(subject(), what));
}

// A rejected snapshot gets a second chance here: what the target refused may have been fixed on its side.
void sink_runner::arm_resync() {
  if (resync_.count() == 0 || !open_) return;
  resync_timer_.after(resync_, [this] {
    if (may_hand_over() && !waiting_ && desired_) begin(applied_ == desired_);
    else arm_resync();
  });
}

void sink_runner::note(journal_entry::kind what, const std::string& why, std::chrono::nanoseconds took,
                       std::optional<stage_times> stages) {
  note(what, in_flight_->wanted, why, took, stages);
}

void sink_runner::note(journal_entry::kind what, const model::snapshot_ptr& of, const std::string& why,
                       std::chrono::nanoseconds took, std::optional<stage_times> stages) {
  around_.journal.add(
      {.what = what, .about = subject(), .revision = of->revision(), .why = why, .took = took, .stages = stages});
}

}  // namespace drcon::engine
