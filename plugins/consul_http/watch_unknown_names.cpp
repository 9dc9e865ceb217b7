// Names that Consul does not know: they are published without endpoints, which looks like a service that is down. When
// the source has become ready, the catalogue is asked, and what was probably mistyped is reported, in the status too
// until it is registered: who looks an hour later must see it.
#include "consul_http/watch_internal.hpp"

#include "common/consul_rules.hpp"
#include "common/nearest.hpp"
#include "consul_http/request_targets.hpp"

#include <string_view>

namespace drcon::consul {
namespace {

// For people: a list of hundreds says no more than its beginning.
constexpr std::size_t most_reported = 20;
// Behind everything else: what is asked here is worth a hint.
constexpr auto patience = std::chrono::seconds(10);
// A service may be registered and have no instance that passes its checks: only the catalogue says so.
constexpr auto look_again_after = std::chrono::seconds(30);

}  // namespace

std::vector<watched_ptr> watcher::named_without_endpoints(const std::string& place) const {
  std::vector<watched_ptr> all;
  for (const auto& [published, each] : watches_)
    if (each->is_empty && each->selected_by->by_name() && !each->selected_by->is_unlisted() &&
        each->selected_by->place() == place)
      all.push_back(each);
  return all;
}

void watcher::find_unknown(const std::vector<watched_ptr>& suspects, const catalog& known,
                           std::map<std::string, std::string>& found) const {
  std::vector<std::string_view> names;
  for (const auto& [name, tags] : known) names.push_back(name);
  for (const auto& each : suspects)
    if (!each->gone && each->is_empty && !known.contains(each->name) && found.size() < most_reported)
      found.emplace(each->published,
                    "Consul knows no service \"" + each->name + "\"" + common::nearest(each->name, names));
}

void watcher::report_unknown(std::map<std::string, std::string> found) {
  for (const auto& [published, text] : found)
    if (!unknown_names_.contains(published)) host_.warn(text + "; it has no endpoints until one is registered");
  const bool is_news = found != unknown_names_;
  unknown_names_ = std::move(found);
  if (is_news) report_status();
}

void watcher::forget_unknown(const watched_service& each) {
  if (!each.is_empty && unknown_names_.erase(each.published) > 0) report_status();
}

// A Consul older than peers, and one that knows no such peer, answers as if it exported nothing.
void watcher::report_empty_peers() const {
  std::size_t reported = 0;
  for (const auto& [published, each] : watches_)
    if (each->is_empty && !each->selected_by->peer.empty() && ++reported <= most_reported)
      host_.warn("the peer '" + each->selected_by->peer + "' exports no instances of \"" + each->name +
                 "\", or Consul knows no such peer (peers need 1.13)");
}

asio::awaitable<void> watcher::look_for_unknown_names() {
  report_empty_peers();
  co_await look_once_for_unknown_names();
  while (!unknown_names_.empty()) {
    co_await pause(look_again_after);
    co_await look_once_for_unknown_names();
  }
}

asio::awaitable<void> watcher::look_once_for_unknown_names() {
  std::map<std::string, std::string> unknown;
  for (const auto& [key, place] : places_) {
    const auto suspects = named_without_endpoints(key);
    if (suspects.empty()) continue;
    if (const auto known = catalogs_known_.find(key); known != catalogs_known_.end()) {  // watched anyway
      find_unknown(suspects, known->second, unknown);
      continue;
    }
    // With rotation all connections are in use, and the catalogue is watched. One that is read only later gives no
    // hint: a connection beyond the option `connections` would cost a service its own.
    if (rotation_runs_ || watches_.size() + catalogs_.size() >= capacity()) continue;
    const auto mine = connection();
    const auto answer = co_await mine->get(catalog_target(settings_, *place, {}, false), patience);
    count(answer);
    std::string why;
    const auto known = fault_of(answer, settings_, false) ? std::nullopt : parse_catalog(answer.body, why);
    // A token may have no right to list what it may read: then there is no hint, and nothing is wrong. What has been
    // found before stays as it is.
    if (!known && !unknown_names_.empty()) co_return;
    if (known) find_unknown(suspects, *known, unknown);
  }
  report_unknown(std::move(unknown));
}

}  // namespace drcon::consul
