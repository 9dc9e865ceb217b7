#include "common/entry_watcher.hpp"

#include "common/backoff.hpp"
#include "common/consul_rules.hpp"
#include "common/http_client.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace drcon::common {

namespace asio = boost::asio;
using consul::query_progress;

entry_watcher::entry_watcher(registry_access access, std::vector<std::string> names, context host,
                             asio::any_io_executor strand, spawner spawn)
    : access_(std::move(access)),
      names_(std::move(names)),
      host_(host),
      strand_(std::move(strand)),
      spawn_(std::move(spawn)),
      standings_(names_.size()) {}

asio::awaitable<void> entry_watcher::run() {
  for (auto& each : standings_) readiness_.add(each);
  for (std::size_t i = 0; i < names_.size(); ++i)
    spawn_([this, i] { return watch(i); }, [this, i](const std::string& why) { failed(i, lost_answer(why), why); });
  co_return;
}

asio::awaitable<void> entry_watcher::watch(std::size_t entry) {
  http_connection connection(strand_, access_.server, access_.headers);
  backoff backoff(std::chrono::milliseconds(250), access_.retry_max);
  bucket answers(consul::answers_per_second, consul::answer_burst);
  asio::steady_timer timer(strand_);
  query_progress progress(access_.index_header);
  for (;;) {
    const auto answer = co_await connection.get(target_of(entry, progress), consul::query_timeout(access_.wait));
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) co_return;
    const auto why = take(entry, answer, progress);
    std::chrono::nanoseconds pause{};
    if (why.empty()) {
      backoff.reset();
      pause = consul::pause_after(answers, progress);
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
std::string entry_watcher::take(std::size_t entry, const http_answer& answer, query_progress& progress) {
  if (const auto fault = fault_of(answer)) return *fault;
  const auto news = progress.take(answer, progress.needs_confirmation());
  if (news == query_progress::news::unconfirmed) return {};
  if (news == query_progress::news::changed)
    if (const auto why = read(entry, answer, progress.revision()); !why.empty()) return why;
  worked(entry);
  return {};
}

void entry_watcher::lacks(std::size_t entry, const std::string& what) {
  if (what.empty()) {
    if (lacking_.erase(entry) > 0) report_status();
  } else if (auto& known = lacking_[entry]; known != what) {
    known = what;
    report_status();
  }
}

void entry_watcher::worked(std::size_t entry) {
  auto& standing = standings_[entry];
  const bool was_failing = failures_.erase(entry) > 0;
  const bool is_new = !standing.is_heard;
  if (is_awaited(entry) && lacking_.contains(entry) && !was_ready_) readiness_.incomplete(standing);
  else readiness_.worked(standing);
  if (was_failing || is_new) report_status();
  become_ready();
}

// The status comes first: whoever learns that an entry is unknown finds the reason there.
void entry_watcher::failed(std::size_t entry, const http_answer& answer, const std::string& why) {
  failures_[entry] = why;
  auto& standing = standings_[entry];
  const auto how = kind_of(answer);
  readiness_.failed(standing, how);
  const bool outage_begins = readiness_.all_fail() && readiness_.begin_outage();
  report_status();
  host_.unknown(names_[entry], why);
  if (outage_begins) host_.unknown({}, why);
  readiness_.judge(standing, how);
  become_ready();
}

void entry_watcher::become_ready() {
  if (!readiness_.become_ready()) return;
  was_ready_ = true;
  host_.ready();
}

void entry_watcher::report_status() {
  if (failures_.empty() && lacking_.empty()) return host_.status_ok(summary());
  if (failures_.empty()) {
    const auto more = lacking_.size() - 1;
    return host_.status_degraded(lacking_.begin()->second +
                                 (more == 0 ? "" : " (and " + std::to_string(more) + " more)"));
  }
  const auto& [entry, why] = *failures_.begin();
  if (readiness_.all_fail()) host_.status_away(names_[entry] + ": " + why);
  else host_.status_degraded(names_[entry] + ": " + why);
}

}  // namespace drcon::common
