#include "engine/merge.hpp"

#include "model/snapshot.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace drcon::engine {

namespace {

// Two machines of one name, each in its own datacentre, are common. The id may not be one that is there already.
std::string id_of(const std::string& origin, const std::string& id, const std::set<std::string>& taken) {
  auto made = id;
  while (taken.contains(made)) made.insert(0, origin + "/");
  return made;
}

}  // namespace

model::service_ptr merge_service(const std::vector<part>& parts) {
  if (parts.empty()) return nullptr;
  if (parts.size() == 1) return parts.front().service;
  service merged{.name = parts.front().service->name(), .revision = 0, .endpoints = {}, .values = {}};
  std::set<std::string> ids;
  std::set<std::pair<std::string, std::uint32_t>> places;
  for (const auto& [origin, part] : parts) {
    merged.revision = std::max(merged.revision, part->revision());
    // Two endpoints of one source may share a place on purpose: two names of one process. So the places of this source
    // count only for the sources after it.
    std::set<std::pair<std::string, std::uint32_t>> own_places;
    for (const auto each : part->endpoints()) {
      std::pair place(std::string(each.address()), each.port());
      if (places.contains(place)) continue;
      auto& added = merged.endpoints.emplace_back(each.copy());
      added.id = id_of(origin, added.id, ids);
      ids.insert(added.id);
      own_places.insert(std::move(place));
    }
    places.merge(own_places);
    merged.values.insert(part->values().begin(),
                         part->values().end());  // insert() keeps a value that an earlier source has set
  }
  return std::make_shared<const model::shared_service>(std::move(merged));
}

}  // namespace drcon::engine
