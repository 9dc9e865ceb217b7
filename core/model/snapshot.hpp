// Services and snapshots as the host keeps them: immutable, shared, in a fixed order.
//
// Thread rule: immutable once made, so any thread may read them.
#pragma once

#include <drcon/model.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace drcon::model {

/// A service whose endpoints are sorted by id, and its view for the C boundary, built once.
class shared_service {
public:
  explicit shared_service(service value);
  shared_service(const shared_service&) = delete;
  shared_service& operator=(const shared_service&) = delete;

  const std::string& name() const noexcept { return value_.name; }
  const std::vector<endpoint>& endpoints() const noexcept { return value_.endpoints; }
  const std::map<std::string, std::string>& values() const noexcept { return value_.values; }
  std::uint64_t revision() const noexcept { return value_.revision; }
  const service& value() const noexcept { return value_; }
  const drcon_service* view() const noexcept { return view_.get(); }

private:
  service value_;
  c_service view_;
};

using service_ptr = std::shared_ptr<const shared_service>;

/// Same name, endpoints and values. The revision does not count: a Consul index moves without a change.
bool same_content(const shared_service& a, const shared_service& b);

/// True for an endpoint that may get traffic; what the brake counts.
bool in_service(const endpoint& each);

/// The complete set of services of a pipeline or a sink, in order of name.
class snapshot {
public:
  /// `services` must be sorted by name, each name once.
  snapshot(std::uint64_t revision, std::vector<service_ptr> services);
  snapshot(const snapshot&) = delete;
  snapshot& operator=(const snapshot&) = delete;

  std::uint64_t revision() const noexcept { return revision_; }
  const std::vector<service_ptr>& services() const noexcept { return services_; }
  const shared_service* find(std::string_view name) const;
  std::size_t endpoint_count() const noexcept { return endpoint_count_; }
  std::size_t in_service_count() const noexcept { return in_service_count_; }
  /// Endpoints of one health.
  std::size_t count_of(health which) const;
  const drcon_snapshot* view() const noexcept { return &view_; }

private:
  std::uint64_t revision_;
  std::vector<service_ptr> services_;
  std::vector<const drcon_service*> pointers_;
  drcon_snapshot view_{};
  std::size_t endpoint_count_ = 0;
  std::size_t in_service_count_ = 0;
  std::map<health, std::size_t> by_health_;
};

using snapshot_ptr = std::shared_ptr<const snapshot>;

/// Equal services; the revision does not count. Cheap when they share what did not change.
bool same_content(const snapshot& a, const snapshot& b);

}  // namespace drcon::model
