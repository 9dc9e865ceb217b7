// Which services changed, when Consul says no more than that some did: each node is asked what it has registered, and
// its answer is compared with its last. That costs a query for each node, where a round costs one for each service.
#include "consul_http/watch_internal.hpp"

#include "common/consul_rules.hpp"
#include "consul_http/query.hpp"

#include <algorithm>
#include <utility>

namespace drcon::consul {

using common::consul::query_timeout;

// A node's answer has all its services, so that it costs more than one about a service.
constexpr std::size_t services_worth_a_node = 4;
// Before a place with too many nodes is looked at again.
constexpr auto too_many_nodes_for = std::chrono::minutes(1);

// Consul's services have changed somewhere: registered, registered otherwise, or gone.
void watcher::registrations_changed(const std::string& place, bool has_index) {
  const auto found = nodes_.find(place);
  // Without an index nobody knows whether anything has changed, and every node would be asked all the time.
  if (found == nodes_.end() || !has_index || clock::now() < found->second.not_before) return something_changed();
  found->second.is_due = true;
  if (found->second.timer) found->second.timer->cancel();
}

asio::awaitable<void> watcher::watch_nodes(selection place) {
  const auto mine = connection();
  auto& state = nodes_[place.place()];
  state = {};
  state.is_due = true;
  asio::steady_timer timer(strand_);
  auto backoff = retries();
  for (;;) {
    state.timer = &timer;
    while (!std::exchange(state.is_due, false)) {
      timer.expires_at(clock::time_point::max());
      co_await timer.async_wait(token);
    }
    const auto began = clock::now();
    switch (co_await ask_nodes(place, mine)) {
      case nodes_answer::told: {
        // What was asked about before the first answer may have changed in between, unseen.
        if (!std::exchange(state.tells, true)) rotation_.note_change(began);
        backoff.reset();
        wake_rotation();
        // A node with thousands of services works for a while on its answer, and so does this: half of the time at
        // most.
        co_await pause(clock::now() - began);
        break;
      }
      case nodes_answer::too_many:
        state = {.timer = &timer, .not_before = clock::now() + too_many_nodes_for};
        something_changed();
        break;
      case nodes_answer::failed:
        state = {.timer = &timer};
        state.is_due = true;
        something_changed();
        co_await pause(backoff.next());
    }
  }
}

asio::awaitable<watcher::nodes_answer> watcher::ask_nodes(const selection& place,
                                                          const std::shared_ptr<common::http_connection>& connection) {
  const auto answer = co_await connection->get(nodes_target(settings_, place), query_timeout({}));
  count(answer);
  if (is_connection_limit(answer)) lower_limit();
  const auto nodes = fault_of(answer, settings_, false) ? std::nullopt : parse_nodes(answer.body);
  if (!nodes) co_return nodes_answer::failed;
  const auto fits = [](const std::string& node) { return common::consul::fits_path(node); };
  if (nodes->empty() || nodes->size() * services_worth_a_node > rotation_.size() || !std::ranges::all_of(*nodes, fits))
    co_return nodes_answer::too_many;
  suspect_changes(nodes_[place.place()].known.keep_only(*nodes));
  for (const auto& node : *nodes) {
    const auto listed = co_await connection->get(node_target(settings_, place, node), query_timeout({}));
    count(listed);
    auto content = fault_of(listed, settings_, false) ? std::nullopt : parse_node(listed.body);
    if (!content) co_return nodes_answer::failed;
    suspect_changes(nodes_[place.place()].known.take(node, std::move(*content)));
  }
  co_return nodes_answer::told;
}

// An answer about the service that has this index already needs no second one.
void watcher::suspect_changes(const std::set<service_change>& changes) {
  for (const auto& [service, index] : changes) suspect(service, index);
}

}  // namespace drcon::consul
