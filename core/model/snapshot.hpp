// Services and snapshots as the host keeps them: immutable, shared, in a fixed order. A change makes a new snapshot
// that shares every service which did not change with the one before, so that its cost follows the change.
//
// Thread rule: immutable once made, so any thread may read them.
#pragma once

#include "model/snapshot_ptr.hpp"

#include <drcon/model.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace drcon::model {

/// How many endpoints there are, of which kinds.
struct population {
  std::size_t endpoints = 0;
  std::size_t in_service = 0;  ///< may get traffic; values count as well, because the brake guards them, too
  std::array<std::size_t, 4> by_health{};

  population& operator+=(const population& other);
  std::size_t count_of(health which) const;
};

/// A service whose endpoints are sorted by id, its view for the C boundary and its counts; all made once.
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
  const population& counts() const noexcept { return counts_; }

private:
  service value_;
  population counts_;  // here, so that a snapshot adds up its services and not all their endpoints at each decision
  c_service view_;
};

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
  /// Null if there is no service of that name.
  const shared_service* find(std::string_view name) const;
  std::size_t endpoint_count() const noexcept { return counts_.endpoints; }
  /// What the brake looks at.
  std::size_t in_service_count() const noexcept { return counts_.in_service; }
  /// Endpoints of one health.
  std::size_t count_of(health which) const { return counts_.count_of(which); }
  /// For the C boundary; lives as long as the snapshot.
  const drcon_snapshot* view() const noexcept { return &view_; }

private:
  std::uint64_t revision_;
  std::vector<service_ptr> services_;
  std::vector<const drcon_service*> pointers_;
  drcon_snapshot view_{};
  population counts_;
};

/// Equal services; the revision does not count. Cheap when they share what did not change.
bool same_content(const snapshot& a, const snapshot& b);

}  // namespace drcon::model
