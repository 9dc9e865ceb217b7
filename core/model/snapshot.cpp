#include "model/snapshot.hpp"

#include <algorithm>
#include <utility>

namespace drcon::model {
namespace {

service sorted(service value) {
  std::ranges::sort(value.endpoints);
  return value;
}

// Where a health is counted. A plugin or a state file of another version may have one that this one does not know: the
// result is then past the end, and it is not counted.
std::size_t place_of(health which) {
  switch (which) {
    case health::passing: return 0;
    case health::warning: return 1;
    case health::critical: return 2;
    case health::maintenance: return 3;
  }
  return 4;
}

population count(const service& value) {
  population counts{.endpoints = value.endpoints.size(), .in_service = value.values.size()};
  for (const auto& each : value.endpoints) {
    if (in_service(each)) ++counts.in_service;
    if (const auto place = place_of(each.health); place < counts.by_health.size()) ++counts.by_health[place];
  }
  return counts;
}

}  // namespace

population& population::operator+=(const population& other) {
  endpoints += other.endpoints;
  in_service += other.in_service;
  for (std::size_t i = 0; i < by_health.size(); ++i) by_health[i] += other.by_health[i];
  return *this;
}

std::size_t population::count_of(health which) const {
  const auto place = place_of(which);
  return place < by_health.size() ? by_health[place] : 0;
}

shared_service::shared_service(service value)
    : value_(sorted(std::move(value))), counts_(count(value_)), view_(value_) {}

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
    counts_ += each->counts();
  }
  view_ = {.size = sizeof(drcon_snapshot),
           .reserved = 0,
           .revision = revision_,
           .services = pointers_.data(),
           .service_count = pointers_.size()};
}

const shared_service* snapshot::find(std::string_view name) const {
  const auto name_of = [](const service_ptr& each) -> std::string_view { return each->name(); };
  const auto found = std::ranges::lower_bound(services_, name, {}, name_of);
  return found != services_.end() && (*found)->name() == name ? found->get() : nullptr;
}

bool same_content(const snapshot& a, const snapshot& b) {
  return std::ranges::equal(a.services(), b.services(), [](const service_ptr& left, const service_ptr& right) {
    return same_content(*left, *right);
  });
}

}  // namespace drcon::model
