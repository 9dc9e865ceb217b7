// The coroutines that ask: one for each place with a connection, some that take turns, two that hear of changes
// anywhere.
#include "consul_http/watcher_parts.hpp"

#include "common/consul_rules.hpp"
#include "consul_http/query.hpp"

#include <algorithm>
#include <utility>

namespace drcon::consul {

using common::consul::next_index;
using common::consul::query_timeout;

asio::awaitable<void> watcher::pause(clock::duration length) {
  asio::steady_timer timer(strand_, length);
  co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> watcher::watch_directly(slot_ptr mine) {
  auto backoff = retries();
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
      backoff.reset();
      const auto wait = each->answers.take(clock::now());
      if (wait > clock::duration::zero()) co_await pause(wait);
    } else {
      co_await pause(backoff.next());
    }
  }
  slots_.remove(mine);
}

asio::awaitable<void> watcher::rotate(std::size_t number) {
  const auto mine = connection();
  asio::steady_timer timer(strand_);
  auto backoff = retries();
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
      backoff.reset();
      if (told && before != 0 && each->index != before) promote(each);
      continue;
    }
    if (limited) limit_hit();
    if (each->gone) continue;
    each->retry_at = clock::now() + settings_.retry_min;
    co_await pause(backoff.next());
  }
}

asio::awaitable<void> watcher::watch_catalog(selection place) {
  const auto mine = connection();
  bucket answers(answers_per_second, burst);
  std::uint64_t index = 0;
  bool told = false;
  bool may_be_stale = true;
  auto backoff = retries();
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
      co_await pause(backoff.next());
      continue;
    }
    backoff.reset();
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
  auto backoff = retries();
  std::map<std::string, checks> known;
  for (;;) {
    const auto asked = index == 0 ? std::optional<std::uint64_t>() : index;
    const auto answer = co_await mine->get(any_check_target(settings_, place, asked), query_timeout(settings_.wait));
    count(answer);
    if (const auto why = fault_of(answer, settings_, false)) {
      index = 0;
      if (is_connection_limit(answer)) limit_hit();
      failed(checks_watch, answer, *why);
      co_await pause(backoff.next());
      continue;
    }
    backoff.reset();
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

}  // namespace drcon::consul
