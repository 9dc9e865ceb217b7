#include "consul_kv/watch.hpp"

#include "common/consul_rules.hpp"
#include "common/count_of.hpp"
#include "consul_kv/answer.hpp"

#include <drcon/url.hpp>

#include <map>
#include <utility>
#include <vector>

namespace drcon::consul_kv {

namespace {

constexpr unsigned not_there = 404;  // no such key, or none with this prefix

common::registry_access access_of(const settings& from) {
  return {.server = from.server,
          .headers = common::consul::token_headers(from.token),
          .index_header = common::consul::index_header,
          .wait = from.wait,
          .retry_max = from.retry_max};
}

}  // namespace

watcher::watcher(settings settings, context host, boost::asio::any_io_executor strand, spawner spawn)
    : entry_watcher(access_of(settings), common::names_of(settings.keys), host, std::move(strand), std::move(spawn)),
      settings_(std::move(settings)) {}

std::string watcher::target_of(std::size_t number, const common::consul::query_progress& progress) const {
  const auto& entry = settings_.keys[number];
  const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(settings_.wait).count();
  auto target = "/v1/kv/" + url_encode_path(entry.path);
  target += "?index=" + std::to_string(progress.index().value_or(0)) + "&wait=" + std::to_string(wait) + "ms";
  if (progress.needs_confirmation()) target += "&consistent";
  if (entry.is_prefix) target += "&recurse";
  if (!entry.datacenter.empty()) target += "&dc=" + url_encode(entry.datacenter);
  return settings_.scope.empty() ? target : target + "&" + settings_.scope;
}

std::optional<std::string> watcher::fault_of(const common::http_answer& answer) const {
  return common::consul::fault_of(answer, "key:read, and key:list for prefixes", not_there);
}

common::failure watcher::kind_of(const common::http_answer& answer) const { return common::consul::kind_of(answer); }

bool watcher::is_awaited(std::size_t entry) const { return settings_.keys[entry].absence == absence::awaited; }

std::string watcher::summary() const {
  const auto count = settings_.keys.size();
  return std::to_string(count) + (count == 1 ? " entry" : " entries");
}

std::string watcher::read(std::size_t entry, const common::http_answer& answer, std::uint64_t revision) {
  std::string why;
  const auto values = answer.status == not_there ? std::map<std::string, std::string>()
                                                 : read_entries(answer.body, settings_.keys[entry], why);
  if (!values) return why;
  if (values->empty()) {
    publish_nothing(entry);
  } else {
    host().publish({.name = name_of(entry), .revision = revision, .endpoints = {}, .values = *values});
    lacks(entry, {});
  }
  return {};
}

// The status comes first: whoever learns that an entry is unknown finds the reason there.
void watcher::publish_nothing(std::size_t entry) {
  const auto& asked = settings_.keys[entry];
  const auto why = why_missing(asked);
  if (asked.absence != absence::normal) lacks(entry, why);
  if (asked.absence == absence::awaited) host().unknown(name_of(entry), why);
  else host().withdraw(name_of(entry));
}

std::string watcher::why_missing(const selection& entry) const {
  const auto what = (entry.is_prefix ? "Consul has no key below " : "Consul has no key ") + entry.path;
  if (entry.absence != absence::awaited) return what;
  return what + (was_ready() ? ", which is required; its last value is kept" : ", which is required; waiting for it");
}

}  // namespace drcon::consul_kv
