#include "model/snapshot.hpp"

#include "model/packed.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace drcon::model {
namespace {

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

bool counts_as_in_service(health which, std::uint32_t weight) {
  return (which == health::passing || which == health::warning) && weight > 0;
}

population count(const std::vector<endpoint>& endpoints, std::size_t values) {
  population counts{.endpoints = endpoints.size(), .in_service = values};
  for (const auto& each : endpoints) {
    if (counts_as_in_service(each.health, each.weight)) ++counts.in_service;
    if (const auto place = place_of(each.health); place < counts.by_health.size()) ++counts.by_health[place];
  }
  return counts;
}

// A change copies one part, and a pointer for each of the others: at ten thousand services both are about as many.
constexpr std::size_t usual_part = 96;
constexpr std::size_t largest_part = 2 * usual_part;

std::string_view first_name(const std::vector<service_ptr>& services) { return services.front()->name(); }
std::string_view name_of_service(const service_ptr& each) { return each->name(); }

// `services` with the changes of [first, last).
template <class Change>
std::vector<service_ptr> with_changes(const std::vector<service_ptr>& services, Change first, Change last) {
  std::vector<service_ptr> made;
  made.reserve(services.size() + static_cast<std::size_t>(std::distance(first, last)));
  auto old = services.begin();
  for (; first != last; ++first) {
    while (old != services.end() && (*old)->name() < first->first) made.push_back(*old++);
    if (old != services.end() && (*old)->name() == first->first) ++old;
    if (first->second) made.push_back(first->second);
  }
  made.insert(made.end(), old, services.end());
  return made;
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

bool in_service(const endpoint& each) { return counts_as_in_service(each.health, each.weight); }
bool in_service(const endpoint_view& each) { return counts_as_in_service(each.health(), each.weight()); }

shared_service::shared_service(service value)
    : name_(std::move(value.name)), values_(std::move(value.values)), counts_(count(value.endpoints, values_.size())) {
  std::ranges::sort(value.endpoints);
  auto packed = pack(value.endpoints, values_);
  block_ = std::move(packed.block);
  view_ = {.size = sizeof(drcon_service),
           .endpoint_size = sizeof(drcon_endpoint),
           .revision = value.revision,
           .name = c_string(name_),
           .endpoints = packed.endpoints,
           .endpoint_count = value.endpoints.size(),
           .values = packed.values,
           .value_count = values_.size()};
}

bool same_content(const endpoint_view& a, const endpoint_view& b) {
  const auto same_pair = [](const meta_view& left, const meta_view& right) {
    return left.key == right.key && left.value == right.value;
  };
  return a.id() == b.id() && a.node() == b.node() && a.address() == b.address() && a.port() == b.port() &&
         a.weight() == b.weight() && a.priority() == b.priority() && a.health() == b.health() &&
         std::ranges::equal(a.tags(), b.tags()) && std::ranges::equal(a.meta(), b.meta(), same_pair);
}

bool same_content(const shared_service& a, const shared_service& b) {
  const auto same_endpoint = [](const endpoint_view& left, const endpoint_view& right) {
    return same_content(left, right);
  };
  return &a == &b || (a.name() == b.name() && a.endpoints().size() == b.endpoints().size() &&
                      std::ranges::equal(a.endpoints(), b.endpoints(), same_endpoint) && a.values() == b.values());
}

// ---- snapshots ----

snapshot::snapshot(std::uint64_t revision, std::vector<service_ptr> services) : revision_(revision) {
  divide(std::move(services));
}

snapshot::snapshot(std::uint64_t revision, const snapshot& base, const service_changes& changes) : revision_(revision) {
  parts_.reserve(base.parts_.size() + 1);
  if (base.parts_.empty()) {
    divide(with_changes({}, changes.begin(), changes.end()));
    return;
  }
  auto change = changes.begin();
  for (auto each = base.parts_.begin(); each != base.parts_.end(); ++each) {
    // What comes before the first part belongs to that one.
    const auto last = std::next(each) == base.parts_.end()
                          ? changes.end()
                          : changes.lower_bound(std::string(first_name((*std::next(each))->services)));
    if (change == last) {
      parts_.push_back(*each);
      counts_ += (*each)->counts;
      service_count_ += (*each)->services.size();
      continue;
    }
    divide(with_changes((*each)->services, change, last));
    change = last;
  }
  // Parts become small when services go: then the pointers to parts would cost as much as those to services.
  if (parts_.size() <= 4 + 4 * service_count_ / usual_part) return;
  std::vector<service_ptr> all(services().begin(), services().end());
  parts_.clear();
  counts_ = {};
  service_count_ = 0;
  divide(std::move(all));
}

// Appends them, as parts of about the same size.
void snapshot::divide(std::vector<service_ptr> services) {
  if (services.size() <= largest_part) return add_part(std::move(services));
  const auto count = (services.size() + usual_part - 1) / usual_part;
  for (std::size_t i = 0; i < count; ++i) {
    const auto at = [&](std::size_t number) {
      return services.begin() + static_cast<std::ptrdiff_t>(services.size() * number / count);
    };
    add_part({std::make_move_iterator(at(i)), std::make_move_iterator(at(i + 1))});
  }
}

void snapshot::add_part(std::vector<service_ptr> services) {
  if (services.empty()) return;
  part made{.services = std::move(services), .counts = {}};
  for (const auto& each : made.services) made.counts += each->counts();
  counts_ += made.counts;
  service_count_ += made.services.size();
  parts_.push_back(std::make_shared<const part>(std::move(made)));
}

snapshot::range snapshot::services() const noexcept {
  const auto* const first = parts_.data();
  return {iterator(first), iterator(first + parts_.size()), service_count_};
}

const service_ptr* snapshot::place_of(std::string_view name) const {
  const auto start_of = [](const part_ptr& each) { return first_name(each->services); };
  const auto after = std::ranges::upper_bound(parts_, name, {}, start_of);
  if (after == parts_.begin()) return nullptr;
  const auto& services = (*std::prev(after))->services;
  const auto found = std::ranges::lower_bound(services, name, {}, name_of_service);
  return found != services.end() && name_of_service(*found) == name ? &*found : nullptr;
}

const shared_service* snapshot::find(std::string_view name) const {
  const auto* const found = place_of(name);
  return found ? found->get() : nullptr;
}

service_ptr snapshot::share(std::string_view name) const {
  const auto* const found = place_of(name);
  return found ? *found : nullptr;
}

std::optional<std::uint64_t> revision_of(const snapshot_ptr& of) {
  if (!of) return {};
  return of->revision();
}

bool same_content(const snapshot& a, const snapshot& b) {
  if (a.services().size() != b.services().size()) return false;
  auto left = a.services().begin();
  auto right = b.services().begin();
  while (left != a.services().end()) {
    if (skip_shared(left, right)) continue;
    if (!same_content(**left, **right)) return false;
    ++left;
    ++right;
  }
  return true;
}

}  // namespace drcon::model
