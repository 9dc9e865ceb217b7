// Which services changed, when Consul says no more than that some did: each node is asked what it has registered, and
// its answer is compared with its last. That costs a query for each node, where a round costs one for each service.
#include "consul_http/watch_internal.hpp"

#include "common/consul_rules.hpp"
#include "consul_http/request_targets.hpp"

#include <algorithm>
#include <utility>

namespace drcon::consul {

using common::consul::pause_after;
using common::consul::query_progress;
using common::consul::query_timeout;

// A node's answer has all its services, so that it costs more than one about a service.
constexpr std::size_t services_worth_a_node = 4;

// Consul's services have changed somewhere: registered, registered otherwise, or gone.
void watcher::registrations_changed(const std::string& place, bool has_index) {
  const auto found = nodes_.find(place);
  // Without an index nobody knows whether anything has changed, and every node would be asked all the time.
  if (found == nodes_.end() || !has_index || !are_nodes_worth_asking(found->second)) return something_changed();
  // One of them has just not answered, and they are asked again after a pause: the news cannot wait for that.
  if (found->second.turns.is_retry()) return something_changed();
  found->second.turns.note_news();
  if (found->second.timer) found->second.timer->cancel();
}

bool watcher::are_nodes_worth_asking(const node_watch& place) const {
  return !place.nodes.empty() && place.nodes.size() * services_worth_a_node <= rotation_.size() &&
         std::ranges::all_of(place.nodes, [](const std::string& node) { return common::consul::fits_path(node); });
}

// Which nodes there are. A node that is registered with another address changes neither the catalogue nor a check.
asio::awaitable<void> watcher::watch_node_list(selection place) {
  const auto mine = connection();
  bucket answers(answers_per_second, answer_burst);
  query_progress progress;
  auto backoff = retries();
  for (;;) {
    const auto answer =
        co_await mine->get(nodes_target(settings_, place, progress.index()), query_timeout(settings_.wait));
    count(answer);
    auto why = fault_of(answer, settings_, false);
    const auto nodes = why ? std::nullopt : parse_nodes(answer.body);
    if (!why && !nodes) why = "the answer is not a list of nodes";
    auto& state = nodes_[place.place()];
    if (why) {
      progress.failed();
      if (is_connection_limit(answer)) lower_limit();
      state.nodes.clear();
      forget_nodes(state);
      other_failed(nodes_watch, answer, *why);
      co_await pause(backoff.next());
      continue;
    }
    backoff.reset();
    other_worked(nodes_watch);
    const auto news = progress.take(answer, true);
    if (news != query_progress::news::none) {
      state.nodes = *nodes;
      registrations_changed(place.place(), progress.has_index());
    }
    const auto wait = pause_after(answers, progress);
    if (wait > clock::duration::zero()) co_await pause(wait);
  }
}

// Until they have all answered again, nobody knows what changes.
void watcher::forget_nodes(node_watch& place) {
  place.turns.forget();
  place.known = {};
}

asio::awaitable<void> watcher::watch_nodes(selection place) {
  const auto mine = connection();
  auto& state = nodes_[place.place()];
  forget_nodes(state);
  asio::steady_timer timer(strand_);
  state.timer = &timer;
  auto backoff = retries();
  for (;;) {
    while (!state.turns.is_due()) {
      timer.expires_at(clock::time_point::max());
      co_await timer.async_wait(token);
    }
    const auto began = clock::now();
    state.turns.begin();
    if (!are_nodes_worth_asking(state)) {
      forget_nodes(state);
      if (state.turns.gave_up()) something_changed();
      continue;
    }
    if (!co_await ask_nodes(place, mine)) {
      forget_nodes(state);
      if (state.turns.failed()) something_changed();
      co_await pause(backoff.next());
      continue;
    }
    backoff.reset();
    // What was asked about before the first answer may have changed in between, unseen.
    if (state.turns.answered()) rotation_.note_change(began);
    wake_rotation();
    // A node with thousands of services works for a while on its answer, and so does this: half of the time at most.
    co_await pause(clock::now() - began);
  }
}

asio::awaitable<bool> watcher::ask_nodes(const selection& place,
                                         const std::shared_ptr<common::request_channel>& connection) {
  auto& state = nodes_[place.place()];
  const auto nodes = state.nodes;
  suspect_changes(state.known.keep_only(nodes));
  for (const auto& node : nodes) {
    const auto listed = co_await connection->get(node_target(settings_, place, node), query_timeout({}));
    count(listed);
    if (is_connection_limit(listed)) lower_limit();
    auto content = fault_of(listed, settings_, false) ? std::nullopt : parse_node(listed.body);
    if (!content) co_return false;
    suspect_changes(state.known.take(node, std::move(*content)));
  }
  co_return true;
}

// An answer about the service that has this index already needs no second one.
void watcher::suspect_changes(const std::set<service_change>& changes) {
  for (const auto& [service, index] : changes) suspect(service, index);
}

}  // namespace drcon::consul
