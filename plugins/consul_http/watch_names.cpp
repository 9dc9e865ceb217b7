// Which services there are, where a rule chooses them and not their names: what a catalogue says, and what becomes of a
// place whose catalogue cannot be had, such as a datacentre that is away.
#include "consul_http/watch_internal.hpp"

#include "common/consul_rules.hpp"

#include <drcon/names.h>

#include <algorithm>
#include <utility>

namespace drcon::consul {
namespace {

// Null with a host that has no such ability: then nothing can be said of names that are not known.
const drcon_names* names_of(const context& host) { return host.ability<drcon_names>(DRCON_NAMES); }

// For people, and so that no two parts have one name.
std::string part_of(const selection& chosen) {
  auto text = chosen.match ? "match '" + chosen.match_text + "'" : "with_tag '" + chosen.with_tag + "'";
  if (!chosen.datacenter.empty()) text += " in datacenter " + chosen.datacenter;
  if (!chosen.ns.empty()) text += " in namespace " + chosen.ns;
  if (!chosen.partition.empty()) text += " in partition " + chosen.partition;
  return text;
}

}  // namespace

// The catalogue reports which services there are, and, for rotation, which may have changed.
void watcher::take_catalog(const selection& place, const catalog& now, bool has_index) {
  const auto key = place.place();
  const bool is_first = !catalogs_known_.contains(key);
  auto& known = catalogs_known_[key];
  for (const auto& [name, tags] : now) {
    const auto before = known.find(name);
    if (before == known.end() || before->second != tags) suspect(name);
  }
  const auto left_out_before = std::exchange(left_out_[key], {});
  const auto selected = choose_from(key, now);
  for (const auto& [name, tags] : known) {
    if (!now.contains(name)) suspect(name);
    const auto found = watches_.find(name);
    if (found == watches_.end() || selected.contains(name)) continue;
    if (!found->second->selected_by->by_name() && found->second->selected_by->place() == key) drop(name);
  }
  known = now;
  // Names that may have been of this place are now known to be of others, or not.
  if (is_first)
    for (const auto& [other, services] : catalogs_known_)
      if (other != key) choose_from(other, services);
  if (left_out_[key] != left_out_before) report_status();
  registrations_changed(key, has_index);
  wake_rotation();
  balance();
}

// Watches what entries choose of a place's catalogue; returns the names.
std::set<std::string> watcher::choose_from(const std::string& place, const catalog& now) {
  std::set<std::string> selected;
  for (const auto& each : settings_.services) {
    if (each.by_name() || each.place() != place) continue;
    for (const auto& [name, tags] : now) {
      if (name.size() > longest_name) {
        left_out_[place].insert(name);
        continue;
      }
      const bool matches = each.match ? each.match->matches_whole(name) : tags.contains(each.with_tag);
      if (!matches || may_be_of_an_earlier_entry(each, name)) continue;
      if (!common::consul::fits_path(name)) {
        left_out_[place].insert(name);
        continue;
      }
      selected.insert(name);
      add(each, name);
    }
  }
  return selected;
}

// An earlier entry goes first. While nobody knows which services are its own, another's of such a name must not take
// the place of what is served.
bool watcher::may_be_of_an_earlier_entry(const selection& each, const std::string& name) const {
  for (const auto& earlier : settings_.services) {
    if (&earlier == &each) return false;
    if (earlier.by_name() || catalogs_known_.contains(earlier.place())) continue;
    if (!earlier.match || earlier.match->matches_whole(name)) return true;
  }
  return false;
}

// Its names must not keep the source from being ready for ever: a datacentre may be away for days. The host keeps what
// it served of them.
void watcher::catalog_failed(const std::string& place, const common::http_answer& answer, const std::string& why) {
  if (readiness_.is_ready() || readiness_.in_outage() || nothing_works() || !catalogs_.contains(place)) {
    catalog_errors_.erase(place);
    return;
  }
  const auto how = common::consul::kind_of(answer);
  if (how == common::failure::unanswered) return;
  if (!common::readiness::waits_in_vain(how, ++catalog_errors_[place], catalogs_known_.contains(place))) return;
  const auto* host_names = names_of(host_);
  if (host_names == nullptr) return;
  for (const auto& each : settings_.services) {
    if (each.by_name() || each.place() != place) continue;
    const auto part = part_of(each);
    nameless_[place].insert(part);
    host_names->unknown(host_.instance(), c_string(part), c_string(each.match_text), c_string(why));
  }
  report_status();
  become_ready();
}

// Once each service that a catalogue has named since then was asked about: until then the host may still need to know
// that a service is not gone.
void watcher::settle_names() {
  if (readiness_.in_outage() || !readiness_.all_heard()) return;
  const auto settled = std::erase_if(nameless_, [this](const auto& each) {
    if (!catalogs_heard_.contains(each.first)) return false;
    for (const auto& part : each.second) names_of(host_)->known(host_.instance(), c_string(part));
    return true;
  });
  if (settled > 0) report_status();
}

}  // namespace drcon::consul
