#include "engine/service_filter.hpp"

#include "base/host_name.hpp"
#include "model/snapshot.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace drcon::engine {
namespace {

constexpr std::size_t longest_name = 1000;  // a pattern recurses for each character

config::limit_config with_key(config::limit_config limit) {
  if (limit.key.empty()) limit.key = base::host_name();
  return limit;
}

// FNV-1a with a final mix: it gives the same score on every machine, and ids that differ little get scores far apart.
std::uint64_t score_of(std::string_view key, std::string_view service, std::string_view id) {
  std::uint64_t hash = 14695981039346656037ULL;
  const auto add = [&hash](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    hash *= 1099511628211ULL;  // so that "ab" + "c" is not "a" + "bc"
  };
  add(key);
  add(service);
  add(id);
  hash ^= hash >> 33U;
  hash *= 0xff51afd7ed558ccdULL;
  return hash ^ (hash >> 33U);
}

template <class Texts>
bool holds(const Texts& all, std::string_view one) {
  return std::ranges::any_of(all, [one](std::string_view each) { return each == one; });
}

}  // namespace

service_filter::service_filter(const config::filter_config& filter, const config::limit_config& limit)
    : filter_(filter), limit_(with_key(limit)), name_(filter.service) {}

bool service_filter::takes(const std::string& service) const {
  if (filter_.service.empty()) return true;
  return service.size() <= longest_name && name_.matches_whole(service);
}

service_filter::unfit service_filter::judge(const endpoint_view& each) const {
  if (!filter_.health.empty() && !holds(filter_.health, to_string(each.health()))) return unfit::health;
  if (!std::ranges::all_of(filter_.tags, [&](const auto& tag) { return holds(each.tags(), tag); })) return unfit::tags;
  if (std::ranges::any_of(filter_.without_tags, [&](const auto& tag) { return holds(each.tags(), tag); }))
    return unfit::without_tags;
  const auto meta = [&](const std::string& key) {
    for (const auto& entry : each.meta())
      if (entry.key == key) return entry.value;
    return std::string_view();
  };
  if (!filter_.datacenter.empty() && !holds(filter_.datacenter, meta("datacenter"))) return unfit::datacenter;
  if (!std::ranges::all_of(filter_.meta, [&](const auto& wanted) { return meta(wanted.first) == wanted.second; }))
    return unfit::meta;
  return unfit::no;
}

std::string service_filter::why_not(const std::string& service, const endpoint_view& each) const {
  if (!takes(service)) return "filter.service = \"" + filter_.service + "\" leaves out the service " + service;
  const auto list = [](const std::vector<std::string>& all) { return fmt::format("{}", fmt::join(all, ", ")); };
  const auto tags = [&each] { return std::vector<std::string>(each.tags().begin(), each.tags().end()); };
  switch (judge(each)) {
    case unfit::no: break;
    case unfit::health:
      return fmt::format("filter.health takes {}; it is {}", list(filter_.health), to_string(each.health()));
    case unfit::tags:
      return fmt::format("filter.tags requires {}; it has {}", list(filter_.tags),
                         each.tags().empty() ? "none" : list(tags()));
    case unfit::without_tags:
      return fmt::format("filter.without_tags leaves out {}; it has {}", list(filter_.without_tags), list(tags()));
    case unfit::datacenter:
      return fmt::format("filter.datacenter takes {}; it is of another one", list(filter_.datacenter));
    case unfit::meta: return "filter.meta requires values that it does not have";
  }
  return {};
}

// Keeps the endpoints with the lowest scores (rendezvous hashing). A score depends on the endpoint and on this host
// only, so that hosts choose differently, and an endpoint that comes or goes moves at most one other.
void service_filter::choose(const std::string& service, std::vector<endpoint_view>& endpoints) const {
  const auto most = static_cast<std::size_t>(limit_.endpoints);
  if (most == 0 || endpoints.size() <= most) return;
  std::vector<std::pair<std::pair<bool, std::uint64_t>, std::size_t>> order;
  for (std::size_t i = 0; i < endpoints.size(); ++i)
    order.push_back({{!model::in_service(endpoints[i]), score_of(limit_.key, service, endpoints[i].id())}, i});
  std::ranges::nth_element(order, order.begin() + static_cast<std::ptrdiff_t>(most));
  std::vector<endpoint_view> chosen;
  for (std::size_t i = 0; i < most; ++i) chosen.push_back(endpoints[order[i].second]);
  endpoints = std::move(chosen);
}

model::service_ptr service_filter::apply(const model::service_ptr& whole) const {
  if (!whole || !takes(whole->name())) return nullptr;
  std::vector<endpoint_view> taken;
  for (const auto each : whole->endpoints())
    if (takes(each)) taken.push_back(each);
  const auto most = static_cast<std::size_t>(limit_.endpoints);
  if (taken.size() == whole->endpoints().size() && (most == 0 || taken.size() <= most)) return whole;
  service part{.name = whole->name(), .revision = whole->revision(), .endpoints = {}, .values = whole->values()};
  choose(part.name, taken);
  for (const auto& each : taken) part.endpoints.push_back(each.copy());
  return std::make_shared<const model::shared_service>(std::move(part));
}

}  // namespace drcon::engine
