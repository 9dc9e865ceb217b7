#include "engine/counterparts.hpp"

namespace drcon::engine {

counterparts::counterparts(const model::shared_service& served, const model::shared_service& now) {
  for (const auto each : served.endpoints()) served_.emplace(place_of(each), each);
  for (const auto each : now.endpoints()) {
    now_.emplace(place_of(each), each);
    now_by_id_.emplace(each.id(), each);
  }
}

std::optional<endpoint_view> counterparts::now(const endpoint_view& served) const {
  std::optional<endpoint_view> found;
  const auto [first, last] = now_.equal_range(place_of(served));
  for (auto each = first; each != last; ++each) {
    if (model::in_service(each->second)) return each->second;
    if (!found || each->second.id() == served.id()) found = each->second;
  }
  const auto same_id = with_id_of(served);
  return same_id && (!found || model::in_service(*same_id)) ? same_id : found;
}

std::optional<endpoint_view> counterparts::with_id_of(const endpoint_view& served) const {
  const auto found = now_by_id_.find(served.id());
  if (found == now_by_id_.end()) return {};
  const auto there = at_place_of(found->second);
  if (there && there->id() != served.id()) return {};
  return found->second;
}

std::optional<endpoint_view> counterparts::at_place_of(const endpoint_view& now) const {
  std::optional<endpoint_view> found;
  const auto [first, last] = served_.equal_range(place_of(now));
  for (auto each = first; each != last; ++each)
    if (!found || each->second.id() == now.id()) found = each->second;
  return found;
}

}  // namespace drcon::engine
