// The watcher as a whole: what is watched, which service gets a connection of its own, and what is reported.
#include "consul_http/watch_internal.hpp"

#include "common/consul_rules.hpp"
#include "common/count_of.hpp"
#include "common/short_text.hpp"

#include <drcon/url.hpp>

#include <algorithm>
#include <cstdio>
#include <set>
#include <utility>

namespace drcon::consul {
namespace {

constexpr std::size_t most_hints = 3;  // in the line of the status

std::map<std::string, const selection*> places_of(const settings& all) {
  std::map<std::string, const selection*> places;
  for (const auto& each : all.services) places.emplace(each.place(), &each);
  return places;
}

}  // namespace

watcher::watcher(settings settings, context host, asio::any_io_executor strand, spawner spawn)
    : settings_(std::move(settings)),
      places_(places_of(settings_)),
      host_(host),
      strand_(std::move(strand)),
      spawn_(std::move(spawn)),
      channels_({.executor = strand_,
                 .server = settings_.server,
                 .headers = common::consul::token_headers(settings_.token),
                 .choice = settings_.http,
                 .spawn = spawn_,
                 .changed = [this] { balance(); }}),
      limit_(settings_.connections.value_or(first_connections)),
      rotation_bucket_(settings_.rotation_rate, std::max(1.0, settings_.rotation_rate / 10)) {
  channels_.limit(limit_.allowed());
}

watcher::~watcher() = default;

asio::awaitable<void> watcher::run() {
  for (const auto& each : settings_.services) {
    if (each.by_name()) add(each, each.name);
    else catalogs_.emplace(each.place(), &each);
  }
  if (!std::exchange(is_started_, true)) {
    for (const auto& [key, each] : catalogs_) spawn_catalog_watch(*each);
    is_limit_known_ = settings_.connections.has_value();
    if (!is_limit_known_)
      spawn_([this] { return watch_agent_limit(); }, [this](const std::string&) { take_agent_limit(agent_limit_); });
    spawn_([this] { return probe_silent_agent(); },
           [this](const std::string& why) { other_failed(agent_probe, common::lost_answer(why), why); });
  }
  balance();
  co_await report_figures();
}

// ---- what is watched ----

void watcher::add(const selection& selected_by, const std::string& name) {
  const auto published = selected_by.as.empty() ? name : selected_by.as;
  if (watches_.contains(published)) return;  // chosen by name, or by an earlier entry
  auto made = std::make_shared<watched_service>();
  made->selected_by = &selected_by;
  made->name = name;
  made->published = published;
  watches_.emplace(published, made);
  watches_by_name_.emplace(name, made);
  readiness_.add(made->standing);
  rotation_.add_first(std::move(made));
}

void watcher::drop(const std::string& published) {
  const auto found = watches_.find(published);
  if (found == watches_.end()) return;
  found->second->gone = true;
  report_left_out(*found->second, {});
  note_portless(*found->second, false);
  note_hidden(*found->second, false);
  readiness_.remove(found->second->standing);
  rotation_.remove(found->second);
  // Its query is left to end by itself: Consul counts a connection until the query on it is over, even a closed one.
  const auto [first, last] = watches_by_name_.equal_range(found->second->name);
  watches_by_name_.erase(std::find_if(first, last, [&](const auto& each) { return each.second == found->second; }));
  watches_.erase(found);
  host_.withdraw(published);
}

bool watcher::too_many() const {
  return watches_.size() + catalogs_.size() + (rotation_runs_ ? queries_of_a_place * places_.size() : 0) > capacity();
}

std::size_t watcher::rotation_workers() const {
  return std::max<std::size_t>(1, std::min(most_rotation_workers, capacity() / 4));
}

// How many services may have a connection of their own.
std::size_t watcher::direct_capacity() const {
  auto reserved = catalogs_.size();
  if (too_many()) reserved += rotation_workers();
  if (too_many() || rotation_runs_) reserved += queries_of_a_place * places_.size();
  return capacity() > reserved ? capacity() - reserved : 0;
}

// After a change of the limit.
void watcher::allow_connections() {
  channels_.limit(limit_.allowed());
  balance();
}

// Gives waiting services a connection each, as far as connections go; the others take turns.
void watcher::balance() {
  while (slots_.size() > direct_capacity()) {
    auto last = slots_.back();
    slots_.pop_back();
    if (last->current && !last->current->gone) give_up_connection(last->current);
    last->current.reset();
    last->connection->close();
  }
  while (!rotation_.empty() && slots_.size() < direct_capacity()) {
    auto made = std::make_shared<slot>();
    made->connection = connection();
    made->current = rotation_.take_first();
    made->current->direct = true;
    slots_.push_back(made);
    spawn_([this, made] { return watch_directly(made); },
           [this, made](const std::string& why) { interrupted(made->current, why); });
  }
  // Until it is known how many connections there may be, and how many queries fit on one, the others need not take
  // turns: there may be room for all.
  if (rotation_.empty() || rotation_runs_ || !channels_.is_negotiated() || !is_limit_known_) return wake_rotation();
  rotation_runs_ = true;
  rotation_.begin_round(clock::now());
  spawn_rotation();
}

void watcher::spawn_rotation() {
  for (std::size_t i = 0; i < std::min(most_rotation_workers, channels_.capacity(limit_.most()) / 4); ++i)
    spawn_([this, i] { return rotate(i); },
           [this, i](const std::string& why) {
             const auto each = std::exchange(asked_in_turn_[i], nullptr);
             interrupted(each, why);
             if (!each || each->gone || each->direct) return;
             // Last, since its place follows from its failure: else it would wait as one that is known, for minutes.
             each->retry_at = clock::now() + settings_.retry_min;
             rotation_.add_last(each);
           });
  for (const auto& [key, each] : places_) {
    spawn_([this, place = *each] { return watch_checks(place); },
           [this](const std::string& why) { other_failed(checks_watch, common::lost_answer(why), why); });
    spawn_([this, place = *each] { return watch_node_list(place); },
           [this](const std::string& why) { other_failed(nodes_watch, common::lost_answer(why), why); });
    spawn_([this, place = *each] { return watch_nodes(place); },
           [this, key](const std::string&) {
             auto& place = nodes_[key];
             forget_nodes(place);
             place.timer = nullptr;
             place.turns.note_news();
             something_changed();
           });
    if (!catalogs_.contains(key)) spawn_catalog_watch(*each);
  }
}

void watcher::spawn_catalog_watch(const selection& place) {
  spawn_([this, place] { return watch_catalog(place); },
         [this, key = place.place()](const std::string& why) {
           catalogs_heard_.erase(key);
           other_failed(catalog_watch(key), common::lost_answer(why), why);
         });
}

// The service was watched until now, or was about to be: a change at this very moment may have been lost with its
// connection, and nothing suspects a service that has one.
void watcher::give_up_connection(const watched_ptr& each) {
  each->direct = false;
  rotation_.add_last(each);
  rotation_.suspect(each, clock::now());
}

// ---- what is reported ----

void watcher::count(const common::http_answer& answer) {
  if (answer.fault == common::http_fault::none) answered_ = clock::now();
  const char* result = "ok";
  if (answer.fault == common::http_fault::timeout) result = "timeout";
  else if (answer.fault != common::http_fault::none) result = "lost";
  else if (answer.status != 200) result = "refused";
  host_.count("requests_total",
              "Requests to the agent, by result: ok, timeout, lost (no answer), refused (a status other than 200).", 1,
              {{"result", result}});
}

void watcher::report_status() {
  std::string text;
  if (readiness_.in_outage()) {
    host_.status_away(last_fault_);
    return;
  }
  text = common::count_of(watches_.size(), "service");
  if (rotation_runs_) {
    char round[32];
    std::snprintf(round, sizeof round, "%.1f s", rotation_.round_seconds());
    text += ": " + std::to_string(slots_.size()) + " by blocking query, " + std::to_string(rotation_.size()) +
            " by rotation (last round " + round + ")";
    if (agent_limit_)
      text += ", " + common::count_of(limit_.most(), "connection") +
              (*agent_limit_ == 0 ? " though the agent allows any number"
                                  : " of the " + std::to_string(*agent_limit_) + " that the agent allows");
  }
  if (!backend_.empty()) text += "; Consul answers by " + backend_;
  std::set<std::string> left_out;
  for (const auto& [place, names] : left_out_) left_out.insert(names.begin(), names.end());
  host_.gauge("left_out_names", "Names of the catalogue that cannot be asked for, and are left out.",
              static_cast<double>(left_out.size()));
  if (!left_out.empty())
    text += "; " + common::count_of(left_out.size(), "name") + " of the catalogue cannot be asked for and " +
            (left_out.size() == 1 ? "is" : "are") +
            " left out: " + common::first_of(left_out, [](const std::string& name) {
              return url_encode_path(common::shortened(name, 60));
            });
  if (!portless_.empty())
    text += "; " + common::count_of(portless_.size(), "service") + (portless_.size() == 1 ? " has" : " have") +
            " no instance with the port that is asked for: " + common::first_of(portless_, [](const std::string& name) {
              return std::string(common::shortened(name, 60));
            });
  const auto shown = [](const std::string& name) { return std::string(common::shortened(name, 60)); };
  if (!hidden_.empty())
    text += "; Consul's ACLs hide part of " + common::first_of(hidden_, shown) +
            ": the token lacks service:read or node:read";
  for (const auto& [place, names] : nameless_)
    for (const auto& each : names)
      text += "; which services there are of " + each + " is not known, and what was served of them stays";
  std::size_t hints = 0;
  for (const auto& [published, hint] : unknown_names_)
    if (++hints <= most_hints) text += "; " + hint;
  if (hints > most_hints) text += " and " + std::to_string(hints - most_hints) + " more";
  if (const auto failing = readiness_.failing() + others_failing_.size(); failing > 0)
    host_.status_degraded(text + "; " +
                          (failing == 1 ? "1 query fails: " : std::to_string(failing) + " queries fail: ") +
                          (limit_.is_lowered() ? limit_fault_ : last_fault_));
  else if (limit_.is_lowered()) host_.status_degraded(text + "; " + limit_fault_);
  else if (!awaited_.text().empty()) host_.status_degraded(awaited_.text());
  else if (!left_out.empty() || !portless_.empty() || !hidden_.empty() || !unknown_names_.empty())
    host_.status_degraded(text);
  else host_.status_ok(text);
}

// Once a second: what the bound on connections costs in freshness.
asio::awaitable<void> watcher::report_figures() {
  for (;;) {
    const auto now = clock::now();
    host_.gauge("watched_services", "Services that are watched.", static_cast<double>(watches_.size()));
    host_.gauge("direct_watches", "Services with a blocking query of their own.", static_cast<double>(slots_.size()));
    host_.gauge("connections_open", "Connections to the agent.", static_cast<double>(channels_.open_connections()));
    host_.gauge("connections_allowed", "Connections that may be used at present.",
                static_cast<double>(limit_.allowed()));
    host_.gauge("staleness_seconds", "Age of the oldest knowledge of a service that may have changed since.",
                std::chrono::duration<double>(rotation_.staleness(now)).count());
    host_.gauge("rotation_seconds", "Duration of the last round of plain queries.", rotation_.round_seconds());
    if (limit_.raise(now)) allow_connections();
    if (readiness_.is_ready() || readiness_.in_outage()) report_status();
    co_await pause(std::chrono::seconds(1));
  }
}

}  // namespace drcon::consul
