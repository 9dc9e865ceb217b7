// The consul-kv source: its options, and one blocking query for each entry.
#include "common/backoff.hpp"
#include "common/consul_rules.hpp"
#include "common/http_client.hpp"
#include "common/percent.hpp"
#include "common/tls_settings.hpp"
#include "consul_kv/entries.hpp"

#include <drcon/asio.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <set>

namespace drcon::consul_kv {
namespace {

namespace asio = boost::asio;

constexpr const char* schema_text = R"JSON({
  "type": "object", "additionalProperties": false, "required": ["key"],
  "description": "Publishes keys of Consul's key-value store as settings, for templates.",
  "properties": {
    "address": { "type": "string", "minLength": 1, "default": "http://127.0.0.1:8500",
      "description": "The agent: http://, https:// or unix:///PATH." },
    "token": { "type": "string", "secret": true, "description": "ACL token, sent as X-Consul-Token; it needs key:read, and key:list for prefixes." },
    "datacenter": { "type": "string", "description": "Datacenter of all keys, unless one names its own. Default: the agent's." },
    "namespace": { "type": "string", "minLength": 1, "description": "Namespace of the keys (Consul Enterprise)." },
    "partition": { "type": "string", "minLength": 1, "description": "Admin partition of the keys (Consul Enterprise). Consul before 1.11 ignores it." },
    "key": { "type": "array", "minItems": 1, "maxItems": 100, "description": "The keys to watch; each entry has a connection of its own.",
      "items": { "type": "object", "additionalProperties": false,
        "properties": {
          "path": { "type": "string", "minLength": 1, "description": "One key. Each entry has a path or a prefix." },
          "prefix": { "type": "string", "minLength": 1, "description": "All keys that begin with it; end it with / to mean a folder." },
          "depth": { "type": "integer", "minimum": 0, "maximum": 100, "default": 0, "description": "With prefix: how many levels below it; 0: all." },
          "as": { "type": "string", "minLength": 1, "description": "The name that the values are published under, for service.NAME in templates. Default: the path, or the prefix without / at its end." },
          "datacenter": { "type": "string", "description": "Datacenter of this entry." }
        } } },
    "wait": { "type": "string", "format": "duration", "default": "55s",
      "description": "Longest time Consul holds a blocking query, 1s to 10m. After a restore of an older state this is how long a change may go unseen." },
    "retry_max": { "type": "string", "format": "duration", "default": "10s", "description": "Longest pause after failures. drcon never gives up." },
    )JSON" DRCON_TLS_SCHEMA R"JSON(
  }
})JSON";

class source final : public asio_source {
public:
  static constexpr const char* schema = schema_text;

  source(context host, const options& from) : asio_source(host), settings_(read_settings(from)) {}

  asio::awaitable<void> run() override {
    for (const auto& each : settings_.keys) {
      untold_.insert(each.as);
      spawn(watch(each));
    }
    co_return;
  }

private:
  std::string target_of(const selection& what, std::uint64_t index) const {
    auto to = "/v1/kv/" + common::percent_encoded_path(what.path);
    const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(settings_.wait).count();
    to += "?index=" + std::to_string(index) + "&wait=" + std::to_string(wait) + "ms";
    if (what.is_prefix) to += "&recurse";
    if (!what.datacenter.empty()) to += "&dc=" + common::percent_encoded(what.datacenter);
    return settings_.scope.empty() ? to : to + "&" + settings_.scope;
  }

  asio::awaitable<void> watch(const selection& what) {
    std::vector<common::http_header> headers;
    if (!settings_.token.empty()) headers.push_back({"X-Consul-Token", settings_.token});
    common::http_connection connection(executor(), settings_.server, std::move(headers));
    common::backoff backoff(std::chrono::milliseconds(250), settings_.retry_max);
    asio::steady_timer timer(executor());
    std::uint64_t index = 0;
    bool told = false;
    for (;;) {
      const auto answer =
          co_await connection.get(target_of(what, index), common::consul::query_timeout(settings_.wait));
      if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) co_return;
      auto why = take(what, answer, index, told);
      if (why.empty()) {
        backoff.reset();
        continue;
      }
      trouble(what, why);
      index = 0;  // an index above the one of an agent that has restarted would block for the whole wait
      told = false;
      timer.expires_after(backoff.next());
      co_await timer.async_wait(asio::use_awaitable);
    }
  }

  // What is wrong with the answer, or empty when it has been told.
  std::string take(const selection& what, const common::http_answer& answer, std::uint64_t& index, bool& told) {
    constexpr unsigned none = 404;  // no such key, or none with this prefix
    if (const auto fault = common::consul::fault_of(answer, "key:read, and key:list for prefixes", none)) return *fault;
    const auto next = common::consul::next_index(index, answer.header("x-consul-index"));
    if (told && next == index) return {};
    std::string why;
    const auto values =
        answer.status == none ? std::map<std::string, std::string>() : read_entries(answer.body, what, why);
    if (!values) return why;
    index = next;
    told = true;
    if (values->empty()) host().withdraw(what.as);
    else host().publish({.name = what.as, .revision = next, .endpoints = {}, .values = *values});
    troubles_.erase(what.as);
    if (untold_.erase(what.as) > 0 && untold_.empty()) host().ready();
    show();
    return {};
  }

  void trouble(const selection& what, const std::string& why) {
    troubles_[what.as] = why;
    show();
    host().unknown(what.as, why);
  }

  void show() {
    if (troubles_.empty()) return host().status_ok(std::to_string(settings_.keys.size()) + " entries");
    const auto& [name, why] = *troubles_.begin();
    if (troubles_.size() == settings_.keys.size()) host().status_away(name + ": " + why);
    else host().status_degraded(name + ": " + why);
  }

  const settings settings_;
  std::set<std::string> untold_;
  std::map<std::string, std::string> troubles_;
};

}  // namespace
}  // namespace drcon::consul_kv

DRCON_SOURCE("consul-kv", "0.1.0", "Publishes keys of Consul's store, for templates.", drcon::consul_kv::source)
