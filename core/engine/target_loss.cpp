#include "engine/target_loss.hpp"

#include "base/bracketed.hpp"
#include "engine/address_groups.hpp"
#include "model/snapshot.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace drcon::engine {
namespace {

// Which service an address in a text belongs to. A text may have ports elsewhere than behind the addresses.
class owners {
public:
  explicit owners(const model::snapshot& candidate) {
    for (const auto& service : candidate.services())
      for (const auto each : service->endpoints()) {
        const auto host = base::bracketed(each.address());
        by_address_.try_emplace(host, service->name());
        by_address_.try_emplace(host + ":" + std::to_string(each.port()), service->name());
      }
  }
  std::string of(std::string_view address) const {
    const auto found = by_address_.find(address);
    return found == by_address_.end() ? std::string() : found->second;
  }

private:
  std::map<std::string, std::string, std::less<>> by_address_;
};

std::string name_of(const address_group& group, const owners& services) {
  for (const auto address : group.addresses)
    if (auto name = services.of(address); !name.empty()) return name;
  return "of " + std::string(group.addresses.front());
}

}  // namespace

std::optional<target_losses> losses_of_target(std::string_view live, std::string_view wanted,
                                              const model::snapshot& candidate) {
  const auto now = addresses_in(live);
  if (now.empty()) return {};
  const auto later = addresses_in(wanted);
  const owners services(candidate);
  const auto within_one =
      separators_of(now, later, [&services](std::string_view address) { return services.of(address); });
  std::map<std::string, std::size_t> in_place;  // by heading
  for (const auto& each : groups_of(later, within_one)) in_place[each.heading] = each.addresses.size();
  std::set<std::string_view> stay;
  for (const auto& each : later) stay.insert(each.address);
  target_losses found;
  for (const auto& group : groups_of(now, within_one)) {
    const auto same = static_cast<std::size_t>(
        std::ranges::count_if(group.addresses, [&stay](std::string_view each) { return stay.contains(each); }));
    const auto place = in_place.find(group.heading);
    const auto had = group.addresses.size();
    const auto next = std::min(had, std::max(same, place == in_place.end() ? 0 : place->second));
    found.had += had;
    found.next += next;
    if (next < had) found.losing.push_back({.service = name_of(group, services), .had = had, .next = next});
  }
  return found;
}

}  // namespace drcon::engine
