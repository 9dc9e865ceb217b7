// Names that Consul does not know: they are published without endpoints, which looks like a service that is down. When
// the source has become ready, the catalogue is asked once, and what was probably mistyped is reported.
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

}  // namespace

std::vector<watched_ptr> watcher::named_without_endpoints(const std::string& place) const {
  std::vector<watched_ptr> all;
  for (const auto& [published, each] : watches_)
    if (each->is_empty && each->selected_by->by_name() && !each->selected_by->is_unlisted() &&
        each->selected_by->place() == place)
      all.push_back(each);
  return all;
}

void watcher::report_unknown(const std::vector<watched_ptr>& suspects, const catalog& known) {
  std::vector<std::string_view> names;
  for (const auto& [name, tags] : known) names.push_back(name);
  std::size_t reported = 0;
  for (const auto& each : suspects) {
    if (each->gone || !each->is_empty || known.contains(each->name)) continue;
    if (++reported > most_reported) return;
    host_.warn("Consul knows no service \"" + each->name + "\"" + common::nearest(each->name, names) +
               "; it has no endpoints until one is registered");
  }
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
  for (const auto& [key, place] : places_) {
    const auto suspects = named_without_endpoints(key);
    if (suspects.empty()) continue;
    if (const auto known = catalogs_known_.find(key); known != catalogs_known_.end()) {  // watched anyway
      report_unknown(suspects, known->second);
      continue;
    }
    // With rotation all connections are in use, and the catalogue is watched. One that is read only later gives no
    // hint: a connection beyond the option `connections` would cost a service its own.
    if (rotation_runs_ || watches_.size() + catalogs_.size() >= capacity()) continue;
    const auto mine = connection();
    const auto answer = co_await mine->get(catalog_target(settings_, *place, {}, false), patience);
    count(answer);
    // A token may have no right to list what it may read: then there is no hint, and nothing is wrong.
    if (fault_of(answer, settings_, false)) continue;
    std::string why;
    if (const auto known = parse_catalog(answer.body, why)) report_unknown(suspects, *known);
  }
}

}  // namespace drcon::consul
