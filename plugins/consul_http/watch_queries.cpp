// The coroutines that ask: one for each service with a connection of its own, some for those that take turns, and two
// that learn of changes anywhere.
#include "consul_http/watch_parts.hpp"

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
  // A connection that was taken away serves nothing any more; then this ends.
  while (mine->current) {
    const auto each = mine->current;
    if (const auto next = std::exchange(mine->next, nullptr); next && !next->gone && !next->direct && !each->gone) {
      rotation_.remove(next);
      next->direct = true;
      give_up_connection(std::exchange(mine->current, next));
      continue;
    }
    if (each->gone) {
      mine->current.reset();
      if (!rotation_.empty()) {
        mine->current = rotation_.take_first();
        mine->current->direct = true;
      }
      continue;
    }
    const auto asked = each->index == 0 ? std::optional<std::uint64_t>() : each->index;
    const auto started = clock::now();
    const auto target = service_target(settings_, *each->selected_by, each->name, asked, !each->fresh_only);
    const auto answer = co_await mine->connection->get(target, query_timeout(settings_.wait));
    if (mine->current != each || each->gone) continue;  // its connection was given to another meanwhile
    count(answer);
    if (is_connection_limit(answer)) {
      each->direct = false;
      rotation_.add_first(std::exchange(mine->current, nullptr));
      slots_.remove(mine);
      lower_limit();
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

// A worker of the rotation with nothing to ask is woken by the next change; what is due by its age alone waits for
// this.
constexpr auto idle_pause = std::chrono::seconds(1);

asio::awaitable<void> watcher::rotate(std::size_t number) {
  const auto mine = connection();
  asio::steady_timer timer(strand_);
  auto backoff = retries();
  for (;;) {
    const bool may_work = too_many() && number < rotation_workers();
    const auto each = may_work ? next_due() : nullptr;
    if (!each) {
      if (!may_work) mine->close();
      timer.expires_after(idle_pause);
      const idle_wait on_list(idle_, timer);
      co_await timer.async_wait(token);
      continue;
    }
    const auto delay = rotation_bucket_.take(clock::now());
    if (delay > clock::duration::zero()) co_await pause(delay);
    const auto started = clock::now();
    const auto target = service_target(settings_, *each->selected_by, each->name, {}, !each->fresh_only);
    const auto answer = co_await mine->get(target, query_timeout({}));
    count(answer);
    const bool limited = is_connection_limit(answer);
    const auto before = each->index;
    const bool was_known = each->is_known;
    const bool good = !each->gone && !limited && take(each, answer, {}, started);
    if (!each->gone && !each->direct) rotation_.add_last(each);
    if (good) {
      backoff.reset();
      if (was_known && before != 0 && each->index != before) promote(each);
      continue;
    }
    if (limited) lower_limit();
    if (each->gone) continue;
    each->retry_at = clock::now() + settings_.retry_min;
    co_await pause(backoff.next());
  }
}

asio::awaitable<void> watcher::watch_catalog(selection place) {
  const auto mine = connection();
  bucket answers(answers_per_second, answer_burst);
  std::uint64_t index = 0;
  bool is_read = false;
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
      if (is_connection_limit(answer)) lower_limit();
      failed(catalog_watch, answer, why);
      co_await pause(backoff.next());
      continue;
    }
    backoff.reset();
    worked(catalog_watch);
    const auto next = next_index(index, answer.header("x-consul-index"));
    if (next != index || !is_read) take_catalog(place, *now);
    index = next;
    if (!std::exchange(is_read, true) && catalogs_.contains(place.place())) ++catalogs_read_;
    become_ready();
    const auto wait = answers.take(clock::now());
    if (wait > clock::duration::zero()) co_await pause(wait);
  }
}

// Some check changed somewhere. The checks that became critical or warning, or are so no more, name the services to ask
// about first.
asio::awaitable<void> watcher::watch_checks(selection place) {
  const auto mine = connection();
  bucket answers(answers_per_second, answer_burst);
  std::uint64_t index = 0;
  auto backoff = retries();
  std::map<std::string, checks> known;
  for (;;) {
    const auto asked = index == 0 ? std::optional<std::uint64_t>() : index;
    const auto answer = co_await mine->get(any_check_target(settings_, place, asked), query_timeout(settings_.wait));
    count(answer);
    if (const auto why = fault_of(answer, settings_, false)) {
      index = 0;
      if (is_connection_limit(answer)) lower_limit();
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
