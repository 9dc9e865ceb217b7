#include "engine/pipeline.hpp"

#include "base/count_of.hpp"
#include "engine/merge.hpp"
#include "log/log.hpp"
#include "model/snapshot.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace drcon::engine {
namespace {

using clock = std::chrono::steady_clock;

// A revision is never used again. How many were decided since an earlier state was kept is not known, but each of them
// would have been tried to be kept.
constexpr std::uint64_t revisions_skipped = 1000;

// How many revisions roll_back() can go back to. They share the services that did not change, so that each costs little
// more than its change.
constexpr std::size_t decisions_kept = 32;

}  // namespace

pipeline::pipeline(const config::pipeline_config& config, asked_for asked, std::vector<source_state*> sources,
                   pipeline_surroundings around, sinks_of_pipeline sinks)
    : config_(config),
      asked_(std::move(asked)),
      sources_(std::move(sources)),
      around_(std::move(around)),
      sinks_(std::move(sinks)),
      filter_(config.filter, config.limit),
      pacer_(config.wait.min, config.wait.max),
      brake_(config.brake),
      pace_timer_(around_.executor),
      brake_timer_(around_.executor),
      last_good_timer_(around_.executor),
      grace_timer_(around_.executor) {
  around_.figures.add(metrics::brake_holds, {{"pipeline", name()}}, 0);
  for (auto* each : sources_) each->add(this);
}

pipeline::~pipeline() {
  for (auto* each : sources_) each->remove(this);
}

void pipeline::start(bool state_is_kept) {
  auto kept = around_.store.load(name());
  state_is_kept_ = state_is_kept;
  last_good_ = std::move(kept.last_good);
  last_good_decided_ = kept.decided;
  // A version that did not keep what was asked served the state whatever was asked, and so is it still.
  last_good_asked_ = kept.asked == asked_for{} ? asked_ : std::move(kept.asked);
  // Nobody has observed while drcon did not run whether anything is back.
  brake_.recall(by_clock<brake::clock>(kept.brake, std::chrono::system_clock::now(), brake::clock::now()));
  brake_.stop_observing();
  kept_brake_ = brake_.remembered();
  if (!kept.fault.empty()) {
    log::warning(subject(), "last good state: {}; the first change is held as a loss of unknown size", kept.fault);
    brake_.hold_first("the last good state cannot be used, so that nobody knows what would go: " + kept.fault);
  }
  if (!kept.outdated.empty())
    log::warning(subject(), "last good state: {}; the first change is measured from it", kept.outdated);
  earlier_ = std::move(kept.earlier);
  if (earlier_) next_revision_ = earlier_->revision() + revisions_skipped;
  if (last_good_) {
    next_revision_ = last_good_->revision() + 1;
    history_.push_back(
        {.snapshot = last_good_, .why = "before the restart", .asked = last_good_asked_, .when = last_good_decided_});
  }
  paused_ = around_.pauses.load(name());
  if (paused_) log::warning(subject(), "paused still: {}; drcon resume {} ends it", paused_->why, name());
  begin();
}

void pipeline::start_after(pipeline& before, const same_target& is_same_target) {
  current_ = before.current_;
  last_good_ = before.decided_last();
  last_good_asked_ = before.asked_last();
  last_good_decided_ = before.when_last();
  next_revision_ = before.next_revision_;
  paused_ = before.paused_;
  if (paused_) {
    paused_->behind = still_behind(paused_->behind, is_same_target);
    if (paused_->behind != before.paused_->behind) keep_pause();
  }
  pausing_ = before.pausing_;
  history_ = before.history_;
  earlier_ = before.earlier_;
  brake_.go_on_from(before.brake_);
  kept_brake_ = before.kept_brake_;  // otherwise a hold that ends would stay on disk
  held_for_targets_ = before.held_for_targets_;
  looked_for_ = before.looked_for_;
  if (held_for_targets_) look_ = look::over;
  if (!observes_all()) brake_.stop_observing();
  begin();
}

void pipeline::start_in_place_of(const std::vector<const pipeline*>& ended, const same_target& is_same_target,
                                 std::function<bool(const model::service_ptr&)> is_elsewhere) {
  std::map<std::string, std::vector<part>> parts;
  for (const auto* each : ended) {
    const auto& had = each->decided_last();
    if (!had) continue;
    // What several have decided is as old as the oldest of it; the epoch stands for a time that is not known.
    last_good_decided_ = parts.empty() ? each->when_last() : std::min(last_good_decided_, each->when_last());
    for (const auto& service : had->services()) parts[service->name()].push_back({each->name(), service});
    next_revision_ = std::max(next_revision_, each->next_revision_);
  }
  std::vector<model::service_ptr> services;
  for (const auto& [service, each] : parts) services.push_back(merge_service(each));
  if (!services.empty()) last_good_ = std::make_shared<const model::snapshot>(next_revision_++, std::move(services));
  if (ended.size() == 1) {
    const auto& only = *ended.front();
    last_good_asked_ = only.asked_last();
    earlier_ = only.earlier_;
    brake_.go_on_from(only.brake_);
    if (!observes_all()) brake_.stop_observing();
  }
  for (const auto* each : ended)
    if (each->paused_) stay_paused_like(*each, is_same_target);
  is_elsewhere_ = std::move(is_elsewhere);
  is_heir_ = true;
  begin();
}

void pipeline::recover() {
  // The question to the targets, or its answer, may be what was lost. An answer that comes late does no harm.
  if (look_ == look::under_way) look_ = look::due;
  if (!choose() && !known()) return;
  recompute_all();
  changed("an event that was lost", clock::now());
}

void pipeline::reconsider() {
  // What the targets have may be the other one's. The hold lasts until they have been asked again: it must not begin
  // again each time that the other one decides.
  if (held_for_targets_) {
    if (look_ == look::over) look_ = look::due;
    return decide();
  }
  if (is_elsewhere_ && known() && brake_.holding()) decide();
}

void pipeline::begin() {
  const bool prefers = config_.merge.policy == config::merge_policy::prefer;
  grace_over_ = !prefers || config_.merge.grace.count() == 0;
  last_good_timer_.after(patience_before_last_good, [this] { serve_last_good(); });
  if (!grace_over_)
    grace_timer_.after(config_.merge.grace, [this] {
      grace_over_ = true;
      if (!choose()) return;
      recompute_all();
      changed("grace over", clock::now());
    });
  if (choose()) {
    recompute_all();
    changed("start", clock::now());
  }
}

bool pipeline::known() const {
  if (config_.merge.policy == config::merge_policy::prefer) return preferred_ != nullptr;
  return std::ranges::all_of(sources_, [](const source_state* each) { return each->ready(); });
}

std::vector<std::string> pipeline::waiting_for() const {
  std::vector<std::string> names;
  if (known()) return names;
  for (const auto* each : sources_)
    if (!each->ready()) names.push_back(each->name());
  return names;
}

// Picks the active source; true if all services must be merged again. With merge = "union" that is once, when the last
// source has reported; with "prefer" each time that another source becomes active.
bool pipeline::choose() {
  if (config_.merge.policy == config::merge_policy::prefer) {
    const auto* before = preferred_;
    for (const auto* each : sources_) {
      if (each->known()) {
        preferred_ = each;
        break;
      }
      // At start an earlier source gets a grace before a later one takes its place. Afterwards the source that was
      // chosen last stays active while none is known.
      if (!each->ready() && !grace_over_ && !preferred_) return false;
    }
    if (preferred_ != before && before)
      log::warning(subject(), "source {} is unreachable; source {} is used instead", before->name(),
                   preferred_->name());
    return preferred_ != before;
  }
  return !std::exchange(complete_, known()) && complete_;
}

// merge = "prefer": only the active source does.
bool pipeline::counts(const source_state& source) const { return !preferred_ || &source == preferred_; }

// Of the sources that count, one has yet to report the service.
bool pipeline::is_unheard(const std::string& service) const {
  return std::ranges::any_of(sources_, [&](const source_state* each) {
    return counts(*each) && (each->has_yet_to_report(service) || each->may_have_yet_to_report(service));
  });
}

// What was served of a service that a source has yet to report; null if nothing of it can be that source's. Where it is
// only known that there may be such services, what others report of this one is theirs, and may go with them.
model::service_ptr pipeline::kept_for_unheard(const model::service_ptr& served) const {
  if (!is_unheard(served->name())) return nullptr;
  std::set<std::pair<std::string_view, std::uint32_t>> places;
  for (const auto* each : sources_) {
    if (!counts(*each)) continue;
    if (each->has_yet_to_report(served->name())) return served;
    if (const auto reported = each->find(served->name()))
      for (const auto endpoint : reported->endpoints()) places.emplace(endpoint.address(), endpoint.port());
  }
  if (places.empty()) return served;
  auto rest = served->value();
  std::erase_if(rest.endpoints, [&](const auto& each) { return places.contains({each.address, each.port}); });
  if (rest.endpoints.empty()) return nullptr;
  return std::make_shared<const model::shared_service>(std::move(rest));
}

// A source is ready, and watches a service of which it has no data yet, such as one that the registry refuses
// while it answers for all others. That must not be taken for "no endpoints": what was served stays until it is
// reported. Only when all is merged again: a service that becomes unknown later has nothing in what is served from that
// source.
void pipeline::keep_unheard() {
  if (!decided_last()) return;
  for (const auto& each : decided_last()->services())
    if (auto kept = kept_for_unheard(each)) unheard_.try_emplace(each->name(), std::move(kept));
}

model::service_ptr pipeline::kept_until_heard(const std::string& service) {
  const auto kept = unheard_.find(service);
  if (kept == unheard_.end()) return nullptr;
  if (is_unheard(service)) return kept->second;
  unheard_.erase(kept);
  return nullptr;
}

// What its endpoints were called: also before the restart.
model::service_ptr pipeline::merged_before(const std::string& service) const {
  if (sources_.size() < 2) return nullptr;
  if (auto known = merged_.find(service)) return known;
  return decided_last() ? decided_last()->share(service) : nullptr;
}

// Merges one service again; true if it differs from before.
bool pipeline::recompute(const std::string& service) {
  std::vector<part> parts;
  for (const auto* each : sources_) {
    if (!counts(*each)) continue;
    if (auto found = each->find(service)) parts.push_back({.origin = each->name(), .service = std::move(found)});
  }
  if (auto kept = kept_until_heard(service)) parts.push_back({.origin = name(), .service = std::move(kept)});
  return merged_.set(service, filter_.apply(merge_service(parts, merged_before(service))));
}

// For the first answer of the sources, or another source: it is judged in each case. One that has nothing at all
// differs from nothing that was merged before, and may still lose all that is served.
void pipeline::recompute_all() {
  auto names = merged_.names();
  for (const auto* each : sources_)
    for (const auto& [service, value] : each->services()) names.insert(service);
  keep_unheard();
  for (const auto& [service, kept] : unheard_) names.insert(service);
  for (const auto& service : names) recompute(service);
}

// The names of a part are known: what was kept of it, and is none of them, is gone.
bool pipeline::recompute_unheard() {
  bool differs = false;
  for (const auto& [service, kept] : std::map(unheard_)) differs |= recompute(service);
  return differs;
}

// Every source that counts can report changes now.
bool pipeline::observes_all() const {
  return std::ranges::all_of(sources_, [this](const source_state* each) { return !counts(*each) || each->known(); });
}

// The same of the sources that have reported this service; of all, if none has.
bool pipeline::observes(const std::string& service) const {
  bool any = false;
  for (const auto* each : sources_) {
    if (!counts(*each)) continue;
    if (each->unknown().contains(service)) return false;
    if (!each->find(service) && !each->reported(service)) continue;
    if (!each->known()) return false;
    any = true;
  }
  return any || observes_all();
}

void pipeline::on_source(const source_event& event) {
  bool differs = false;
  if (event.readiness && choose()) {
    recompute_all();
    differs = true;
  } else if (known()) {
    for (const auto& service : event.changed) differs |= recompute(service);
    if (event.names) differs |= recompute_unheard();
  }
  // What is held is judged again when a source is lost or back, because only time in which it is seen counts.
  if ((event.readiness || event.silence) && known() && brake_.holding()) differs = true;
  // An outage without a difference is over. Kept until the next judgement, it would measure a later change by the
  // limits of an outage, and hold the whole pipeline. Before all sources are known, the first judgement is of all.
  if (event.after_outage && (differs || !known())) {
    after_outage_.insert(event.changed.begin(), event.changed.end());
    for (const auto& [name, service] : event.source->services()) after_outage_.insert(name);
  }
  if (differs) changed(event.source->name(), event.seen == clock::time_point{} ? clock::now() : event.seen);
}

void pipeline::changed(const std::string& why, clock::time_point seen) {
  const auto now = clock::now();
  if (causes_.empty()) {
    seen_ = seen;
    heard_ = now;
  }
  causes_.insert(why);
  const auto due = pacer_.changed(now);
  if (due <= now) {
    decide();
    return;
  }
  pace_timer_.at(due, [this] { decide(); });
}

// What the sources and the filter have now.
model::snapshot_ptr pipeline::gather() const { return merged_.snapshot(next_revision_); }

void pipeline::decide() {
  pacer_.released();
  pace_timer_.cancel();
  if (!known() || pausing_ > 0) return;
  auto candidate = gather();
  if (!paused_) return judge(std::move(candidate), {});
  if (!current_.snapshot) serve_last_good();
  if (current_.snapshot && same_content(*current_.snapshot, *candidate)) {
    causes_.clear();
    note_answered();
  }
  foresee();
}

void pipeline::pass(model::snapshot_ptr candidate, std::string why, asked_for answered) {
  const auto changes = model::difference(decided_last().get(), *candidate);
  pass(std::move(candidate), std::move(why), std::move(answered), changes);
}

void pipeline::pass(model::snapshot_ptr candidate, std::string why, asked_for answered,
                    const std::vector<model::service_change>& changes) {
  last_good_timer_.cancel();
  earlier_.reset();
  held_for_targets_ = false;
  const auto counts = model::count_endpoints(changes);
  const auto now = clock::now();
  ++next_revision_;
  current_ = {.snapshot = std::move(candidate),
              .why = std::move(why),
              .asked = std::move(answered),
              .seen = seen_,
              .heard = heard_,
              .decided = now,
              .when = std::chrono::system_clock::now()};
  causes_.clear();
  remember();
  // Before any sink has it: a crash must not put an older state over it. This costs one sync of a directory in a burst;
  // see state_store::save().
  keep_state();
  sinks_.decided(current_);  // before all that follows: log and journal must not delay the change

  log::info(subject(), "revision {}: {}, {} (+{} -{} ~{}) from {}", current_.snapshot->revision(),
            base::count_of(current_.snapshot->services().size(), "service"),
            base::count_of(current_.snapshot->endpoint_count(), "endpoint"), counts.added, counts.removed,
            counts.changed, current_.why);
  around_.journal.add({.what = journal_entry::kind::decided,
                       .about = subject(),
                       .revision = current_.snapshot->revision(),
                       .why = current_.why,
                       .counts = counts,
                       .endpoints = model::list_endpoints(changes, endpoints_in_journal),
                       .took = now - current_.seen});
  around_.figures.observe(metrics::stage, {{"stage", "decided"}, {"pipeline", name()}},
                          std::chrono::duration<double>(now - current_.seen).count());
}

bool pipeline::has(const std::string& service) const {
  std::vector<part> parts;
  for (const auto* each : sources_)
    if (auto found = each->find(service)) parts.push_back({.origin = each->name(), .service = std::move(found)});
  return !parts.empty() && filter_.apply(merge_service(parts)) != nullptr;
}

model::service_ptr pipeline::merged(const std::string& service) const { return merged_.find(service); }

void pipeline::remember() {
  history_.push_back(current_);
  if (history_.size() > decisions_kept) history_.pop_front();
}

}  // namespace drcon::engine
