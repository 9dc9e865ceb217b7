#include "consul_kv/watch.hpp"

#include "common/backoff.hpp"
#include "common/consul_rules.hpp"
#include "common/http_client.hpp"
#include "consul_kv/answer.hpp"

#include <drcon/url.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>
#include <vector>

namespace drcon::consul_kv {

namespace asio = boost::asio;
using common::consul::query_progress;

namespace {

constexpr unsigned not_there = 404;  // no such key, or none with this prefix

}  // namespace

watcher::watcher(settings settings, context host, asio::any_io_executor strand, spawner spawn)
    : settings_(std::move(settings)), host_(host), strand_(std::move(strand)), spawn_(std::move(spawn)) {}

asio::awaitable<void> watcher::run() {
  for (const auto& each : settings_.keys) readiness_.add(standings_[each.as]);
  for (const auto& each : settings_.keys)
    spawn_([this, &each] { return watch(each); },
           [this, &each](const std::string& why) { failed(each, common::lost_answer(why), why); });
  co_return;
}

std::string watcher::target_of(const selection& entry, const query_progress& progress) const {
  const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(settings_.wait).count();
  auto target = "/v1/kv/" + url_encode_path(entry.path);
  target += "?index=" + std::to_string(progress.index().value_or(0)) + "&wait=" + std::to_string(wait) + "ms";
  if (progress.needs_confirmation()) target += "&consistent";
  if (entry.is_prefix) target += "&recurse";
  if (!entry.datacenter.empty()) target += "&dc=" + url_encode(entry.datacenter);
  return settings_.scope.empty() ? target : target + "&" + settings_.scope;
}

asio::awaitable<void> watcher::watch(const selection& entry) {
  common::http_connection connection(strand_, settings_.server, common::consul::token_headers(settings_.token));
  common::backoff backoff(std::chrono::milliseconds(250), settings_.retry_max);
  common::bucket answers(common::consul::answers_per_second, common::consul::answer_burst);
  asio::steady_timer timer(strand_);
  query_progress progress;
  for (;;) {
    const auto answer =
        co_await connection.get(target_of(entry, progress), common::consul::query_timeout(settings_.wait));
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) co_return;
    const auto why = take(entry, answer, progress);
    std::chrono::nanoseconds pause{};
    if (why.empty()) {
      backoff.reset();
      pause = common::consul::pause_after(answers, progress);
    } else {
      progress.failed();
      failed(entry, answer, why);
      pause = backoff.next();
    }
    if (pause == std::chrono::nanoseconds::zero()) continue;
    timer.expires_after(pause);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

// What is wrong with the answer; empty when it has been published, holds nothing new, or has to be confirmed first.
std::string watcher::take(const selection& entry, const common::http_answer& answer, query_progress& progress) {
  if (const auto fault = common::consul::fault_of(answer, "key:read, and key:list for prefixes", not_there))
    return *fault;
  const auto news = progress.take(answer, progress.needs_confirmation());
  if (news == query_progress::news::unconfirmed) return {};
  if (news == query_progress::news::changed)
    if (const auto why = read(entry, answer, progress.revision()); !why.empty()) return why;
  worked(entry);
  return {};
}

std::string watcher::read(const selection& entry, const common::http_answer& answer, std::uint64_t revision) {
  std::string why;
  const auto values =
      answer.status == not_there ? std::map<std::string, std::string>() : read_entries(answer.body, entry, why);
  if (!values) return why;
  const bool was_missing = missing_.erase(entry.as) > 0;
  if (values->empty()) publish_nothing(entry);
  else host_.publish({.name = entry.as, .revision = revision, .endpoints = {}, .values = *values});
  if (was_missing && !values->empty()) report_status();
  return {};
}

// The status comes first: whoever learns that an entry is unknown finds the reason there.
void watcher::publish_nothing(const selection& entry) {
  if (entry.absence != absence::normal) {
    missing_[entry.as] = why_missing(entry);
    report_status();
  }
  if (entry.absence == absence::awaited) host_.unknown(entry.as, missing_[entry.as]);
  else host_.withdraw(entry.as);
}

std::string watcher::why_missing(const selection& entry) const {
  const auto what = (entry.is_prefix ? "Consul has no key below " : "Consul has no key ") + entry.path;
  if (entry.absence == absence::reported) return what;
  return what + (was_ready_ ? ", which is required; its last value is kept" : ", which is required; waiting for it");
}

void watcher::worked(const selection& entry) {
  auto& standing = standings_[entry.as];
  const bool was_failing = failures_.erase(entry.as) > 0;
  const bool is_new = !standing.is_heard;
  if (entry.absence == absence::awaited && missing_.contains(entry.as) && !was_ready_) readiness_.incomplete(standing);
  else readiness_.worked(standing);
  if (was_failing || is_new) report_status();
  become_ready();
}

// The status comes first: whoever learns that an entry is unknown finds the reason there.
void watcher::failed(const selection& entry, const common::http_answer& answer, const std::string& why) {
  failures_[entry.as] = why;
  auto& standing = standings_[entry.as];
  const auto how = common::consul::kind_of(answer);
  readiness_.failed(standing, how);
  const bool outage_begins = readiness_.all_fail() && readiness_.begin_outage();
  report_status();
  host_.unknown(entry.as, why);
  if (outage_begins) host_.unknown({}, why);
  readiness_.judge(standing, how);
  become_ready();
}

void watcher::become_ready() {
  if (!readiness_.become_ready()) return;
  was_ready_ = true;
  host_.ready();
}

void watcher::report_status() {
  if (failures_.empty() && missing_.empty())
    return host_.status_ok(std::to_string(settings_.keys.size()) +
                           (settings_.keys.size() == 1 ? " entry" : " entries"));
  if (failures_.empty()) {
    const auto more = missing_.size() - 1;
    return host_.status_degraded(missing_.begin()->second +
                                 (more == 0 ? "" : " (and " + std::to_string(more) + " more)"));
  }
  const auto& [name, why] = *failures_.begin();
  if (readiness_.all_fail()) host_.status_away(name + ": " + why);
  else host_.status_degraded(name + ": " + why);
}

}  // namespace drcon::consul_kv
