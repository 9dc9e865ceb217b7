// What a pipeline serves while its sources have not answered: the state on disk, or that from before a reload, as far
// as it answers what is asked now.
//
// An earlier state may answer another question. A source that has other options since may answer with anything, and
// only it knows: then nothing is rendered, the targets stay as they were left, and status, log and explain say that
// this is of an earlier configuration. The brake still measures the first answer from it, so that nothing is lost
// unnoticed. Filter and limit are the host's own: what they leave out is left out at once.
#include "base/ago.hpp"
#include "engine/pipeline.hpp"
#include "log/log.hpp"
#include "model/snapshot.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace drcon::engine {
namespace {

using clock = std::chrono::steady_clock;

// It is still asked for, and nothing of it would be left. Others may have come in the place of what is left out.
bool is_emptied(const model::service_change& each) {
  return each.before && each.after && each.before->counts().in_service > 0 && each.after->counts().in_service == 0;
}

}  // namespace

std::string pipeline::why_not_yet() const {
  if (known() && paused_) return "paused before anything was decided";
  return fmt::format("no data yet from {}", fmt::join(waiting_for(), ", "));
}

std::string pipeline::earlier_configuration() const {
  if (!decided_last()) return {};
  const auto& answered = asked_last();
  if (answered.sources != asked_.sources) return "its sources or their options have changed since";
  if (answered.filter != asked_.filter) return "its filter or limit has changed since";
  return {};
}

// The part of an earlier state that answers what is asked now, or null if that cannot be known. A service of which
// filter and limit leave nothing, or less than the brake allows, is unknown and not empty: they may take others
// instead.
model::snapshot_ptr pipeline::still_asked(const model::snapshot_ptr& earlier, const asked_for& answered) const {
  if (answered.sources != asked_.sources) return nullptr;
  std::vector<model::service_ptr> services;
  for (const auto& each : earlier->services())
    if (auto taken = filter_.apply(each)) services.push_back(std::move(taken));
  auto rest = std::make_shared<const model::snapshot>(next_revision_, std::move(services));
  if (same_content(*earlier, *rest)) return earlier;
  const auto changes = model::difference(earlier.get(), *rest);
  const bool nothing_left = earlier->in_service_count() > 0 && rest->in_service_count() == 0;
  if (nothing_left || std::ranges::any_of(changes, is_emptied)) return nullptr;
  if (!brake_.why_not(measure(earlier.get(), *rest, changes, {})).empty()) return nullptr;
  return rest;
}

// The sources have not answered, or the pipeline was paused when it started: an earlier state is served. It may be old,
// but an empty target would take every service down.
void pipeline::serve_last_good() {
  if (known() && !paused_) return;  // what they have answered is about to be decided
  const bool is_served = current_.snapshot != nullptr;
  has_waited_ |= !is_served;
  const auto earlier = decided_last();
  if (!earlier) return leave_nothing();
  if (is_served && (paused_ || earlier_configuration().empty())) return;
  const auto answered = asked_last();
  // A pause keeps what was served, whatever is asked now.
  const auto rest = paused_ ? earlier : still_asked(earlier, answered);
  if (!rest) {
    log::warning(subject(),
                 "{}; what was served last, revision {}, is the answer to an earlier configuration ({}): the targets "
                 "stay as they are",
                 why_not_yet(), earlier->revision(), earlier_configuration());
    if (!is_served)
      sinks_.decided(
          {.snapshot = earlier, .why = "left by an earlier configuration", .asked = answered, .is_left = true});
  } else if (rest != earlier) {
    seen_ = heard_ = clock::now();
    pass(rest, fmt::format("what the filter takes of revision {}, the last good state", earlier->revision()), answered);
  } else if (!is_served) {
    serve_as_before();
  }
}

// Nothing of this pipeline was ever decided where other pipelines have kept their states: their sinks have nothing of
// it that would have to be kept, and it holds up none of them. With no state at all, or one that cannot be read, the
// targets may have what nobody knows.
void pipeline::leave_nothing() {
  log::warning(subject(), "{}; nothing is changed", why_not_yet());
  if (!brake_.knows_what_is_served() || !state_is_kept_) return;
  sinks_.decided({.snapshot = std::make_shared<const model::snapshot>(0, std::vector<model::service_ptr>{}),
                  .why = "nothing was ever decided",
                  .asked = asked_,
                  .is_left = true});
}

// Nothing is known of what was served before, since the state directory is new or was lost. The registry may have lost
// data, too, so that the targets are compared with each candidate until one has passed.
bool pipeline::may_empty_targets(const model::snapshot& candidate, const release& released) const {
  const bool is_unknown_otherwise = !brake_.knows_what_is_served() && !held_for_targets_;
  const bool is_compared = look_ == look::over && looked_for_ && same_content(*looked_for_, candidate);
  return !is_compared && !served() && !is_unknown_otherwise && !released.whole && config_.brake.hold.count() > 0;
}

void pipeline::look_at_targets(const model::snapshot_ptr& candidate) {
  if (look_ == look::under_way) return;
  look_ = look::under_way;
  looked_for_ = candidate;
  sinks_.look(candidate, [this, candidate, alive = std::weak_ptr(alive_)](const target_findings& found) {
    if (!alive.lock() || looked_for_ != candidate) return;
    look_ = look::over;
    take_findings(found);
    // What was compared is what is judged, even if there is something newer: sources that change all the time would
    // otherwise be compared for ever. The newer one is judged after it.
    if (known() && !served() && !paused_ && pausing_ == 0) judge(candidate, {});
    decide();
  });
}

void pipeline::take_findings(const target_findings& found) {
  const bool is_empty = looked_for_->in_service_count() == 0;
  const auto& loss = is_empty && found.loss.empty() ? found.unknown : found.loss;
  if (served()) return;
  if (loss.empty() && !found.unknown.empty())
    log::warning(subject(), "nothing is kept of what was served before, and {}: it is not held if something goes",
                 found.unknown);
  if (loss.empty() && held_for_targets_) end_hold_for_targets("no target would lose that much any more");
  if (loss.empty() || held_for_targets_) return;
  held_for_targets_ = true;
  brake_.hold_first(std::string("nothing is kept of what was served before, ") +
                    (is_empty ? "the sources have no endpoint in service, and " : "and ") + loss);
}

void pipeline::end_hold_for_targets(const std::string& why) {
  held_for_targets_ = false;
  if (brake_.knows_what_is_served()) return;
  brake_.forget();
  held_ = {};
  refused_.reset();
  note_returned(why);
}

void pipeline::serve_as_before() {
  log::warning(subject(), "{}; serving the last good state, revision {}, decided {}{}", why_not_yet(),
               last_good_->revision(), base::ago(last_good_decided_),
               base::is_days_old(last_good_decided_) ? ": what it has may be gone since" : "");
  const auto now = clock::now();
  current_ = {.snapshot = last_good_,
              .why = "last good state",
              .asked = last_good_asked_,
              .seen = now,
              .heard = now,
              .decided = now,
              .when = last_good_decided_};
  if (is_heir_) keep_state();  // there is none under its name yet
  sinks_.decided(current_);
}

// What is served is what the sources have answered to the present configuration, though nothing had to be changed for
// that: a restart may serve it while they are away.
void pipeline::note_answered() {
  if (current_.asked == asked_) return;
  current_.asked = asked_;
  if (!history_.empty() && history_.back().snapshot == current_.snapshot) history_.back().asked = asked_;
  keep_state();
}

}  // namespace drcon::engine
