// drcon/model.hpp: endpoint and service as C++ values, and their way across the C boundary.
//
// Values own what they hold. Views (endpoint_view and its kin, see update.hpp) only borrow.
// Thread rule: none of its own; values are plain data.
#pragma once

#include <drcon/plugin.h>

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace drcon {

enum class health : std::uint32_t {
  passing = DRCON_PASSING,
  warning = DRCON_WARNING,
  critical = DRCON_CRITICAL,
  maintenance = DRCON_MAINTENANCE,
};

/// The word for a health, as in TOML, logs and metrics.
constexpr std::string_view to_string(health value) noexcept {
  switch (value) {
    case health::passing: return "passing";
    case health::warning: return "warning";
    case health::maintenance: return "maintenance";
    case health::critical: break;
  }
  return "critical";  // an unknown health from a newer peer must never attract traffic
}

/// One reachable instance of a service. Meaning of the fields: see drcon_endpoint in plugin.h.
struct endpoint {
  std::string id;
  std::string node;
  std::string address;
  std::uint32_t port = 0;
  std::uint32_t weight = 1;
  std::uint32_t priority = 0;
  drcon::health health = drcon::health::passing;
  std::vector<std::string> tags;
  std::map<std::string, std::string> meta;

  bool operator==(const endpoint&) const = default;
  /// In order of the members above. Through a tuple, since libc++ before 17 cannot compare strings or vectors by <=>.
  auto operator<=>(const endpoint& other) const {
    const auto members = [](const endpoint& of) {
      return std::tie(of.id, of.node, of.address, of.port, of.weight, of.priority, of.health, of.tags, of.meta);
    };
    return members(*this) <=> members(other);
  }
};

/// A service and all of its endpoints; or a set of settings, see drcon_service in plugin.h.
struct service {
  std::string name;
  std::uint64_t revision = 0;
  std::vector<endpoint> endpoints;
  std::map<std::string, std::string> values;
};

inline std::string_view view(drcon_string text) noexcept {
  return text.size == 0 ? std::string_view{} : std::string_view{text.data, text.size};
}

inline drcon_string c_string(std::string_view text) noexcept { return {text.data(), text.size()}; }

/// A service laid out as the C boundary requires. Borrows the strings of the service it was made from, which must
/// outlive it and stay unchanged.
class c_service {
public:
  explicit c_service(const service& from) {
    reserve(from);
    for (const auto& each : from.endpoints) add(each);
    for (const auto& [key, value] : from.values) values_.push_back({c_string(key), c_string(value)});
    view_ = {.size = sizeof(drcon_service),
             .endpoint_size = sizeof(drcon_endpoint),
             .revision = from.revision,
             .name = c_string(from.name),
             .endpoints = endpoints_.data(),
             .endpoint_count = endpoints_.size(),
             .values = values_.data(),
             .value_count = values_.size()};
  }
  c_service(const c_service&) = delete;
  c_service& operator=(const c_service&) = delete;

  const drcon_service* get() const noexcept { return &view_; }

private:
  // Room for everything at once: the endpoints point into these vectors, which must therefore never move.
  void reserve(const service& from) {
    std::size_t tags = 0;
    std::size_t meta = 0;
    for (const auto& each : from.endpoints) {
      tags += each.tags.size();
      meta += each.meta.size();
    }
    endpoints_.reserve(from.endpoints.size());
    values_.reserve(from.values.size());
    tags_.reserve(tags);
    meta_.reserve(meta);
  }

  void add(const endpoint& from) {
    const auto first_tag = tags_.size();
    const auto first_meta = meta_.size();
    for (const auto& tag : from.tags) tags_.push_back(c_string(tag));
    for (const auto& [key, value] : from.meta) meta_.push_back({c_string(key), c_string(value)});
    endpoints_.push_back({.size = sizeof(drcon_endpoint),
                          .port = from.port,
                          .weight = from.weight,
                          .priority = from.priority,
                          .health = static_cast<drcon_health>(from.health),
                          .reserved = 0,
                          .id = c_string(from.id),
                          .node = c_string(from.node),
                          .address = c_string(from.address),
                          .tags = tags_.data() + first_tag,
                          .tag_count = from.tags.size(),
                          .meta = meta_.data() + first_meta,
                          .meta_count = from.meta.size()});
  }

  std::vector<drcon_string> tags_;
  std::vector<drcon_pair> meta_;
  std::vector<drcon_pair> values_;
  std::vector<drcon_endpoint> endpoints_;
  drcon_service view_{};
};

}  // namespace drcon
