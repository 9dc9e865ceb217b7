// What answers mean: what is published, what counts as a failure, and when the agent's limit on connections is met.
#include "consul_http/watch_internal.hpp"

#include "common/consul_rules.hpp"
#include "common/count_of.hpp"
#include "common/in_service.hpp"

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
    const auto found = each->progress.take(answer, asked.confirmed, !each->selected_by->is_query());
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
    each->last.reset();  // it is reported as unknown, so that the next answer has to be published
    failed(*each, answer, why);
    return verdict::failed;
  }
  if (asked.blocks) note_backend(answer);
  each->checked = asked.blocks ? clock::now() : asked.started;
  if (each->suspected_at <= asked.started) each->suspected = false;
  const bool was_failing = each->standing.is_failing;
  if (each->is_awaited && !awaited_.is_over()) readiness_.incomplete(each->standing);
  else readiness_.worked(each->standing);
  if (was_failing) report_status();
  something_works();
  note_hidden(*each, answer.header("x-consul-results-filtered-by-acls") == "true");
  return verdict::good;
}

// Consul 1.10 and later say what they answer blocking queries about services from; others are rare words, and not ours
// to make series of.
void watcher::note_backend(const common::http_answer& answer) {
  const auto word = answer.header("x-consul-query-backend");
  if (word != "streaming" && word != "blocking-query") return;
  backend_ = word;
  host_.count(
      "answers_by_backend_total",
      "Answers to blocking queries about services, by what Consul takes them from: streaming or blocking-query.", 1,
      {{"backend", word}});
}

// Each is reported once, and taken back when it is published, or gone. That one is critical is what the registry is
// for: it is kept for who asks, and no warning.
void watcher::report_left_out(watched_service& each, const std::vector<left_out_instance>& left_out) {
  const auto before = std::exchange(each.left_out, {});
  const left_out_instance* portless = nullptr;
  for (const auto& one : left_out) {
    each.left_out.emplace(one.id, one.why);
    if (const auto known = before.find(one.id); known != before.end() && known->second == one.why) continue;
    host_.refused(each.published, one.id, one.why);
    if (one.has_no_port) portless = &one;
  }
  for (const auto& [id, why] : before)
    if (!each.left_out.contains(id)) host_.refused(each.published, id, {});
  if (portless == nullptr) return;
  const auto count = std::ranges::count_if(left_out, &left_out_instance::has_no_port);
  host_.warn("leaves out " + common::count_of(static_cast<std::size_t>(count), "instance") + " of " + each.name + ": " +
             portless->id + ": " + portless->why);
}

// Most likely the name of the port is misspelt, and the service would lose everything.
void watcher::note_portless(const watched_service& each, bool is_portless) {
  const bool changed = is_portless ? portless_.insert(each.published).second : portless_.erase(each.published) > 0;
  if (changed) report_status();
}

// Consul answers without the instances that the token may not see, as if they were gone.
void watcher::note_hidden(const watched_service& each, bool is_hidden) {
  const bool changed = is_hidden ? hidden_.insert(each.published).second : hidden_.erase(each.published) > 0;
  if (!changed) return;
  if (is_hidden) host_.warn("Consul's ACLs hide part of " + each.name + ": the token lacks service:read or node:read");
  report_status();
}

// Without an index the body shows whether something has changed; but Consul shuffles what a prepared query answers, and
// the outputs of checks are in the body, too.
bool watcher::has_changed(watched_service& each, std::vector<endpoint>& now) {
  if (each.progress.has_index()) {
    each.last.reset();  // what is published from now on is not remembered
    return true;
  }
  std::ranges::sort(now, {}, &endpoint::id);
  if (each.last && *each.last == now) return false;
  each.last = now;
  return true;
}

// What is wrong with the answer; empty when it has been published.
std::string watcher::read(watched_service& each, const common::http_answer& answer) {
  std::string why;
  std::vector<left_out_instance> left_out;
  auto endpoints = parse_endpoints(answer.body, each.selected_by->health, why, settings_.details,
                                   each.selected_by->place_of_instance, &left_out,
                                   {.is_query = each.selected_by->is_query(), .peer = each.selected_by->peer});
  if (!endpoints) return why;
  each.is_empty = endpoints->empty();
  forget_unknown(each);
  note_portless(each, each.is_empty && std::ranges::any_of(left_out, &left_out_instance::has_no_port));
  if (each.selected_by->at_least > 0) {
    const auto before = awaited_.text();
    each.is_awaited = awaited_.must_wait(
        each.published, static_cast<std::size_t>(std::ranges::count_if(*endpoints, common::in_service)),
        each.selected_by->at_least);
    if (awaited_.text() != before) report_status();
  }
  const bool is_news = has_changed(each, *endpoints);
  if (is_news)
    host_.publish({.name = each.published, .revision = each.progress.revision(), .endpoints = std::move(*endpoints)});
  report_left_out(each, left_out);
  if (!is_news) return {};
  each.changed = clock::now();
  return {};
}

// The query about a service failed. The status is reported first: who learns that the state is unknown finds the reason
// there.
void watcher::failed(watched_service& each, const common::http_answer& answer, const std::string& why) {
  last_fault_ = why;
  const auto how = common::consul::kind_of(answer);
  const bool newly_fails = readiness_.failed(each.standing, how);
  const bool outage_begins = begin_outage(answer, !newly_fails);
  report_status();
  if (newly_fails) host_.unknown(each.published, why);
  if (outage_begins) host_.unknown({}, why);
  readiness_.judge(each.standing, how);
  become_ready();
}

// The query about a catalogue, or about checks, failed.
void watcher::other_failed(const std::string& what, const common::http_answer& answer, const std::string& why) {
  last_fault_ = why;
  const bool failed_before = !others_failing_.insert(what).second;
  const bool outage_begins = begin_outage(answer, failed_before);
  report_status();
  if (outage_begins) host_.unknown({}, why);
}

void watcher::other_worked(const std::string& what) {
  const bool was_failing = others_failing_.erase(what) > 0;
  if (!nothing_works()) readiness_.end_outage();
  if (was_failing) report_status();
  become_ready();
}

// The coroutine that asks about this service was ended by an exception, and begins again after a pause.
void watcher::interrupted(const watched_ptr& each, const std::string& why) {
  if (each && !each->gone) take(each, common::lost_answer(why), {});
}

// Whether the agent became unreachable with this failure. An agent that answers nothing but errors is as good as gone:
// Consul without a leader. Once may be a hiccup. What the agent reports afterwards comes service by service, and is
// gathered as at the start. A service whose blocking query is still under way has been watched all the time.
bool watcher::begin_outage(const common::http_answer& answer, bool failed_before) {
  if (answer.fault != common::http_fault::connect && !(failed_before && nothing_works())) return false;
  withdraw_limit();
  if (!readiness_.begin_outage()) return false;
  for (const auto& [published, each] : watches_) {
    if (each->direct && !each->standing.is_failing) continue;
    each->progress.require_confirmation();
    readiness_.hear_again(each->standing);
    rotation_.ask_again(each);
  }
  return true;
}

bool watcher::nothing_works() const {
  if (!watches_.empty()) return readiness_.all_fail();
  return std::ranges::all_of(catalogs_,
                             [this](const auto& each) { return others_failing_.contains(catalog_watch(each.first)); });
}

// After a good answer, and after the services that it removes are gone: they may have been the last that failed.
void watcher::something_works() {
  if (!nothing_works()) readiness_.end_outage();
  become_ready();
}

// Does nothing while there is still something in the way.
void watcher::become_ready() {
  settle_names();
  const auto is_heard = [this](const auto& each) {
    return catalogs_heard_.contains(each.first) || nameless_.contains(each.first);
  };
  if (!readiness_.become_ready(std::ranges::all_of(catalogs_, is_heard))) return;
  awaited_.end();
  report_status();
  host_.ready();
  if (!std::exchange(names_looked_up_, true))
    spawn_([this] { return look_for_unknown_names(); }, [](const std::string&) {});
}

}  // namespace drcon::consul
