// What a pipeline makes of the brake's decision: what it serves, what it holds, and what it reports of that.
#include "base/wall_clock.hpp"
#include "config/units.hpp"
#include "engine/keep_in_service.hpp"
#include "engine/pipeline.hpp"
#include "log/news.hpp"
#include "model/snapshot.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace drcon::engine {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t endpoints_held_shown = 100;
// A registry that has lost its data loses all of its services at once: a line names the first of them.
constexpr std::size_t holds_in_line = 3;

std::size_t in_service(const model::service_ptr& service) { return service ? service->counts().in_service : 0; }

// Null stands for a service that is not there.
bool same(const model::shared_service* left, const model::shared_service* right) {
  return left && right ? same_content(*left, *right) : left == right;
}

// As it is kept on disk.
kept_brake_memory by_time_of_day(const brake::memory& memory) {
  return by_clock<std::chrono::system_clock>(memory, clock::now(), std::chrono::system_clock::now());
}

std::string sentence(const brake::hold& hold) {
  return hold.service.empty() ? hold.why : "service " + hold.service + ": " + hold.why;
}

std::string sentences(const std::vector<brake::hold>& holds) {
  std::vector<std::string> first;
  for (const auto& each : holds)
    if (first.size() < holds_in_line) first.push_back(sentence(each));
  auto text = fmt::format("{}", fmt::join(first, "; "));
  if (holds.size() > first.size()) text += fmt::format("; and {} more", holds.size() - first.size());
  return text;
}

std::chrono::system_clock::time_point time_of_day(clock::time_point when) {
  return std::chrono::system_clock::now() +
         std::chrono::duration_cast<std::chrono::system_clock::duration>(when - clock::now());
}

held_service shown(const brake::hold& hold) {
  return {.service = hold.service,
          .why = hold.why,
          .before = hold.before,
          .after = hold.after,
          .since = time_of_day(hold.since),
          .until = time_of_day(hold.until)};
}

// `held_back`: what would change if nothing was held. When all of it ends, and its number, are for the caller to set.
held_update update_of(const brake::decision& judged, const std::vector<model::service_change>& held_back) {
  held_update made{.why = sentences(judged.holds),
                   .until = {},
                   .counts = model::count_endpoints(held_back),
                   .endpoints = model::list_endpoints(held_back, endpoints_held_shown),
                   .holds = {},
                   .services = judged.kept,
                   .number = 0};
  for (const auto& each : judged.holds) made.holds.push_back(shown(each));
  return made;
}

}  // namespace

std::string pipeline::held(const std::string& service) const {
  if (!std::ranges::binary_search(held_.services, service)) return {};
  for (const auto& each : held_.holds)
    if (each.service == service) return each.why;
  return held_.holds.front().why;  // the pipeline's
}

// It is not here because another pipeline of the same sinks has it since a reload.
bool pipeline::is_moved(const model::service_change& each) const {
  return is_elsewhere_ && each.before && in_service(each.after) == 0 && is_elsewhere_(each.before);
}

brake::change pipeline::measure(const model::snapshot* served, const model::snapshot& next,
                                const std::vector<model::service_change>& changes, const release& released) const {
  brake::change change{.services = {},
                       .served = served ? served->in_service_count() : 0,
                       .next = next.in_service_count(),
                       .released = released.whole && same_content(*released.whole, next),
                       .observed = observes_all()};
  for (const auto& each : changes) {
    if (is_moved(each)) {
      change.served -= std::min(change.served, in_service(each.before));
      continue;
    }
    const auto found = released.services.find(name_of(each));
    change.services.push_back(
        {.name = name_of(each),
         .served = in_service(each.before),
         .next = in_service(each.after),
         .released = found != released.services.end() && same(found->second.get(), each.after.get()),
         .observed = observes(name_of(each))});
  }
  return change;
}

std::optional<brake::totals> pipeline::measure_after_outage(const model::snapshot& next) const {
  if (after_outage_.empty() || !served()) return {};
  brake::totals sum;
  for (const auto& name : after_outage_) {
    if (const auto* const found = served()->find(name)) sum.served += found->counts().in_service;
    if (const auto* const found = next.find(name)) sum.next += found->counts().in_service;
  }
  return sum;
}

// Serves the candidate, without the removals that the brake holds. A restart must find what it holds, and what has been
// lost within its window: otherwise the rest of a loss would pass as a small one.
void pipeline::judge(model::snapshot_ptr candidate, const release& released) {
  judge_and_pass(std::move(candidate), released);
  keep_brake();
}

void pipeline::judge_and_pass(model::snapshot_ptr candidate, const release& released) {
  if (may_empty_targets(*candidate, released)) return look_at_targets(candidate);
  auto changes = model::difference(served(), *candidate);
  auto change = measure(served(), *candidate, changes, released);
  change.after_outage = measure_after_outage(*candidate);
  after_outage_.clear();
  const auto judged = brake_.judge(clock::now(), change);
  brake_timer_.cancel();
  if (judged.ask_again) brake_timer_.at(*judged.ask_again, [this] { decide(); });
  end_holds(judged);
  auto next = candidate;
  // A state that only losses are measured from is older than what the targets have: nothing of it is put there.
  const bool is_only_measured = !current_.snapshot && !last_good_ && earlier_;
  if (judged.keeps_all || (is_only_measured && !judged.kept.empty())) return hold(judged, candidate, changes);
  if (judged.kept.empty()) {
    held_ = {};
    refused_.reset();
    is_elsewhere_ = nullptr;
  } else {
    next = keep_in_service(changes, *candidate, judged.kept, next_revision_);
    hold(judged, candidate, model::difference(next.get(), *candidate));
  }
  // Walking all services costs: what was compared above is compared again only where something else is passed on, or
  // where the brake measured from a state that is not served.
  const auto before = decided_last();
  if (next != candidate || before.get() != served()) changes = model::difference(before.get(), *next);
  if (current_.snapshot && changes.empty()) {
    causes_.clear();
    if (judged.kept.empty()) note_answered();
    return;
  }
  auto why = fmt::format("{}", fmt::join(causes_, ", "));
  if (!judged.accepted.empty()) why += (why.empty() ? "brake: " : "; brake: ") + sentences(judged.accepted);
  pass(std::move(next), std::move(why), asked_, changes);
}

// What is served meanwhile, and what happens by itself and when: whoever reads the log need not ask for the status.
std::string pipeline::what_follows(const std::vector<brake::hold>& begun) const {
  std::size_t served = 0;
  for (const auto& each : begun) served += each.before;
  const auto when = observes_all() ? "at " + base::time_of_day(held_.until)
                                   : config::to_text(config_.brake.hold) + " after its sources can be reached again";
  return fmt::format("served meanwhile: {}; applied automatically {} unless endpoints return",
                     served == 0 ? "what the targets have" : "all " + std::to_string(served), when);
}

// `held_back`: what would change if nothing was held.
void pipeline::hold(const brake::decision& judged, const model::snapshot_ptr& refused,
                    const std::vector<model::service_change>& held_back) {
  const auto is_the_same = [&](const std::string& service) {
    return same(refused_->find(service), refused->find(service));
  };
  const bool same_as_before =
      refused_ && held_.services == judged.kept && std::ranges::all_of(judged.kept, is_the_same);
  const bool was_holding = !held_.why.empty();
  held_ = update_of(judged, held_back);
  held_.number = same_as_before ? held_numbers_ : ++held_numbers_;
  held_.until = std::ranges::min(held_.holds, {}, &held_service::until).until;
  refused_ = refused;
  if (judged.begun.empty() && was_holding) return;
  // Only what is new is reported: the rest has been.
  std::vector<brake::hold> news;
  for (const auto& each : judged.holds)
    if (!was_holding || std::ranges::find(judged.begun, each.service) != judged.begun.end()) news.push_back(each);
  const auto why = sentences(news);
  const auto next = what_follows(news);
  log::write_news(
      log::level::error, subject(),
      fmt::format("brake holds: {}; {}; see: drcon journal --pipeline {}; apply now: drcon release-brake {}", why, next,
                  name(), name()));
  around_.figures.add(metrics::brake_holds, {{"pipeline", name()}});
  around_.journal.add({.what = journal_entry::kind::held,
                       .about = subject(),
                       .revision = refused->revision(),
                       .why = fmt::format("{}; {}; apply now: drcon release-brake {}", why, next, name()),
                       .counts = held_.counts,
                       .endpoints = model::list_endpoints(held_back, endpoints_in_journal)});
}

// What the brake would decide. A copy of it is asked, which leaves no trace in the brake itself.
pipeline::trial pipeline::try_out(const model::snapshot& candidate, const std::vector<model::service_change>& changes,
                                  const release& released) const {
  trial made{.after = brake_, .judged = {}};
  made.judged = made.after.judge(clock::now(), measure(served(), candidate, changes, released));
  return made;
}

saved_state pipeline::state_of(model::snapshot_ptr content, asked_for asked, const brake& knows) {
  return {.snapshot = std::move(content),
          .asked = std::move(asked),
          .brake = by_time_of_day(knows.remembered()),
          .decided = std::chrono::system_clock::now()};
}

saved_state pipeline::state_of(model::snapshot_ptr content, asked_for asked) const {
  return state_of(std::move(content), std::move(asked), brake_);
}

void pipeline::keep_state() {
  kept_brake_ = brake_.remembered();
  compared_brake_ = brake_.version();
  save_state(kept_brake_);
}

void pipeline::save_state(const brake::memory& knows) {
  around_.store.save(name(), {.snapshot = current_.snapshot,
                              .asked = current_.asked,
                              .brake = by_time_of_day(knows),
                              .decided = current_.when});
}

void pipeline::keep_time_of_holds() {
  if (current_.snapshot && brake_.holding()) save_state(brake_.remembered_at_stop(clock::now()));
}

// What is only measured from, or only left at the targets, stays on disk as it is.
void pipeline::keep_brake() {
  if (!current_.snapshot || brake_.version() == compared_brake_) return;
  compared_brake_ = brake_.version();
  if (brake_.remembered() != kept_brake_) keep_state();
}

// A pause decides nothing, and so holds nothing. What waits behind it may be a loss all the same, and whoever resumes
// must know.
void pipeline::foresee() {
  would_hold_.reset();
  if (!paused_ || !known()) return;
  const auto candidate = gather();
  const auto changes = model::difference(served(), *candidate);
  const auto judged = try_out(*candidate, changes, {}).judged;
  if (judged.holds.empty()) return;
  would_hold_ = update_of(judged, changes);
  for (auto& each : would_hold_->holds) each.since = each.until = {};  // it begins at the resume
}

// Reports the holds that are over.
void pipeline::end_holds(const brake::decision& judged) {
  if (!judged.accepted.empty()) log::warning(subject(), "hold ended, removals applied: {}", sentences(judged.accepted));
  if (judged.returned.empty()) return;
  std::string why = "the endpoints returned";
  if (!judged.holds.empty()) {
    std::vector<std::string> first(
        judged.returned.begin(),
        judged.returned.begin() + static_cast<std::ptrdiff_t>(std::min(judged.returned.size(), holds_in_line)));
    const auto more = judged.returned.size() - first.size();
    why = fmt::format("service {}{}: {}", fmt::join(first, ", "), more ? fmt::format(" and {} more", more) : "", why);
  }
  note_returned(std::move(why));
}

void pipeline::note_returned(std::string why) {
  log::info(subject(), "hold ended: {}", why);
  around_.journal.add({.what = journal_entry::kind::released,
                       .about = subject(),
                       .revision = current_.snapshot ? current_.snapshot->revision() : 0,
                       .why = std::move(why)});
}

bool pipeline::is_any_in(const release& released, const std::vector<std::string>& kept) {
  return std::ranges::any_of(released.services,
                             [&kept](const auto& each) { return std::ranges::binary_search(kept, each.first); });
}

base::failure pipeline::not_released(const std::string& why) const {
  return base::failure{"what the brake of pipeline " + name() +
                       " holds has changed in this moment, or is more than was released, and is still held: " + why};
}

base::result<pipeline::release> pipeline::what_is_released(const std::string& service,
                                                           std::optional<std::uint64_t> number) const {
  if (held_.why.empty()) return base::failure{"the brake of pipeline " + name() + " holds nothing"};
  if (number && *number != held_.number)
    return base::failure{"the brake of pipeline " + name() + " holds something else by now: " + held_.why};
  if (!service.empty() && held(service).empty())
    return base::failure{"the brake of pipeline " + name() + " does not hold service " + service};
  if (!service.empty() && !brake_.knows_what_is_served())
    return base::failure{"what pipeline " + name() +
                         " serves is not known, so that nobody can say what would go of one service; look at what is "
                         "held and release all of it"};
  release released{.services = {}, .whole = service.empty() ? refused_ : nullptr};
  for (const auto& each : held_.services)
    if (service.empty() || each == service) released.services.emplace(each, nullptr);
  for (const auto& each : refused_->services())
    if (const auto found = released.services.find(each->name()); found != released.services.end()) found->second = each;
  return released;
}

base::result<saved_state> pipeline::foresee_release(const std::string& service,
                                                    std::optional<std::uint64_t> number) const {
  const auto released = what_is_released(service, number);
  if (!released) return released.error();
  auto candidate = gather();
  const auto changes = model::difference(served(), *candidate);
  const auto [after, judged] = try_out(*candidate, changes, *released);
  if (judged.keeps_all || is_any_in(*released, judged.kept)) return not_released(held_.why);
  if (!judged.kept.empty()) candidate = keep_in_service(changes, *candidate, judged.kept, next_revision_);
  return state_of(std::move(candidate), asked_, after);
}

base::result<> pipeline::release_brake(const std::string& service, std::optional<std::uint64_t> number,
                                       const std::string& who) {
  const auto found = what_is_released(service, number);
  if (!found) return found.error();
  const auto& released = *found;
  note_steered("brake released: " + (service.empty() ? held_.why : "service " + service + ": " + held(service)), who);
  seen_ = heard_ = clock::now();
  judge(gather(), released);
  if (!brake_.knows_what_is_served() || is_any_in(released, held_.services)) return not_released(held_.why);
  return {};
}

}  // namespace drcon::engine
