// The coroutines that ask: one for each service with a connection of its own, some for those that take turns, and two
// that learn of changes anywhere.
#include "consul_http/watch_internal.hpp"

#include "common/consul_rules.hpp"
#include "consul_http/request_targets.hpp"

#include <algorithm>
#include <utility>

namespace drcon::consul {

using common::consul::pause_after;
using common::consul::query_progress;
using common::consul::query_timeout;

asio::awaitable<void> watcher::pause(clock::duration length) {
  asio::steady_timer timer(strand_, length);
  co_await timer.async_wait(asio::use_awaitable);
}

bool watcher::is_confirmed(const query_progress& progress) const {
  return progress.needs_confirmation() || settings_.consistency == consistency::consistent;
}

watcher::question watcher::question_on(const watched_service& each, bool may_block) const {
  const auto index = may_block ? each.progress.index() : std::nullopt;
  return {.target = service_target(settings_, *each.selected_by, each.name, index, each.progress.needs_confirmation()),
          .blocks = index.has_value(),
          .confirmed = is_confirmed(each.progress),
          .started = clock::now()};
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
    const auto asked = question_on(*each, true);
    const auto answer = co_await mine->connection->get(
        asked.target, query_timeout(each->selected_by->is_query() ? std::chrono::nanoseconds() : settings_.wait));
    if (mine->current != each || each->gone) continue;  // its connection was given to another meanwhile
    count(answer);
    if (is_connection_limit(answer)) {
      give_up_connection(std::exchange(mine->current, nullptr));
      slots_.remove(mine);
      lower_limit();
      co_return;
    }
    const auto found = take(each, answer, asked);
    if (found == verdict::good) {
      backoff.reset();
      const auto wait = pause_after(each->answers, each->progress);
      if (wait > clock::duration::zero()) co_await pause(wait);
    } else if (found == verdict::failed) {
      co_await pause(backoff.next());
    }
  }
  slots_.remove(mine);
}

// A worker of the rotation with nothing to ask is woken by the next change; what is due by its age alone waits for
// this.
constexpr auto idle_pause = std::chrono::seconds(1);
// Nobody says that what is not in the catalogue has changed: it is asked about again and again.
constexpr auto unlisted_pause = std::chrono::seconds(2);

asio::awaitable<void> watcher::rotate(std::size_t number) {
  const auto mine = connection();
  asio::steady_timer timer(strand_);
  auto backoff = retries();
  for (;;) {
    const bool take_turns = too_many();
    const bool may_work = take_turns && number < rotation_workers();
    const auto each = may_work ? next_due() : nullptr;
    if (!each) {
      if (!may_work) mine->close();
      // Who was being asked about while room was made for all has not got its place yet.
      if (!take_turns && !rotation_.empty()) balance();
      timer.expires_after(idle_pause);
      const idle_wait on_list(idle_, timer);
      co_await timer.async_wait(token);
      continue;
    }
    asked_in_turn_[number] = each;
    const auto delay = rotation_bucket_.take(clock::now());
    if (delay > clock::duration::zero()) co_await pause(delay);
    const auto asked = question_on(*each, false);
    const auto answer = co_await mine->get(asked.target, query_timeout({}));
    count(answer);
    asked_in_turn_[number] = nullptr;
    const bool limited = is_connection_limit(answer);
    // What is heard of for the first time, or again after a failure, says nothing of how often it changes.
    const bool was_followed = each->standing.is_known && !asked.confirmed;
    const auto found = each->gone || limited ? verdict::failed : take(each, answer, asked);
    if (found == verdict::unconfirmed) each->suspected = true;  // its turn comes first
    if (found == verdict::failed) each->retry_at = clock::now() + settings_.retry_min;
    if (found == verdict::good && each->selected_by->is_unlisted()) each->retry_at = clock::now() + unlisted_pause;
    if (!each->gone && !each->direct) {
      if (each->suspected) rotation_.add_first(each);
      else rotation_.add_last(each);
    }
    if (found == verdict::unconfirmed) continue;
    if (found == verdict::good) {
      backoff.reset();
      if (was_followed && each->changed >= asked.started) promote(each);
      continue;
    }
    if (limited) lower_limit();
    if (each->gone) continue;
    co_await pause(backoff.next());
  }
}

asio::awaitable<void> watcher::watch_catalog(selection place) {
  const auto mine = connection();
  bucket answers(answers_per_second, answer_burst);
  query_progress progress;
  auto backoff = retries();
  for (;;) {
    const bool confirmed = is_confirmed(progress);
    const auto target = catalog_target(settings_, place, progress.index(), progress.needs_confirmation());
    const auto answer = co_await mine->get(target, query_timeout(settings_.wait));
    count(answer);
    auto why = fault_of(answer, settings_, settings_.consistency == consistency::stale && !confirmed).value_or("");
    const auto news = why.empty() ? progress.take(answer, confirmed) : query_progress::news::none;
    if (news == query_progress::news::unconfirmed) continue;
    const auto now = news == query_progress::news::changed ? parse_catalog(answer.body, why) : std::nullopt;
    if (!why.empty()) {
      progress.failed();
      catalogs_heard_.erase(place.place());
      if (is_connection_limit(answer)) lower_limit();
      other_failed(catalog_watch(place.place()), answer, why);
      catalog_failed(place.place(), answer, why);
      co_await pause(backoff.next());
      continue;
    }
    backoff.reset();
    other_worked(catalog_watch(place.place()));
    if (now) take_catalog(place, *now, progress.has_index());
    catalogs_heard_.insert(place.place());
    something_works();
    const auto wait = pause_after(answers, progress);
    if (wait > clock::duration::zero()) co_await pause(wait);
  }
}

// An agent that has nothing new may be silent for as long as a blocking query lasts, and so may one that hangs. A small
// question distinguishes them; it is asked only in such a silence.
constexpr auto longest_silence = std::chrono::seconds(10);
constexpr auto probe_timeout = std::chrono::seconds(4);
constexpr auto probe_pause = std::chrono::seconds(1);

asio::awaitable<void> watcher::probe_silent_agent() {
  answered_ = clock::now();
  for (;;) {
    co_await pause(probe_pause);
    if (clock::now() - answered_ < longest_silence) {
      if (others_failing_.contains(agent_probe)) other_worked(agent_probe);
      continue;
    }
    const auto mine = connection();
    const auto answer = co_await mine->get("/v1/status/leader", probe_timeout);
    count(answer);  // any status is the answer of an agent that works
    if (answer.fault == common::http_fault::none) continue;
    // Who closes a connection because there are too many is there.
    if (is_connection_limit(answer)) continue;
    // Its queries are still under way: none of them will fail before its own time has passed.
    auto silent = answer;
    silent.fault = common::http_fault::connect;
    other_failed(agent_probe, silent, "the agent answers nothing: " + answer.why);
  }
}

// Some check changed somewhere. The checks that do not pass, or did not before, name the services to ask about.
asio::awaitable<void> watcher::watch_checks(selection place) {
  const auto mine = connection();
  bucket answers(answers_per_second, answer_burst);
  query_progress progress;
  auto backoff = retries();
  checks known;
  for (;;) {
    const auto target = failing_checks_target(settings_, place, progress.index());
    const auto answer = co_await mine->get(target, query_timeout(settings_.wait));
    count(answer);
    auto why = fault_of(answer, settings_, false);
    auto now = why ? std::nullopt : parse_checks(answer.body);
    if (!why && !now) why = "the answer is not a list of checks";
    if (why) {
      progress.failed();
      if (is_connection_limit(answer)) lower_limit();
      other_failed(checks_watch, answer, *why);
      co_await pause(backoff.next());
      continue;
    }
    backoff.reset();
    other_worked(checks_watch);
    // Nothing is published from these answers: they only say what to ask about, so that none needs to be confirmed.
    const auto news = progress.take(answer, true);
    if (!progress.has_index() || news != query_progress::news::none) {
      suspect_checks(place.place(), known, *now);
      known = std::move(*now);
      // A node whose services are not known may have been the one whose check changed. Without an index nobody says
      // that something has changed: then everything but failing checks is seen within rotation_max_age.
      if (progress.has_index() && !nodes_[place.place()].turns.reports()) something_changed();
      wake_rotation();
    }
    // Also when nothing is new: a cache in between may answer at once, again and again.
    const auto wait = pause_after(answers, progress);
    if (wait > clock::duration::zero()) co_await pause(wait);
  }
}

}  // namespace drcon::consul
