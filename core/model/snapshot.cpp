#include "model/snapshot.hpp"

#include <algorithm>
#include <utility>

namespace drcon::model {
namespace {

service sorted(service value) {
  std::ranges::sort(value.endpoints);
  return value;
}

}  // namespace

shared_service::shared_service(service value) : value_(sorted(std::move(value))), view_(value_) {}

bool same_content(const shared_service& a, const shared_service& b) {
  return &a == &b || (a.name() == b.name() && a.endpoints() == b.endpoints() && a.values() == b.values());
}

bool in_service(const endpoint& each) {
  return (each.health == health::passing || each.health == health::warning) && each.weight > 0;
}

snapshot::snapshot(std::uint64_t revision, std::vector<service_ptr> services)
    : revision_(revision), services_(std::move(services)) {
  pointers_.reserve(services_.size());
  for (const auto& each : services_) {
    pointers_.push_back(each->view());
    endpoint_count_ += each->endpoints().size();
    in_service_count_ += static_cast<std::size_t>(std::ranges::count_if(each->endpoints(), in_service));
    in_service_count_ += each->values().size();  // the brake guards these as well
    for (const auto& one : each->endpoints()) ++by_health_[one.health];
  }
  view_ = {.size = sizeof(drcon_snapshot),
           .reserved = 0,
           .revision = revision_,
           .services = pointers_.data(),
           .service_count = pointers_.size()};
}

std::size_t snapshot::count_of(health which) const {
  const auto at = by_health_.find(which);
  return at == by_health_.end() ? 0 : at->second;
}

const shared_service* snapshot::find(std::string_view name) const {
  const auto at = std::ranges::lower_bound(services_, name, {},
                                           [](const service_ptr& each) -> std::string_view { return each->name(); });
  return at != services_.end() && (*at)->name() == name ? at->get() : nullptr;
}

bool same_content(const snapshot& a, const snapshot& b) {
  return std::ranges::equal(a.services(), b.services(), [](const service_ptr& left, const service_ptr& right) {
    return same_content(*left, *right);
  });
}

}  // namespace drcon::model
