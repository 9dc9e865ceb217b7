#include "docker/swarm_watch.hpp"

#include "docker/engine.hpp"
#include "docker/swarm_answer.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

#include <set>
#include <utility>

namespace drcon::docker {
namespace {

namespace asio = boost::asio;
using nlohmann::json;

constexpr auto first_swarm_pause = std::chrono::milliseconds(100);

}  // namespace

swarm_watcher::swarm_watcher(settings settings, context host, const asio::any_io_executor& strand)
    : settings_(std::move(settings)),
      host_(host),
      wake_(strand),
      manager_(strand, settings_.engine, {}),
      backoff_(first_swarm_pause, settings_.retry_max),
      inventory_(settings_.conventions, settings_.stop_wait),
      publisher_(host, settings_.services) {}

asio::awaitable<void> swarm_watcher::run() {
  bool was_unreachable = true;
  for (;;) {
    const auto why = co_await look();
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) co_return;
    if (why.empty()) {
      if (was_unreachable) publisher_.take_all(inventory_);
      publisher_.take(inventory_);
      const bool news = publisher_.publish(inventory_, false);
      if (was_unreachable) host_.ready();
      if (was_unreachable || news) {
        const auto fault = inventory_.fault_of_doubles();
        if (fault.empty()) host_.status_ok(publisher_.report());
        else host_.status_degraded(fault);
      }
      backoff_.reset();
    } else {
      version_.clear();
      host_.status_away(why);
      host_.unknown({}, why);
    }
    was_unreachable = !why.empty();
    wake_.expires_after(why.empty() ? settings_.swarm_interval : backoff_.next());
    boost::system::error_code woken;
    co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
}

// Why the swarm is not known; empty when it is.
asio::awaitable<std::string> swarm_watcher::look() {
  if (version_.empty()) {
    const auto agreed = co_await agree_on_version(manager_, settings_.timeout);
    if (!agreed.fault.empty()) co_return agreed.fault;
    version_ = agreed.prefix;
  }
  json services;
  json tasks;
  json nodes;
  if (auto why = co_await ask("/services", services); !why.empty()) co_return why;
  if (auto why = co_await ask("/tasks", tasks); !why.empty()) co_return why;
  if (auto why = co_await ask("/nodes", nodes); !why.empty()) co_return why;
  auto found = read_tasks(services, tasks, nodes);
  if (found.fault.empty()) take(std::move(found.all));
  co_return found.fault;
}

asio::awaitable<std::string> swarm_watcher::ask(const char* target, json& answer) {
  const auto got = co_await manager_.get(version_ + target, settings_.timeout);
  if (got.fault != common::http_fault::none || got.status != 200) co_return fault_of(got, target);
  answer = parsed_json(got.body);
  co_return std::string();
}

void swarm_watcher::take(std::vector<container> tasks) {
  std::set<std::string> seen;
  for (auto& each : tasks) {
    seen.insert(each.id);
    inventory_.take(std::move(each));
  }
  for (const auto& id : inventory_.known())
    if (!seen.contains(id)) inventory_.forget(id);
}

}  // namespace drcon::docker
