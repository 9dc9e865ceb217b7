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

watcher::watcher(settings settings, context host, asio::any_io_executor strand, spawner spawn)
    : settings_(std::move(settings)), host_(host), strand_(std::move(strand)), spawn_(std::move(spawn)) {}

asio::awaitable<void> watcher::run() {
  for (const auto& each : settings_.keys) {
    unknown_.insert(each.as);
    spawn_(watch(each));
  }
  co_return;
}

std::string watcher::target_of(const selection& entry, std::uint64_t index) const {
  const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(settings_.wait).count();
  auto target = "/v1/kv/" + url_encode_path(entry.path);
  target += "?index=" + std::to_string(index) + "&wait=" + std::to_string(wait) + "ms";
  if (entry.is_prefix) target += "&recurse";
  if (!entry.datacenter.empty()) target += "&dc=" + url_encode(entry.datacenter);
  return settings_.scope.empty() ? target : target + "&" + settings_.scope;
}

asio::awaitable<void> watcher::watch(const selection& entry) {
  std::vector<common::http_header> headers;
  if (!settings_.token.empty()) headers.push_back({"X-Consul-Token", settings_.token});
  common::http_connection connection(strand_, settings_.server, std::move(headers));
  common::backoff backoff(std::chrono::milliseconds(250), settings_.retry_max);
  asio::steady_timer timer(strand_);
  progress reached;
  for (;;) {
    const auto answer =
        co_await connection.get(target_of(entry, reached.index), common::consul::query_timeout(settings_.wait));
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) co_return;
    const auto why = take(entry, answer, reached);
    if (why.empty()) {
      backoff.reset();
      continue;
    }
    failed(entry, why);
    reached = {};  // an index above the one of an agent that has restarted would block for the whole wait
    timer.expires_after(backoff.next());
    co_await timer.async_wait(asio::use_awaitable);
  }
}

// What is wrong with the answer; empty when it has been published, or holds nothing new.
std::string watcher::take(const selection& entry, const common::http_answer& answer, progress& reached) {
  constexpr unsigned none = 404;  // no such key, or none with this prefix
  if (const auto fault = common::consul::fault_of(answer, "key:read, and key:list for prefixes", none)) return *fault;
  const auto next = common::consul::next_index(reached.index, answer.header("x-consul-index"));
  if (reached.is_known && next == reached.index) return {};
  std::string why;
  const auto values =
      answer.status == none ? std::map<std::string, std::string>() : read_entries(answer.body, entry, why);
  if (!values) return why;
  reached = {.index = next, .is_known = true};
  if (values->empty()) host_.withdraw(entry.as);
  else host_.publish({.name = entry.as, .revision = next, .endpoints = {}, .values = *values});
  failures_.erase(entry.as);
  if (unknown_.erase(entry.as) > 0 && unknown_.empty()) host_.ready();
  report_status();
  return {};
}

// The status comes first: whoever learns that an entry is unknown finds the reason there.
void watcher::failed(const selection& entry, const std::string& why) {
  failures_[entry.as] = why;
  report_status();
  host_.unknown(entry.as, why);
}

void watcher::report_status() {
  if (failures_.empty()) return host_.status_ok(std::to_string(settings_.keys.size()) + " entries");
  const auto& [name, why] = *failures_.begin();
  if (failures_.size() == settings_.keys.size()) host_.status_away(name + ": " + why);
  else host_.status_degraded(name + ": " + why);
}

}  // namespace drcon::consul_kv
