// What operators ask of a pipeline: pause, resume, rollback. pipeline_brake.cpp has the release of the brake.
#include "base/by_whom.hpp"
#include "config/text.hpp"
#include "engine/pipeline.hpp"
#include "log/log.hpp"
#include "model/snapshot.hpp"

#include <algorithm>
#include <utility>

namespace drcon::engine {
namespace {

using clock = std::chrono::steady_clock;

}  // namespace

pause_mark pipeline::mark_of(const std::string& why, const std::string& who) const {
  constexpr std::size_t longest = 1000;
  if (!paused_)
    return {.why = why.empty() ? "no reason given" : why,
            .since = std::chrono::system_clock::now(),
            .behind = {},
            .who = who};
  auto mark = *paused_;
  // Whole names: one may begin as another one does.
  if ((", " + mark.who + ", ").find(", " + who + ", ") == std::string::npos)
    mark.who = config::printable(mark.who + (mark.who.empty() ? "" : ", ") + who, longest);
  if (mark.why.find(why) == std::string::npos) mark.why = config::printable(mark.why + "; " + why, longest);
  return mark;
}

void pipeline::pause(pause_mark mark) {
  // The time that a loss has been held so far says nothing after a pause: at the resume the brake starts to count
  // again.
  brake_timer_.cancel();
  brake_.restart_holds();
  held_ = {};
  refused_.reset();
  paused_ = std::move(mark);
  note_steered("paused: " + paused_->why, paused_->who);
  foresee();
}

void pipeline::serve_in_pause(const decision& what, std::string why, std::string waits) {
  seen_ = heard_ = clock::now();
  pass(next_with(*what.snapshot), std::move(why), what.asked);
  causes_.insert(std::move(waits));
}

void pipeline::pause_at(const decision& applied, pause_mark mark) {
  const auto decided = current_.snapshot->revision();
  pause(std::move(mark));
  serve_in_pause(
      applied,
      "what the targets have of revision " + std::to_string(applied.snapshot->revision()) + ", as long as it is paused",
      "revision " + std::to_string(decided) + ", which was not applied before the pause");
  foresee();
}

// Also where no source has reported anything since: a hold may have ended meanwhile, and its timer asks once. A
// pipeline that a reload has removed and another one has added again does not know of a pause that began before.
void pipeline::end_pausing() {
  if (pausing_ > 0 && --pausing_ == 0) decide();
}

decision pipeline::served_before() const {
  return {.snapshot = last_good_, .why = "last good state", .asked = last_good_asked_, .when = last_good_decided_};
}

bool pipeline::resume(const std::string& who) {
  if (!paused_) return false;
  paused_.reset();
  would_hold_.reset();
  note_steered("resumed", who);
  causes_.insert("resume");
  seen_ = heard_ = clock::now();
  decide();
  return true;
}

bool pipeline::remembers(std::uint64_t revision) const { return revision_of_history(revision).has_value(); }

std::optional<decision> pipeline::revision_of_history(std::uint64_t revision) const {
  const auto revision_of = [](const decision& each) { return each.snapshot->revision(); };
  const auto kept = std::ranges::find(history_, revision, revision_of);
  if (kept == history_.end()) return {};
  return *kept;
}

model::snapshot_ptr pipeline::next_with(const model::snapshot& content) const {
  return std::make_shared<const model::snapshot>(next_revision_, content);
}

void pipeline::roll_back(const decision& to, pause_mark mark) {
  pause(std::move(mark));
  brake_.forget();
  serve_in_pause(to, paused_->why, "what changed since revision " + std::to_string(to.snapshot->revision()));
}

void pipeline::keep_what_is_served() {
  if (current_.snapshot) keep_state();
}

// The sinks that are behind, by the names that they have since a reload: under its old name, a sink would be given what
// is served, and its target would change in the pause.
std::vector<std::string> pipeline::still_behind(const std::vector<std::string>& behind,
                                                const same_target& is_same_target) const {
  std::vector<std::string> still;
  for (const auto& sink : config_.sinks)
    if (std::ranges::any_of(behind, [&](const std::string& old_sink) { return is_same_target(old_sink, sink); }))
      still.push_back(sink);
  return still;
}

// Under another name since a reload, which is no reason to end a pause.
void pipeline::stay_paused_like(const pipeline& ended, const same_target& is_same_target) {
  const auto because = ended.paused_->why;
  auto mark = paused_ ? mark_of(because, ended.paused_->who) : *ended.paused_;
  auto behind = still_behind(ended.paused_->behind, is_same_target);
  if (paused_) behind.insert(behind.end(), paused_->behind.begin(), paused_->behind.end());
  std::ranges::sort(behind);
  behind.erase(std::ranges::unique(behind).begin(), behind.end());
  mark.behind = std::move(behind);
  paused_ = std::move(mark);
  log::warning(subject(), "paused still, as pipeline {} was: {}; drcon resume {} ends it", ended.name(), because,
               name());
  keep_pause();
}

// A mark that cannot be kept is reported: the pause lasts until drcon ends.
void pipeline::keep_pause() {
  around_.pauses.save(name(), paused_, [subject = subject()](const base::result<>& kept) {
    if (!kept) log::error(subject, "its pause would end with drcon, since it is not kept: {}", kept.error().why);
  });
}

void pipeline::note_steered(std::string what, const std::string& who) {
  log::warning(subject(), "{}{}", what, base::by_whom(who));
  around_.journal.add({.what = journal_entry::kind::steered,
                       .about = subject(),
                       .revision = current_.snapshot ? current_.snapshot->revision() : 0,
                       .why = std::move(what),
                       .who = who});
}

}  // namespace drcon::engine
