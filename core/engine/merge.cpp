#include "engine/merge.hpp"

#include "model/snapshot.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace drcon::engine {

namespace {

using ids = std::set<std::string, std::less<>>;
using place = std::pair<std::string, std::uint32_t>;

// An endpoint that goes into the merged service.
struct taken {
  const std::string* origin = nullptr;
  endpoint value;
  bool is_named = false;
};

// Two machines of one name, each in its own datacentre, are common. The id may not be one that is there already.
std::string id_of(const std::string& origin, const std::string& id, const ids& taken) {
  auto made = id;
  while (taken.contains(made)) made.insert(0, origin + "/");
  return made;
}

// Whether id_of() may have made it of that id.
bool is_made_of(std::string_view made, const std::string& origin, const std::string& id) {
  while (made != id) {
    if (!made.starts_with(origin) || made.size() <= origin.size() || made[origin.size()] != '/') return false;
    made.remove_prefix(origin.size() + 1);
  }
  return true;
}

std::vector<taken> all_of(const std::vector<part>& parts) {
  std::vector<taken> all;
  std::set<place> places;
  for (const auto& [origin, part] : parts) {
    // Two endpoints of one source may share a place on purpose: two names of one process. So the places of this source
    // count only for the sources after it.
    std::set<place> own_places;
    for (const auto each : part->endpoints()) {
      place at(std::string(each.address()), each.port());
      if (places.contains(at)) continue;
      all.push_back({.origin = &origin, .value = each.copy()});
      own_places.insert(std::move(at));
    }
    places.merge(own_places);
  }
  return all;
}

// Those at their places first: whoever comes takes no id from one that has it.
ids keep_ids(std::vector<taken>& all, const model::service_ptr& before) {
  ids kept;
  if (!before) return kept;
  std::multimap<std::pair<std::string_view, std::uint32_t>, std::string_view> had;
  for (const auto each : before->endpoints()) had.emplace(std::pair(each.address(), each.port()), each.id());
  for (auto& each : all) {
    const auto [first, last] = had.equal_range({each.value.address, each.value.port});
    const auto found = std::find_if(first, last, [&](const auto& one) {
      return is_made_of(one.second, *each.origin, each.value.id) && !kept.contains(one.second);
    });
    if (found == last) continue;
    each.value.id = found->second;
    each.is_named = true;
    kept.insert(each.value.id);
  }
  return kept;
}

// Nothing of it was ever given another id, which is so of nearly every service.
bool is_as_it_is(const part& only, const model::service_ptr& before) {
  if (!before) return true;
  const auto prefix = only.origin + "/";
  return std::ranges::none_of(before->endpoints(), [&](const auto& each) { return each.id().starts_with(prefix); });
}

}  // namespace

model::service_ptr merge_service(const std::vector<part>& parts, const model::service_ptr& before) {
  if (parts.empty()) return nullptr;
  if (parts.size() == 1 && is_as_it_is(parts.front(), before)) return parts.front().service;
  service merged{.name = parts.front().service->name(), .revision = 0, .endpoints = {}, .values = {}};
  for (const auto& [origin, part] : parts) {
    merged.revision = std::max(merged.revision, part->revision());
    merged.values.insert(part->values().begin(),
                         part->values().end());  // insert() keeps a value that an earlier source has set
  }
  auto all = all_of(parts);
  auto taken = keep_ids(all, before);
  for (auto& each : all) {
    if (!each.is_named) each.value.id = id_of(*each.origin, each.value.id, taken);
    taken.insert(each.value.id);
    merged.endpoints.push_back(std::move(each.value));
  }
  return std::make_shared<const model::shared_service>(std::move(merged));
}

}  // namespace drcon::engine
