#include "engine/source_state.hpp"

#include "base/count_of.hpp"
#include "config/text.hpp"
#include "log/log.hpp"
#include "model/plugin_state.hpp"
#include "model/snapshot.hpp"

#include <algorithm>
#include <utility>

namespace drcon::engine {

// A registry that makes up names without end must not fill the memory with the times of services that are gone.
constexpr std::size_t most_withdrawn = 10000;

namespace {

// A source whose expression cannot be read may mean any name.
std::optional<pattern> pattern_of_names(const std::string& expression) {
  if (expression.empty()) return {};
  try {
    return pattern(expression);
  } catch (const pattern_error&) {
    return {};
  }
}

}  // namespace

source_state::source_state(std::shared_ptr<plugins::instance> instance, journal& notes, metrics::metrics& figures,
                           const boost::asio::any_io_executor& executor)
    : instance_(std::move(instance)),
      journal_(notes),
      figures_(figures),
      outage_timer_(executor),
      away_timer_(executor) {}

std::optional<std::chrono::system_clock::time_point> source_state::reported(const std::string& service) const {
  const auto found = reported_.find(service);
  if (found == reported_.end()) return {};
  return found->second;
}

model::service_ptr source_state::find(const std::string& name) const {
  const auto found = services_.find(name);
  return found == services_.end() ? nullptr : found->second;
}

const silence* source_state::silent_on(const std::string& service) const {
  if (all_unknown_) return &*all_unknown_;
  if (const auto found = unknown_.find(service); found != unknown_.end()) return &found->second;
  const auto* part = part_of(service);
  return part == nullptr ? nullptr : &part->what;
}

// A pattern recurses, so that a long name is not looked at: it may be of any part.
const source_state::nameless_part* source_state::part_of(const std::string& service) const {
  constexpr std::size_t longest_name = 512;
  if (parts_.empty() || services_.contains(service) || reported_.contains(service)) return nullptr;
  const auto found = std::ranges::find_if(parts_, [&](const auto& each) {
    return !each.second.names || service.size() > longest_name || each.second.names->matches_whole(service);
  });
  return found == parts_.end() ? nullptr : &found->second;
}

std::string source_state::why_unknown() const {
  if (!all_unknown_) return {};
  const auto now = instance_->status();
  return model::plugin_state_of(now.state) == model::plugin_state::ok || now.text.empty() ? all_unknown_->why
                                                                                          : now.text;
}

// True if it differs from what was reported before. Equal content keeps the old object, so that snapshots share it and
// same_content() is cheap.
bool source_state::take(const std::string& name, const model::service_ptr& now) {
  unknown_.erase(name);
  const bool is_first_report = unheard_.erase(name) > 0 || part_of(name) != nullptr;
  const auto found = services_.find(name);
  if (!now) {
    if (found == services_.end()) return is_first_report;
    services_.erase(found);
    return true;
  }
  if (found == services_.end()) {
    services_.emplace(name, now);
    return true;
  }
  if (same_content(*found->second, *now)) return false;
  found->second = now;
  return true;
}

void source_state::take_all(const std::map<std::string, model::service_ptr>& services, source_event& event) {
  const auto now = std::chrono::system_clock::now();
  for (const auto& [name, service] : services) {
    if (!take(name, service)) continue;
    event.changed.insert(name);
    reported_.insert_or_assign(name, now);
  }
  if (reported_.size() > services_.size() + most_withdrawn)
    std::erase_if(reported_, [this](const auto& each) { return !services_.contains(each.first); });
}

void source_state::take_readiness(const plugins::source_news& news) {
  if (news.all_unknown) {
    if (!all_unknown_) {
      away_timer_.cancel();
      note_unreachable(
          *news.all_unknown,
          ready_ ? "; using last known data of " + base::count_of(services_.size(), "service") : "; no data yet");
      all_unknown_ = silence{.why = {}, .since = std::chrono::system_clock::now()};
    }
    all_unknown_->why = *news.all_unknown;
    collects_ = ready_;
    outage_timer_.cancel();
  } else if (news.ready) {
    if (all_unknown_) {
      log::info(subject(), "reachable again");
      note("reachable again");
    }
    all_unknown_.reset();
    ready_ = true;
  }
}

void source_state::take_names(const plugins::source_news& news, source_event& event) {
  for (const auto& [part, unknown] : news.names) {
    known_parts_.erase(part);
    if (!unknown) {
      // What was collected of it counts later, and until then nothing of it may be taken for gone.
      if (collects_) known_parts_.insert(part);
      else know_names(part, event);
      continue;
    }
    const auto [at, is_new] = parts_.try_emplace(part);
    if (is_new) at->second.what.since = std::chrono::system_clock::now();
    at->second.what.why = unknown->why;
    at->second.names = pattern_of_names(unknown->pattern);
    if (is_new)
      log::warning(subject(), "which services there are of {} is not known; what was served of them stays: {}",
                   config::printable(part), unknown->why);
  }
}

void source_state::know_names(const std::string& part, source_event& event) {
  if (parts_.erase(part) == 0) return;
  event.names = true;
  log::info(subject(), "which services there are of {} is known again", config::printable(part));
}

// What was collected counts from now on, all of it at once.
void source_state::end_outage(source_event& event) {
  outage_timer_.cancel();
  collects_ = false;
  event.after_outage = true;
  if (event.seen == std::chrono::steady_clock::time_point{}) event.seen = collected_since_;
  collected_since_ = {};
  take_all(std::exchange(collected_, {}), event);
  for (const auto& part : std::exchange(known_parts_, {})) know_names(part, event);
}

void source_state::report(const source_event& event) {
  if (event.changed.empty() && !event.readiness && !event.silence && !event.names) return;
  for (auto* each : observers_) each->on_source(event);
}

void source_state::on_news(const plugins::source_news& news) {
  source_event event{.source = this, .changed = {}, .seen = news.first_seen};
  const bool was_ready = ready_;
  const bool was_known = known();
  const auto is_unknown = [this](const auto& each) { return unknown_.contains(each.first); };
  event.silence = std::ranges::any_of(news.services, is_unknown) || !std::ranges::all_of(news.unknown, is_unknown);
  take_readiness(news);
  if (collects_) {
    for (const auto& [name, service] : news.services) {
      unknown_.erase(name);
      collected_.insert_or_assign(name, service);
    }
    if (collected_since_ == std::chrono::steady_clock::time_point{}) collected_since_ = news.first_seen;
  } else {
    take_all(news.services, event);
  }
  take_names(news, event);
  if (!was_ready && ready_) {  // what came with it is counted
    log::info(subject(), "ready with {}", base::count_of(services_.size(), "service"));
    note("ready with " + base::count_of(services_.size(), "service"));
  }
  const auto now = std::chrono::system_clock::now();
  for (const auto& [name, why] : news.unknown) {
    const bool was_reported = services_.contains(name) || reported_.contains(name) || collected_.contains(name);
    if (!was_reported && !news.services.contains(name)) unheard_.insert(name);
    unknown_.try_emplace(name, silence{.why = {}, .since = now}).first->second.why = why;
  }
  if (!news.services.empty() || news.ready) last_word_ = now;
  if (collects_ && !all_unknown_) {
    if (unknown_.empty()) {
      end_outage(event);
    } else if (news.ready) {
      outage_timer_.after(patience_after_outage, [this] {
        source_event late{.source = this, .changed = {}, .readiness = true, .seen = {}};
        end_outage(late);
        report(late);
      });
    }
  }
  if (!event.changed.empty() && event.seen != std::chrono::steady_clock::time_point{})
    figures_.observe(metrics::stage, {{"stage", "published"}, {"source", name()}},
                     std::chrono::duration<double>(std::chrono::steady_clock::now() - event.seen).count());
  event.readiness = was_ready != ready_ || was_known != known();
  report(event);
}

void source_state::on_status(const plugins::instance_status& now) {
  const auto state = model::plugin_state_of(now.state);
  away_timer_.cancel();
  if (state != model::plugin_state::away)
    return note(to_words(state) + (now.text.empty() ? std::string() : ": " + now.text));
  if (all_unknown_) return;
  away_timer_.after(patience_for_unknown, [this, why = now.text] { note_unreachable(why, {}); });
}

void source_state::note_unreachable(const std::string& why, const std::string& meanwhile) {
  const auto text = to_words(model::plugin_state::away) + (why.empty() ? std::string() : ": " + why);
  log::warning(subject(), "{}{}", text, meanwhile);
  note(text);
}

void source_state::on_refused(const std::vector<plugins::refusal>& what) { journal_.add(entry_of(subject(), what)); }

void source_state::note(std::string why) {
  journal_.add({.what = journal_entry::kind::source, .about = subject(), .why = std::move(why)});
}

}  // namespace drcon::engine
