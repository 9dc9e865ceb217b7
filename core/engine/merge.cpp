#include "engine/merge.hpp"

#include "model/snapshot.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace drcon::engine {

model::service_ptr merge_service(const std::vector<model::service_ptr>& parts) {
  if (parts.empty()) return nullptr;
  if (parts.size() == 1) return parts.front();
  service merged{.name = parts.front()->name(), .revision = 0, .endpoints = {}, .values = {}};
  std::set<std::string> ids;
  std::set<std::pair<std::string, std::uint32_t>> places;
  for (const auto& part : parts) {
    merged.revision = std::max(merged.revision, part->revision());
    // Two endpoints of one source may share a place on purpose: two names of one process. So the places of this source
    // count only for the sources after it.
    std::set<std::pair<std::string, std::uint32_t>> own_places;
    for (const auto& each : part->endpoints()) {
      if (ids.contains(each.id) || places.contains({each.address, each.port})) continue;
      ids.insert(each.id);
      own_places.emplace(each.address, each.port);
      merged.endpoints.push_back(each);
    }
    places.merge(own_places);
    merged.values.insert(part->values().begin(),
                         part->values().end());  // insert() keeps a value that an earlier source has set
  }
  return std::make_shared<const model::shared_service>(std::move(merged));
}

}  // namespace drcon::engine
