// What answers mean: what is published, what counts as a failure, and when the agent's limit on connections is met.
#include "consul_http/watch_parts.hpp"

#include "common/consul_rules.hpp"

#include <algorithm>
#include <utility>

namespace drcon::consul {

using common::consul::next_index;

// True when the answer was good. Publishes first; everything else can wait.
bool watcher::take(const watched_ptr& each, const common::http_answer& answer, std::optional<std::uint64_t> asked,
                   clock::time_point started) {
  const bool asked_stale = settings_.consistency == consistency::stale && !each->fresh_only;
  auto why = fault_of(answer, settings_, asked_stale).value_or(std::string());
  if (!why.empty() && answer.status == 200 && asked_stale) each->fresh_only = true;
  if (why.empty()) {
    const auto next = next_index(each->index, answer.header("x-consul-index"));
    // A blocking query that ran out, or a plain one at the same index: nothing to read.
    const bool same = each->is_known && next == each->index && !failing_.contains(each->published);
    if (host_.log_enabled(DRCON_LOG_DEBUG))
      host_.debug(each->name + ": index " + std::to_string(next) + ", before " + std::to_string(each->index) +
                  (same ? ", nothing new" : ", read"));
    if (!same) {
      auto endpoints = parse_endpoints(answer.body, each->selected_by->health, why);
      if (endpoints) {
        host_.publish({.name = each->published, .revision = next, .endpoints = std::move(*endpoints)});
        each->changed = clock::now();
      }
    }
    if (why.empty()) {
      each->index = next;
      each->checked = asked ? clock::now() : started;
      each->fresh_only = false;
      each->suspected = false;
      each->failing = false;
    }
  }
  if (!why.empty()) {
    // Who answers next may count anew: an index above its own would block for the whole wait.
    each->index = 0;
    each->failing = true;
    failed(each->published, answer, why);
    return false;
  }
  worked(each->published);
  if (!std::exchange(each->is_known, true)) {
    --unknown_;
    become_ready();
  }
  if (answer.header("x-consul-results-filtered-by-acls") == "true" && each->changed >= started)
    host_.warn("Consul's ACLs hid part of the answer for " + each->name);
  return true;
}

void watcher::failed(const std::string& what, const common::http_answer& answer, const std::string& why) {
  last_fault_ = why;
  const bool again = !failing_.insert(what).second;
  const bool newly_fails = !again && watches_.contains(what);
  // An agent that answers nothing but errors is as good as gone: Consul without a leader. Once may be a hiccup.
  const bool is_away = answer.fault == common::http_fault::connect || (again && nothing_works());
  const bool newly_away = is_away && !std::exchange(away_, true);
  if (newly_away) is_ready_ = false;
  report_status();  // first: who learns that the state is unknown finds the reason there
  if (newly_fails) host_.unknown(what, why);
  if (newly_away) host_.unknown({}, why);
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
  if (is_ready_ || away_ || unknown_ > 0 || catalogs_read_ < catalogs_.size()) return;
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
  std::set<std::string> selected;
  for (const auto& each : settings_.services) {
    if (each.by_name() || each.place() != key) continue;
    for (const auto& [name, tags] : now) {
      if (name.size() > longest_name) continue;
      const bool matches = each.match ? std::regex_match(name, *each.match) : tags.contains(each.with_tag);
      if (!matches) continue;
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

}  // namespace drcon::consul
