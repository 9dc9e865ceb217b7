#include "engine/brake.hpp"

#include "base/count_of.hpp"
#include "config/units.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace drcon::engine {
namespace {

const std::string the_pipeline;  // in the place of a service's name
constexpr std::size_t most_losses_of_one = 32;

std::size_t excess(std::size_t more, std::size_t less) { return more > less ? more - less : 0; }

}  // namespace

// ---- what was served within the window ----

void brake::forget_old(clock::time_point now) {
  while (!past_order_.empty() && now - past_order_.begin()->first >= config_.window) {
    const auto service = past_order_.extract(past_order_.begin()).value().second;
    ++version_;
    const auto found = past_.find(service);
    auto& entries = found->second;
    while (!entries.empty() && now - entries.front().first >= config_.window) entries.pop_front();
    if (entries.empty()) past_.erase(found);
    else past_order_.emplace(entries.front().first, service);
  }
}

void brake::forget_losses(const std::string& service) {
  const auto found = past_.find(service);
  if (found == past_.end()) return;
  past_order_.erase({found->second.front().first, service});
  past_.erase(found);
  ++version_;
}

void brake::forget_losses() {
  past_.clear();
  past_order_.clear();
  ++version_;
}

// Of two entries, the older one matters as long as it counts more. A service that loses endpoints all the time within a
// long window must not fill the memory, nor the state on disk: the oldest are counted as if they were younger.
void brake::remember_loss(clock::time_point now, const std::string& service, std::size_t served) {
  auto& entries = past_[service];
  if (!entries.empty()) past_order_.erase({entries.front().first, service});
  while (!entries.empty() && entries.back().second <= served) entries.pop_back();
  entries.emplace_back(now, served);
  if (entries.size() > most_losses_of_one) {
    entries[1].second = entries[0].second;
    entries.pop_front();
  }
  past_order_.emplace(entries.front().first, service);
  ++version_;
}

// The most endpoints in service at any time within the window, of which `served` are there now.
std::size_t brake::reference(const std::string& service, std::size_t served) const {
  const auto found = past_.find(service);
  if (found == past_.end()) return served;
  for (const auto& [until, count] : found->second) served = std::max(served, count);
  return served;
}

// ---- the rule ----

// Why going from `before` to `after` endpoints in service is too much; empty if it is not. `now` are served: fewer than
// `before`, the most within the window, when some have gone already. People compare the sentence with what is served,
// so that it begins with that.
std::string brake::loss(std::size_t now, std::size_t before, std::size_t after) const {
  if (after >= before) return {};
  const auto removed = before - after;
  const auto share = static_cast<double>(removed) / static_cast<double>(before);
  const auto counts =
      std::to_string(excess(now, after)) + " of " + base::count_of(now, "endpoint") + " in service would be removed";
  const auto within = now == before ? std::string()
                                    : std::to_string(removed) + " of " + std::to_string(before) + " within " +
                                          config::to_text(config_.window);
  if (share > config_.max_removed) {
    const auto percent = [](double value) { return std::to_string(std::lround(value * 100)) + "%"; };
    return counts + " (" + (within.empty() ? "" : within + ": ") + percent(share) + "; max_removed is " +
           percent(config_.max_removed) + ")";
  }
  const auto least = static_cast<std::size_t>(config_.min_endpoints);
  if (after < least && before >= least)
    return counts + ", leaving " + std::to_string(after) + " (" + (within.empty() ? "" : within + "; ") +
           "min_endpoints is " + std::to_string(least) + ")";
  return {};
}

std::string brake::why_not(const change& change) const {
  if (config_.hold.count() == 0) return {};
  if (config_.per_service)
    for (const auto& each : change.services)
      if (auto why = loss(each.served, each.served, each.next); !why.empty())
        return "service " + each.name + ": " + why;
  return loss(change.served, change.served, change.next);
}

// A source that is away cannot report that the endpoints are back: only the time in which the loss was seen counts, and
// it begins again when the source has answered. But for a restart of drcon alone: what was seen before it goes on then.
void brake::observe(waiting& held, bool observed, clock::time_point now) {
  if (!observed || !held.observed) held.since = now - held.seen;
  if (observed) held.seen = {};
  held.observed = observed;
}

// Of a service or of the whole pipeline. `held` is set when a hold begins; the caller drops it when it ends.
brake::outcome brake::judge_one(std::optional<waiting>& held, const service_change& each, clock::time_point now) const {
  if (!held) {
    auto why = loss(each.served, reference(each.name, each.served), each.next);
    if (why.empty()) return outcome::passes;
    held = {.why = std::move(why), .kept = each.served, .lowest = each.next, .since = now, .observed = each.observed};
    return outcome::begins;
  }
  observe(*held, each.observed, now);
  // Half of what was missing is not enough: the other half would be removed although it may be on its way back.
  if (each.next >= held->kept) return outcome::returned;
  if (each.released) return outcome::released;
  const auto before = reference(each.name, held->kept);
  held->why = loss(held->kept, before, each.next);
  if (held->why.empty())
    held->why = std::to_string(held->kept - each.next) + " of " + base::count_of(held->kept, "endpoint") +
                " in service are still missing";
  // The time that a smaller loss has lasted says nothing of a greater one.
  if (each.next < held->lowest) {
    held->lowest = each.next;
    held->since = now;
    held->seen = {};
    return outcome::begins;
  }
  if (now - held->since >= config_.hold) return outcome::lasted;
  // The window has forgotten some of what was lost before, and what is left is within the limits.
  return loss(held->kept, before, held->lowest).empty() && !held->of_outage ? outcome::passes : outcome::waits;
}

brake::decision brake::judge(clock::time_point now, const change& change) {
  if (config_.hold.count() == 0) {
    forget();
    return {};
  }
  if (holding()) ++version_;
  if (first_ && change.served == 0) return judge_first(now, change);
  forget_old(now);
  judgement about{.now = now, .of = change, .made = {}, .over = {}};
  // A service that is held and does not differ any more has got back all that was missing.
  std::set<std::string> same;
  for (const auto& [name, held] : services_) same.insert(name);
  for (const auto& each : change.services) {
    same.erase(each.name);
    judge_service(each, about);
  }
  for (const auto& name : same) {
    note(name, outcome::returned, services_.at(name), about.made);
    services_.erase(name);
  }
  judge_whole(about);
  remember_losses(about);
  list(now, about.made);
  if (holding()) ++version_;
  if (first_) {
    about.made.keeps_all = !about.made.kept.empty();
    for (auto& each : about.made.holds) each.why += "; measured from an earlier state: " + first_->why;
    if (!about.made.keeps_all) first_.reset();
  }
  return std::move(about.made);
}

// Nothing is known of what is served: any candidate may lose all of it.
brake::decision brake::judge_first(clock::time_point now, const change& change) {
  decision made;
  auto what = outcome::waits;
  observe(*first_, change.observed, now);
  // Whoever releases one service has not judged what is lost of the others.
  if (change.released) {
    what = outcome::released;
  } else if (change.next < first_->lowest) {
    first_->lowest = change.next;
    first_->since = now;
    what = outcome::begins;
  } else if (now - first_->since >= config_.hold) {
    what = outcome::lasted;
  }
  note(the_pipeline, what, *first_, made);
  made.keeps_all = what == outcome::waits || what == outcome::begins;
  if (!made.keeps_all) {
    first_.reset();
    return made;
  }
  made.holds.push_back(shown(the_pipeline, *first_));
  made.ask_again = made.holds.front().until;
  for (const auto& each : change.services) made.kept.push_back(each.name);
  return made;
}

void brake::judge_service(const service_change& each, judgement& about) {
  const auto found = services_.find(each.name);
  const bool was_held = found != services_.end();
  std::optional<waiting> held;
  if (was_held && found->second.is_own) held = found->second;
  const auto kept = was_held ? found->second.kept : each.served;
  about.surplus += excess(each.served, kept);
  if (was_held && !found->second.is_own && each.next >= kept) {
    note(each.name, outcome::returned, found->second, about.made);
    about.over.insert(each.name);
    services_.erase(found);
    return;
  }
  if (!config_.per_service) {
    if (held) services_.erase(found);  // a reload has changed the option
    return;
  }
  auto measured = each;
  measured.served = kept;
  const auto what = judge_one(held, measured, about.now);
  if (held) note(each.name, what, *held, about.made);
  if (what == outcome::begins || what == outcome::waits) {
    about.held += excess(kept, each.next);
    services_.insert_or_assign(each.name, *held);
    return;
  }
  if (!held) return;
  about.accepted += excess(kept, each.next);
  about.over.insert(each.name);
  forget_losses(each.name);
  services_.erase(each.name);
}

// Every service that would lose something, and is not held for itself, has been released with just this content: one
// that was lost since the hold is more than what the operator has seen.
bool brake::is_released_as_a_whole(const judgement& about) const {
  bool any = false;
  for (const auto& each : about.of.services) {
    if (each.next >= each.served || about.over.contains(each.name)) continue;
    if (const auto found = services_.find(each.name); found != services_.end() && found->second.is_own) continue;
    if (!each.released) return false;
    any = true;
  }
  return any;
}

// A service of which half is back would lose the other half, while those of which nothing is back are held for
// themselves: so all that one source reports is measured together.
brake::outcome brake::judge_outage(const service_change& total, const judgement& about) {
  if (!about.of.after_outage || about.of.released) return outcome::passes;
  auto why = loss(about.of.after_outage->served, about.of.after_outage->served, about.of.after_outage->next);
  if (why.empty()) return outcome::passes;
  whole_ = {.why = std::move(why) + " after an outage",
            .kept = total.served,
            .lowest = total.next,
            .since = about.now,
            .observed = total.observed,
            .of_outage = true};
  return outcome::begins;
}

// The limits of the pipeline, of which what services lose that are held or accepted for themselves does not count.
void brake::judge_whole(judgement& about) {
  const service_change total{.name = the_pipeline,
                             .served = excess(about.of.served, about.surplus),
                             .next = about.of.next + about.held + about.accepted,
                             .released = is_released_as_a_whole(about),
                             .observed = about.of.observed};
  auto what = judge_one(whole_, total, about.now);
  if (!whole_) what = judge_outage(total, about);
  if (whole_) note(the_pipeline, what, *whole_, about.made);
  if (what == outcome::begins || what == outcome::waits) {
    whole_->kept = excess(whole_->kept, about.accepted);
    whole_->lowest = excess(whole_->lowest, about.accepted);
    return hold_with_the_pipeline(about);
  }
  if (whole_) forget_losses();
  whole_.reset();
  std::erase_if(services_, [](const auto& each) { return !each.second.is_own; });
}

void brake::hold_with_the_pipeline(const judgement& about) {
  for (const auto& each : about.of.services) {
    if (each.next >= each.served || about.over.contains(each.name)) continue;
    services_.try_emplace(
        each.name,
        waiting{.why = whole_->why, .kept = each.served, .lowest = each.next, .since = about.now, .is_own = false});
  }
}

void brake::note(const std::string& service, outcome what, const waiting& held, decision& made) const {
  if (what == outcome::begins) made.begun.push_back(service);
  if (what == outcome::returned) made.returned.push_back(service);
  if (what != outcome::lasted && what != outcome::released && what != outcome::passes) return;
  auto over = shown(service, held);
  over.why = held.why;
  over.why += what == outcome::released ? "; the brake was released"
              : what == outcome::lasted ? "; it lasted for " + config::to_text(config_.hold)
                                        : "; by now it is within the limits";
  made.accepted.push_back(std::move(over));
}

// What passes now and lowers a count is added up with later losses, unless it was held and accepted.
void brake::remember_losses(const judgement& about) {
  bool any = false;
  for (const auto& each : about.of.services) {
    if (each.next >= each.served || services_.contains(each.name) || about.over.contains(each.name)) continue;
    any = true;
    if (config_.per_service) remember_loss(about.now, each.name, each.served);
  }
  if (!about.made.accepted.empty()) forget_losses(the_pipeline);
  else if (any && !whole_) remember_loss(about.now, the_pipeline, excess(about.of.served, about.surplus));
}

brake::hold brake::shown(const std::string& service, const waiting& held) const {
  return {.service = service,
          .why = held.observed ? held.why : held.why + "; its time begins when the sources can be reached again",
          .before = held.kept,
          .after = held.lowest,
          .since = held.since,
          .until = held.since + config_.hold};
}

void brake::list(clock::time_point now, decision& made) const {
  if (whole_) made.holds.push_back(shown(the_pipeline, *whole_));
  for (const auto& [name, held] : services_) {
    made.kept.push_back(name);
    if (held.is_own) made.holds.push_back(shown(name, held));
  }
  for (const auto& each : made.holds) made.ask_again = std::min(made.ask_again.value_or(each.until), each.until);
  if (made.ask_again && !past_order_.empty())
    made.ask_again = std::min(*made.ask_again, std::max(now, past_order_.begin()->first + config_.window));
}

// ---- what operators and reloads do ----

// Any count is a new low then, so that each hold begins again when it is next judged.
void brake::restart_holds() {
  constexpr auto none = std::numeric_limits<std::size_t>::max();
  if (whole_) whole_->lowest = none;
  if (first_) first_->lowest = none;
  for (auto& [name, held] : services_) held.lowest = none;
  ++version_;
}

void brake::stop_observing() {
  if (whole_) whole_->observed = false;
  if (first_) first_->observed = false;
  for (auto& [name, held] : services_) held.observed = false;
}

void brake::hold_first(std::string why) {
  first_ = {.why = std::move(why), .lowest = std::numeric_limits<std::size_t>::max()};
}

void brake::forget() {
  first_.reset();
  services_.clear();
  whole_.reset();
  forget_losses();
}

void brake::go_on_from(const brake& before) {
  services_ = before.services_;
  whole_ = before.whole_;
  first_ = before.first_;
  past_ = before.past_;
  past_order_ = before.past_order_;
  ++version_;
}

brake::memory brake::remembered() const { return remembered(std::optional<clock::time_point>()); }

brake::memory brake::remembered_at_stop(clock::time_point now) const { return remembered(std::optional(now)); }

brake::memory brake::remembered(std::optional<clock::time_point> stop) const {
  const auto kept = [stop](const std::string& service, const waiting& held) {
    return memory::hold{.service = service,
                        .why = held.why,
                        .kept = held.kept,
                        .lowest = held.lowest,
                        .since = held.since,
                        .seen = stop && held.observed ? *stop - held.since : held.seen,
                        .is_own = held.is_own,
                        .of_outage = held.of_outage};
  };
  memory made;
  if (whole_) made.holds.push_back(kept(the_pipeline, *whole_));
  for (const auto& [service, held] : services_) made.holds.push_back(kept(service, held));
  for (const auto& [service, entries] : past_)
    for (const auto& [until, served] : entries)
      made.losses.push_back({.service = service, .until = until, .served = served});
  std::ranges::stable_sort(made.losses, {}, &memory::loss::until);
  return made;
}

void brake::recall(const memory& kept) {
  forget();
  for (const auto& each : kept.holds) {
    const waiting held{.why = each.why,
                       .kept = each.kept,
                       .lowest = each.lowest,
                       .since = each.since,
                       .seen = each.seen,
                       .is_own = each.is_own,
                       .of_outage = each.of_outage};
    if (each.service.empty()) whole_ = held;
    else services_.insert_or_assign(each.service, held);
  }
  for (const auto& each : kept.losses) remember_loss(each.until, each.service, each.served);
}

}  // namespace drcon::engine
