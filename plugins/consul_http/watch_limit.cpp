// How many connections may be used: what the agent allows by its own words, and what it shows by closing new ones.
#include "consul_http/watch_internal.hpp"

#include <algorithm>

namespace drcon::consul {

// An agent that reloads its configuration may allow another number.
constexpr auto limit_pause = std::chrono::minutes(5);
constexpr auto limit_timeout = std::chrono::seconds(5);

asio::awaitable<void> watcher::watch_agent_limit() {
  for (;;) {
    auto backoff = retries();
    for (;;) {
      const auto mine = connection();  // closed again below: it is needed once in five minutes
      const auto answer = co_await mine->get("/v1/agent/self", limit_timeout);
      count(answer);
      mine->close();
      take_agent_limit(agent_limit_after(agent_limit_, answer));
      if (!may_state_limit_later(answer)) break;
      co_await pause(backoff.next());
    }
    co_await pause(limit_pause);
  }
}

void watcher::take_agent_limit(std::optional<std::size_t> allowed) {
  is_limit_known_ = true;
  agent_limit_ = allowed;
  limit_.set_most(allowed ? share_of(*allowed, descriptor_limit()) : usual_connections);
  allow_connections();
}

bool watcher::is_connection_limit(const common::http_answer& answer) const {
  // To count what works is a system call for each connection: not for every answer.
  const bool counts = answer.fault == common::http_fault::closed_early && !readiness_.in_outage();
  return connection_limit::is_met_by(answer, counts ? channels_.proven_connections() : 0);
}

// Goes on with the connections there are, for a while; then a few more are tried.
void watcher::lower_limit() {
  host_.count("connection_limit_resets_total", "Connections that the agent closed because of its limit per client.");
  last_fault_ =
      "Consul closed a new connection at once: its limits.http_max_conns_per_client (200 by default) is reached; "
      "lower the option 'connections', or raise that limit";
  limit_fault_ = last_fault_;
  const auto fewest = channels_.connections_for(fewest_connections + catalogs_.size());
  limit_.lower(std::max(fewest, channels_.proven_connections()), clock::now());
  allow_connections();
  report_status();
}

// An agent that refuses connections is gone, and its count of connections with it: the connection that was closed at
// once was closed by its end, and not by its limit. The same when nothing works any more: at a limit, others do.
void watcher::withdraw_limit() {
  if (!limit_.is_lowered()) return;
  limit_.withdraw();
  limit_fault_.clear();
  allow_connections();
}

}  // namespace drcon::consul
