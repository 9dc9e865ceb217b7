// What answers mean: what is told of it, what counts as a failure, and how the agent's limit on connections is met.
#include "consul_http/watcher_parts.hpp"

#include "common/consul_rules.hpp"

#include <algorithm>
#include <utility>

namespace drcon::consul {

using common::consul::next_index;

// True when the answer was good. Publishes first; everything else can wait.
bool watcher::take(const watch_ptr& each, const common::http_answer& answer, std::optional<std::uint64_t> asked,
                   clock::time_point started) {
  const bool asked_stale = settings_.consistency == consistency::stale && !each->fresh_only;
  auto why = fault_of(answer, settings_, asked_stale).value_or(std::string());
  if (!why.empty() && answer.status == 200 && asked_stale) each->fresh_only = true;
  if (why.empty()) {
    const auto next = next_index(each->index, answer.header("x-consul-index"));
    // A blocking query that ran out, or a plain one at the same index: nothing to read.
    const bool same = each->told && next == each->index && !failing_.contains(each->published);
    if (host_.log_enabled(DRCON_LOG_DEBUG))
      host_.debug(each->name + ": index " + std::to_string(next) + ", before " + std::to_string(each->index) +
                  (same ? ", nothing new" : ", read"));
    if (!same) {
      auto endpoints = parse_endpoints(answer.body, each->from->health, why);
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
  if (!std::exchange(each->told, true)) {
    --untold_;
    become_ready();
  }
  if (answer.header("x-consul-results-filtered-by-acls") == "true" && each->changed >= started)
    host_.warn("Consul's ACLs hid part of the answer for " + each->name);
  return true;
}

void watcher::failed(const std::string& what, const common::http_answer& answer, const std::string& why) {
  last_fault_ = why;
  const bool again = !failing_.insert(what).second;
  const bool fails_anew = !again && watches_.contains(what);
  // An agent that answers nothing but errors is as good as gone: Consul without a leader. Once may be a hiccup.
  const bool is_away = answer.fault == common::http_fault::connect || (again && nothing_works());
  const bool away_anew = is_away && !std::exchange(away_, true);
  if (away_anew) ready_told_ = false;
  show_status();  // first: who learns that the state is unknown finds the reason there
  if (fails_anew) host_.unknown(what, why);
  if (away_anew) host_.unknown({}, why);
}

void watcher::worked(const std::string& what) {
  const bool was_failing = failing_.erase(what) > 0;
  if (away_) become_ready();
  if (was_failing) show_status();
}

bool watcher::nothing_works() const {
  if (watches_.empty()) return failing_.contains(catalog_watch);
  const auto fails = [this](const auto& each) { return failing_.contains(each.first); };
  return failing_.size() >= watches_.size() && std::ranges::all_of(watches_, fails);
}

// Does nothing while there is still something in the way.
void watcher::become_ready() {
  if (away_ && !nothing_works()) away_ = false;
  if (ready_told_ || away_ || untold_ > 0 || catalogs_told_ < catalogs_.size()) return;
  ready_told_ = true;
  show_status();
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
  std::set<std::string> wanted;
  for (const auto& from : settings_.services) {
    if (from.by_name() || from.place() != key) continue;
    for (const auto& [name, tags] : now) {
      if (name.size() > longest_name) continue;
      const bool matches = from.match ? std::regex_match(name, *from.match) : tags.contains(from.with_tag);
      if (!matches) continue;
      wanted.insert(name);
      add(from, name);
    }
  }
  for (const auto& [name, tags] : known) {
    if (!now.contains(name)) suspect(name);
    const auto at = watches_.find(name);
    if (at == watches_.end() || wanted.contains(name)) continue;
    if (!at->second->from->by_name() && at->second->from->place() == key) drop(name);
  }
  known = now;
  something_changed();
  balance();
}

// The agent closed a new connection without a word while it answers others: its limit of connections per client.
bool watcher::is_connection_limit(const common::http_answer& answer) const {
  if (answer.status == 429 && answer.body.find("concurrent connections") != std::string::npos) return true;
  if (answer.fault != common::http_fault::closed_early || away_) return false;
  return proven_connections() > 0;
}

// Makes do with the connections there are, for a while; then a few more are tried.
void watcher::limit_hit() {
  host_.count("connection_limit_resets_total", "Connections that the agent closed because of its limit per client.");
  last_fault_ =
      "Consul closed a new connection at once: its limits.http_max_conns_per_client (200 by default) is reached; "
      "lower the option 'connections', or raise that limit";
  limit_fault_ = last_fault_;
  const auto open = std::max(fewest_connections + catalogs_.size(), proven_connections());
  allowed_ = std::min(allowed_, open);
  limit_since_ = clock::now();
  balance();
  show_status();
}

void watcher::raise_limit() {
  if (allowed_ == settings_.connections || clock::now() - limit_since_ < limit_holds_for) return;
  limit_since_ = clock::now();
  allowed_ = std::min(settings_.connections, allowed_ + std::max<std::size_t>(4, allowed_ / 2));
  balance();
}

}  // namespace drcon::consul
