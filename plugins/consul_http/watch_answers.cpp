// What answers mean: what is published, what counts as a failure, and when the agent's limit on connections is met.
#include "consul_http/watch_parts.hpp"

#include "common/consul_rules.hpp"

#include <algorithm>
#include <utility>

namespace drcon::consul {

using news = common::consul::query_progress::news;

// Publishes first; everything else can wait.
watcher::verdict watcher::take(const watched_ptr& each, const common::http_answer& answer, const question& asked) {
  const bool asked_stale = settings_.consistency == consistency::stale && !asked.confirmed;
  auto why = fault_of(answer, settings_, asked_stale).value_or("");
  if (why.empty()) {
    const auto before = each->progress.revision();
    const auto found = each->progress.take(answer, asked.confirmed);
    if (host_.log_enabled(DRCON_LOG_DEBUG))
      host_.debug(each->name + ": index " + answer.header("x-consul-index") + ", before " + std::to_string(before) +
                  (found == news::none          ? ", nothing new"
                   : found == news::unconfirmed ? ", to be confirmed by the leader"
                                                : ", read"));
    if (found == news::unconfirmed) return verdict::unconfirmed;
    if (found == news::changed) why = read(*each, answer);
  }
  if (!why.empty()) {
    each->progress.failed();
    each->failing = true;
    failed(each->published, answer, why);
    judge_failure(*each, answer);
    return verdict::failed;
  }
  each->checked = asked.blocks ? clock::now() : asked.started;
  each->suspected = false;
  each->failing = false;
  each->is_known = true;
  each->refused = 0;
  worked(each->published);
  if (!each->is_heard) {
    set_heard(*each, true);
    become_ready();
  }
  if (answer.header("x-consul-results-filtered-by-acls") == "true" && each->changed >= asked.started)
    host_.warn("Consul's ACLs hid part of the answer for " + each->name);
  return verdict::good;
}

// What is wrong with the answer; empty when it has been published.
std::string watcher::read(watched_service& each, const common::http_answer& answer) {
  std::string why;
  auto endpoints = parse_endpoints(answer.body, each.selected_by->health, why);
  if (!endpoints) return why;
  host_.publish({.name = each.published, .revision = each.progress.revision(), .endpoints = std::move(*endpoints)});
  each.changed = clock::now();
  return {};
}

void watcher::failed(const std::string& what, const common::http_answer& answer, const std::string& why) {
  last_fault_ = why;
  const bool again = !failing_.insert(what).second;
  const bool newly_fails = !again && watches_.contains(what);
  if (answer.fault == common::http_fault::connect) withdraw_limit();
  // An agent that answers nothing but errors is as good as gone: Consul without a leader. Once may be a hiccup.
  const bool is_away = answer.fault == common::http_fault::connect || (again && nothing_works());
  const bool newly_away = is_away && !std::exchange(away_, true);
  if (newly_away) begin_outage();
  report_status();  // first: who learns that the state is unknown finds the reason there
  if (newly_fails) host_.unknown(what, why);
  if (newly_away) host_.unknown({}, why);
}

// The coroutine that asks about this service was ended by an exception, and begins again after a pause.
void watcher::interrupted(const watched_ptr& each, const std::string& why) {
  if (each && !each->gone) take(each, common::lost_answer(why), {});
}

// Who answers after an outage may have another state, and tells it service by service: the host must get all of it
// before it decides. A service whose blocking query is still under way has been watched all the time.
void watcher::begin_outage() {
  is_ready_ = false;
  for (const auto& [published, each] : watches_) {
    each->refused = 0;
    if (each->direct && !failing_.contains(published)) continue;
    each->progress.require_confirmation();
    set_heard(*each, false);
  }
}

// Readiness must not wait for a service that waiting does not make known: it is "unknown" for itself alone.
void watcher::judge_failure(watched_service& each, const common::http_answer& answer) {
  if (away_) return set_heard(each, false);
  if (answer.fault != common::http_fault::none || nothing_works()) return;
  ++each.refused;
  // A known service loses nothing by it, since its last state stays; twice, since the first answer may come from a
  // Consul that has no leader yet.
  const bool keeps_its_state = each.is_known && each.refused >= 2;
  if (!common::consul::is_refusal(answer) && !keeps_its_state) return;
  set_heard(each, true);
  become_ready();
}

void watcher::set_heard(watched_service& each, bool is_heard) {
  if (std::exchange(each.is_heard, is_heard) == is_heard) return;
  if (is_heard) --unheard_;
  else ++unheard_;
}

void watcher::worked(const std::string& what) {
  const bool was_failing = failing_.erase(what) > 0;
  if (away_) become_ready();
  if (was_failing) report_status();
}

bool watcher::nothing_works() const {
  if (watches_.empty()) return failing_.contains(catalog_watch);
  const auto fails = [this](const auto& each) { return failing_.contains(each.first); };
  return failing_.size() >= watches_.size() && std::ranges::all_of(watches_, fails);
}

// Does nothing while there is still something in the way.
void watcher::become_ready() {
  if (away_ && !nothing_works()) away_ = false;
  const auto is_heard = [this](const auto& each) { return catalogs_heard_.contains(each.first); };
  if (is_ready_ || away_ || unheard_ > 0 || !std::ranges::all_of(catalogs_, is_heard)) return;
  is_ready_ = true;
  report_status();
  host_.ready();
}

// The catalogue tells which services there are, and, for rotation, which may have changed.
void watcher::take_catalog(const selection& place, const catalog& now) {
  const auto key = place.place();
  auto& known = catalogs_known_[key];
  for (const auto& [name, tags] : now) {
    const auto before = known.find(name);
    if (before == known.end() || before->second != tags) suspect(name);
  }
  const auto left_out_before = std::exchange(left_out_[key], {});
  std::set<std::string> selected;
  for (const auto& each : settings_.services) {
    if (each.by_name() || each.place() != key) continue;
    for (const auto& [name, tags] : now) {
      if (name.size() > longest_name) {
        left_out_[key].insert(name);
        continue;
      }
      const bool matches = each.match ? std::regex_match(name, *each.match) : tags.contains(each.with_tag);
      if (!matches) continue;
      if (!common::consul::fits_path(name)) {
        left_out_[key].insert(name);
        continue;
      }
      selected.insert(name);
      add(each, name);
    }
  }
  for (const auto& [name, tags] : known) {
    if (!now.contains(name)) suspect(name);
    const auto found = watches_.find(name);
    if (found == watches_.end() || selected.contains(name)) continue;
    if (!found->second->selected_by->by_name() && found->second->selected_by->place() == key) drop(name);
  }
  known = now;
  if (left_out_[key] != left_out_before) report_status();
  something_changed();
  balance();
}

bool watcher::is_connection_limit(const common::http_answer& answer) const {
  return connection_limit::is_met_by(answer, away_ ? 0 : proven_connections());
}

// Goes on with the connections there are, for a while; then a few more are tried.
void watcher::lower_limit() {
  host_.count("connection_limit_resets_total", "Connections that the agent closed because of its limit per client.");
  last_fault_ =
      "Consul closed a new connection at once: its limits.http_max_conns_per_client (200 by default) is reached; "
      "lower the option 'connections', or raise that limit";
  limit_fault_ = last_fault_;
  limit_.lower(std::max(fewest_connections + catalogs_.size(), proven_connections()), clock::now());
  balance();
  report_status();
}

// An agent that refuses connections is gone, and its count of connections with it: the connection that was closed at
// once was closed by its end, and not by its limit.
void watcher::withdraw_limit() {
  if (!limit_.is_lowered()) return;
  limit_.withdraw();
  limit_fault_.clear();
  balance();
}

}  // namespace drcon::consul
