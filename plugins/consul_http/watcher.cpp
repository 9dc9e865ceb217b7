#include "consul_http/watcher.hpp"

#include "consul_http/query.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace drcon::consul {
namespace {

namespace asio = boost::asio;
constexpr auto token = asio::as_tuple(asio::use_awaitable);

constexpr std::size_t most_rotation_workers =
    20;  // an agent answers about as many plain queries at once as it has cores
constexpr auto limit_holds_for =
    std::chrono::seconds(30);                    // before connections beyond the agent's limit are tried again
constexpr std::size_t fewest_connections = 4;    // catalogue, checks, one that takes turns, and one to spare
constexpr std::size_t longest_name = 512;        // std::regex recurses: a name of 100 kB would exhaust the stack
constexpr auto doubt = std::chrono::seconds(1);  // an answer that was on its way when its connection was taken away
constexpr double answers_per_second = 10;  // of one blocking query, beyond a burst: a check that flaps must not spin us
constexpr double burst = 5;
const std::string checks_watch = "(checks)";
const std::string catalog_watch = "(catalog)";

}  // namespace

struct watcher::watch {
  const selection* from = nullptr;
  std::string name;
  std::string published;
  std::uint64_t index = 0;  // 0: the next query is a plain one
  bool told = false;
  bool gone = false;
  bool direct = false;
  bool suspected = false;
  bool failing = false;
  clock::time_point retry_at{};  // while failing, in rotation
  bool fresh_only = false;       // a stale answer was too old: ask the leader
  clock::time_point checked{};
  clock::time_point changed{};
  bucket answers{answers_per_second, burst};
};

// A timer that wake_rotation() may end early; it is off the list however its wait ends.
class watcher::idle_wait {
public:
  idle_wait(std::vector<asio::steady_timer*>& all, asio::steady_timer& timer) : all_(all), timer_(timer) {
    all_.push_back(&timer_);
  }
  ~idle_wait() { std::erase(all_, &timer_); }
  idle_wait(const idle_wait&) = delete;
  idle_wait& operator=(const idle_wait&) = delete;

private:
  std::vector<asio::steady_timer*>& all_;
  asio::steady_timer& timer_;
};

struct watcher::slot {
  std::shared_ptr<common::http_connection> connection;
  watch_ptr current;
  watch_ptr next;  // takes the place of current when its query is over
};

watcher::watcher(settings from, context host, asio::any_io_executor strand, spawner spawn)
    : settings_(std::move(from)),
      host_(host),
      strand_(std::move(strand)),
      spawn_(std::move(spawn)),
      allowed_(settings_.connections),
      rotation_bucket_(settings_.rotation_rate, std::max(1.0, settings_.rotation_rate / 10)) {}

watcher::~watcher() = default;

std::shared_ptr<common::http_connection> watcher::connection() {
  std::vector<common::http_header> headers;
  if (!settings_.token.empty()) headers.push_back({"X-Consul-Token", settings_.token});
  auto made = std::make_shared<common::http_connection>(strand_, settings_.server, std::move(headers));
  std::erase_if(connections_, [](const auto& each) { return each.expired(); });
  connections_.push_back(made);
  return made;
}

std::size_t watcher::proven_connections() const {
  return static_cast<std::size_t>(std::ranges::count_if(connections_, [](const auto& each) {
    const auto held = each.lock();
    return held && held->is_proven();
  }));
}

asio::awaitable<void> watcher::run() {
  for (const auto& each : settings_.services) {
    if (each.by_name()) add(each, each.name);
    else catalogs_.emplace(each.place(), &each);
  }
  for (const auto& [key, each] : catalogs_) spawn_(watch_catalog(*each));
  balance();
  co_await show_figures();
}

// ---- what is watched ----

void watcher::add(const selection& from, const std::string& name) {
  const auto published = from.as.empty() ? name : from.as;
  if (watches_.contains(published)) return;  // chosen by name, or by an earlier entry
  auto made = std::make_shared<watch>();
  made->from = &from;
  made->name = name;
  made->published = published;
  watches_.emplace(published, made);
  rotating_.push_front(std::move(made));
  ++untold_;
}

void watcher::drop(const std::string& published) {
  const auto at = watches_.find(published);
  if (at == watches_.end()) return;
  at->second->gone = true;
  if (!at->second->told) --untold_;
  rotating_.remove(at->second);
  // Its query is left to end by itself: Consul counts a connection until the query on it is over, even a closed one.
  failing_.erase(published);
  watches_.erase(at);
  host_.withdraw(published);
}

bool watcher::too_many() const {
  return watches_.size() + catalogs_.size() + (rotation_runs_ ? 2 * places().size() : 0) > allowed_;
}

std::size_t watcher::rotation_workers() const {
  return std::max<std::size_t>(1, std::min(most_rotation_workers, allowed_ / 4));
}

// How many services may have a connection of their own.
std::size_t watcher::direct_capacity() const {
  auto reserved = catalogs_.size();
  if (too_many()) reserved += rotation_workers();
  if (too_many() || rotation_runs_) reserved += 2 * places().size();
  return allowed_ > reserved ? allowed_ - reserved : 0;
}

// Gives services that wait a connection, as far as they go, and sees to the rest by rotation.
void watcher::balance() {
  while (slots_.size() > direct_capacity()) {
    auto last = slots_.back();
    slots_.pop_back();
    if (last->current && !last->current->gone) give_up_place(last->current);
    last->current.reset();
    last->connection->close();
  }
  while (!rotating_.empty() && slots_.size() < direct_capacity()) {
    auto made = std::make_shared<slot>();
    made->connection = connection();
    made->current = rotating_.front();
    made->current->direct = true;
    rotating_.pop_front();
    slots_.push_back(made);
    spawn_(watch_directly(made));
  }
  if (rotating_.empty() || rotation_runs_) return wake_rotation();
  rotation_runs_ = true;
  round_start_ = clock::now();
  for (std::size_t i = 0; i < std::min(most_rotation_workers, settings_.connections / 4); ++i) spawn_(rotate(i));
  for (const auto& [key, each] : places()) {
    spawn_(watch_checks(*each));
    if (!catalogs_.contains(key)) spawn_(watch_catalog(*each));
  }
}

std::map<std::string, const selection*> watcher::places() const {
  std::map<std::string, const selection*> all;
  for (const auto& each : settings_.services) all.emplace(each.place(), &each);
  return all;
}

// It was watched until now, and what changed at this very moment may have been lost with its connection.
void watcher::give_up_place(const watch_ptr& each) {
  each->direct = false;
  each->checked = clock::now() - doubt;
  rotating_.push_back(each);
}

// ---- coroutines ----

asio::awaitable<void> watcher::pause(clock::duration length) {
  asio::steady_timer timer(strand_, length);
  co_await timer.async_wait(asio::use_awaitable);
}

// Doubling from retry_min to retry_max, half of it by chance: what failed together does not come back together.
asio::awaitable<void> watcher::back_off(int failures) {
  auto step = settings_.retry_min;
  for (int i = 1; i < failures && step < settings_.retry_max; ++i) step *= 2;
  step = std::min(step, settings_.retry_max);
  std::uniform_int_distribution<std::int64_t> chance(step.count() / 2, step.count());
  co_await pause(std::chrono::nanoseconds(chance(random_)));
}

asio::awaitable<void> watcher::watch_directly(slot_ptr mine) {
  int failures = 0;
  // A slot whose place was taken away has no watch any more; it ends.
  while (mine->current) {
    const auto each = mine->current;
    if (const auto next = std::exchange(mine->next, nullptr); next && !next->gone && !next->direct && !each->gone) {
      rotating_.remove(next);
      next->direct = true;
      give_up_place(std::exchange(mine->current, next));
      continue;
    }
    if (each->gone) {
      mine->current.reset();
      if (!rotating_.empty()) {
        mine->current = rotating_.front();
        mine->current->direct = true;
        rotating_.pop_front();
      }
      continue;
    }
    const auto asked = each->index == 0 ? std::optional<std::uint64_t>() : each->index;
    const auto started = clock::now();
    const auto target = service_target(settings_, *each->from, each->name, asked, !each->fresh_only);
    const auto answer = co_await mine->connection->get(target, query_timeout(settings_.wait));
    if (mine->current != each || each->gone) continue;  // its place was given to another meanwhile
    count(answer);
    if (is_connection_limit(answer)) {
      each->direct = false;
      rotating_.push_front(std::exchange(mine->current, nullptr));
      slots_.remove(mine);
      limit_hit();
      co_return;
    }
    if (take(each, answer, asked, started)) {
      failures = 0;
      const auto wait = each->answers.take(clock::now());
      if (wait > clock::duration::zero()) co_await pause(wait);
    } else {
      co_await back_off(++failures);
    }
  }
  slots_.remove(mine);
}

asio::awaitable<void> watcher::rotate(std::size_t number) {
  const auto mine = connection();
  asio::steady_timer timer(strand_);
  int failures = 0;
  for (;;) {
    clock::duration wait = std::chrono::seconds(1);
    const bool may_work = too_many() && number < rotation_workers();
    const auto each = may_work ? next_due(clock::now(), wait) : nullptr;
    if (!each) {
      if (!may_work) mine->close();
      timer.expires_after(wait);
      const idle_wait on_list(idle_, timer);
      co_await timer.async_wait(token);
      continue;
    }
    const auto delay = rotation_bucket_.take(clock::now());
    if (delay > clock::duration::zero()) co_await pause(delay);
    const auto started = clock::now();
    const auto target = service_target(settings_, *each->from, each->name, {}, !each->fresh_only);
    const auto answer = co_await mine->get(target, query_timeout({}));
    count(answer);
    const bool limited = is_connection_limit(answer);
    const auto before = each->index;
    const bool told = each->told;
    const bool good = !each->gone && !limited && take(each, answer, {}, started);
    if (!each->gone && !each->direct) rotating_.push_back(each);
    if (good) {
      failures = 0;
      if (told && before != 0 && each->index != before) promote(each);
      continue;
    }
    if (limited) limit_hit();
    if (each->gone) continue;
    each->retry_at = clock::now() + settings_.retry_min;
    co_await back_off(++failures);
  }
}

asio::awaitable<void> watcher::watch_catalog(selection place) {
  const auto mine = connection();
  bucket answers(answers_per_second, burst);
  std::uint64_t index = 0;
  bool told = false;
  bool may_be_stale = true;
  int failures = 0;
  for (;;) {
    const auto asked = index == 0 ? std::optional<std::uint64_t>() : index;
    const auto target = catalog_target(settings_, place, asked, may_be_stale);
    const auto answer = co_await mine->get(target, query_timeout(settings_.wait));
    count(answer);
    const bool asked_stale = may_be_stale && settings_.consistency == consistency::stale;
    auto why = fault_of(answer, settings_, asked_stale).value_or(std::string());
    may_be_stale = why.empty() || answer.status != 200 || !asked_stale;
    const auto now = why.empty() ? parse_catalog(answer.body, why) : std::nullopt;
    if (!now) {
      index = 0;
      if (is_connection_limit(answer)) limit_hit();
      failed(catalog_watch, answer, why);
      co_await back_off(++failures);
      continue;
    }
    failures = 0;
    worked(catalog_watch);
    const auto next = next_index(index, answer.header("x-consul-index"));
    if (next != index || !told) take_catalog(place, *now);
    index = next;
    if (!std::exchange(told, true) && catalogs_.contains(place.place())) ++catalogs_told_;
    become_ready();
    const auto wait = answers.take(clock::now());
    if (wait > clock::duration::zero()) co_await pause(wait);
  }
}

// Some check changed somewhere: which ones went critical or warning, or came back, names the first suspects.
asio::awaitable<void> watcher::watch_checks(selection place) {
  const auto mine = connection();
  bucket answers(answers_per_second, burst);
  std::uint64_t index = 0;
  int failures = 0;
  std::map<std::string, checks> known;
  for (;;) {
    const auto asked = index == 0 ? std::optional<std::uint64_t>() : index;
    const auto answer = co_await mine->get(any_check_target(settings_, place, asked), query_timeout(settings_.wait));
    count(answer);
    if (const auto why = fault_of(answer, settings_, false)) {
      index = 0;
      if (is_connection_limit(answer)) limit_hit();
      failed(checks_watch, answer, *why);
      co_await back_off(++failures);
      continue;
    }
    failures = 0;
    worked(checks_watch);
    const auto next = next_index(index, answer.header("x-consul-index"));
    if (std::exchange(index, next) == next) continue;
    something_changed();
    for (const auto& state : {"critical", "warning"}) {
      const auto listed = co_await mine->get(state_target(settings_, place, state), query_timeout({}));
      const auto now = listed.status == 200 ? parse_checks(listed.body) : std::nullopt;
      if (!now) continue;
      for (const auto& [check, service] : *now)
        if (!known[state].contains(check)) suspect(service);
      for (const auto& [check, service] : known[state])
        if (!now->contains(check)) suspect(service);
      known[state] = *now;
    }
    wake_rotation();
    const auto wait = answers.take(clock::now());
    if (wait > clock::duration::zero()) co_await pause(wait);
  }
}

// ---- what answers mean ----

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
  const bool fails_anew = failing_.insert(what).second && watches_.contains(what);
  const bool away_anew = answer.fault == common::http_fault::connect && !std::exchange(away_, true);
  if (away_anew) ready_told_ = false;
  show_status();  // first: who learns that the state is unknown finds the reason there
  if (fails_anew) host_.unknown(what, why);
  if (away_anew) host_.unknown({}, why);
}

void watcher::worked(const std::string& what) {
  const bool was_failing = failing_.erase(what) > 0;
  if (std::exchange(away_, false)) become_ready();
  if (was_failing) show_status();
}

void watcher::become_ready() {
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

// ---- rotation ----

// The service whose turn it is; or null, and how long until there may be one.
watcher::watch_ptr watcher::next_due(clock::time_point now, clock::duration& wait) {
  wait = std::chrono::seconds(1);
  if (rotating_.empty()) return nullptr;
  const auto is_due = [&](const watch_ptr& each) {
    if (each->retry_at > now) return false;
    return !each->told || each->suspected || each->failing || each->checked < last_change_ ||
           now - each->checked >= settings_.rotation_max_age;
  };
  const auto due = std::ranges::find_if(rotating_, is_due);
  if (due == rotating_.end()) {
    if (round_start_ != clock::time_point{})
      round_seconds_ = std::chrono::duration<double>(now - std::exchange(round_start_, clock::time_point{})).count();
    return nullptr;
  }
  auto each = *due;
  rotating_.erase(due);
  return each;
}

void watcher::suspect(const std::string& service) {
  const auto at = watches_.find(service);
  if (at == watches_.end() || at->second->direct || at->second->suspected) return;
  const auto place = std::ranges::find(rotating_, at->second);
  if (place == rotating_.end()) return;  // it is being asked about right now
  at->second->suspected = true;
  rotating_.splice(rotating_.begin(), rotating_, place);
}

void watcher::something_changed() {
  last_change_ = clock::now();
  if (round_start_ == clock::time_point{}) round_start_ = last_change_;
  wake_rotation();
}

void watcher::wake_rotation() {
  for (auto* each : idle_) each->cancel();
}

// A service that changes is likely to change again: it gets the place of the one that has been quiet for longest.
void watcher::promote(const watch_ptr& each) {
  if (slots_.empty() || !promotion_bucket_.try_take(clock::now())) return;
  const auto quiet_since = [](const slot_ptr& one) {
    return one->current && !one->next ? one->current->changed : clock::time_point::max();
  };
  const auto quietest = *std::ranges::min_element(slots_, {}, quiet_since);
  // Its query is not cut off: Consul counts the connection until the query's own end, and would soon refuse new ones.
  if (quiet_since(quietest) < each->changed) quietest->next = each;
}

// ---- what is shown ----

void watcher::count(const common::http_answer& answer) const {
  const char* result = "ok";
  if (answer.fault == common::http_fault::timeout) result = "timeout";
  else if (answer.fault != common::http_fault::none) result = "lost";
  else if (answer.status != 200) result = "refused";
  host_.count("requests_total", "Requests to the agent, by result.", 1, {{"result", result}});
}

void watcher::show_status() {
  std::string text;
  if (away_) {
    host_.status_away(last_fault_ + "; " + std::to_string(watches_.size()) + " services stay as they were");
    return;
  }
  text = std::to_string(watches_.size()) + " services";
  if (rotation_runs_) {
    char round[32];
    std::snprintf(round, sizeof round, "%.1f s", round_seconds_);
    text += ": " + std::to_string(slots_.size()) + " by blocking query, " + std::to_string(rotating_.size()) +
            " by rotation (last round " + round + ")";
  }
  if (!failing_.empty())
    host_.status_degraded(text + "; " + std::to_string(failing_.size()) + " queries fail: " + last_fault_);
  else if (allowed_ < settings_.connections) host_.status_degraded(text + "; " + limit_fault_);
  else host_.status_ok(text);
}

// Once a second: what the bound on connections costs in freshness.
asio::awaitable<void> watcher::show_figures() {
  for (;;) {
    const auto now = clock::now();
    clock::duration stalest{};
    std::size_t open = 0;
    for (const auto& each : rotating_)
      if (each->told && each->checked < last_change_) stalest = std::max(stalest, now - each->checked);
    for (const auto& each : connections_)
      if (const auto held = each.lock()) open += held->is_open() ? 1 : 0;
    host_.gauge("watched_services", "Services that are watched.", static_cast<double>(watches_.size()));
    host_.gauge("direct_watches", "Services with a blocking query of their own.", static_cast<double>(slots_.size()));
    host_.gauge("connections_open", "Connections to the agent.", static_cast<double>(open));
    host_.gauge("staleness_seconds", "Age of the oldest knowledge of a service that may have changed since.",
                std::chrono::duration<double>(stalest).count());
    host_.gauge("rotation_seconds", "Duration of the last round of plain queries.", round_seconds_);
    raise_limit();
    if (ready_told_ || away_) show_status();
    co_await pause(std::chrono::seconds(1));
  }
}

}  // namespace drcon::consul
