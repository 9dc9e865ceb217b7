// Services and snapshots as the host keeps them: immutable, shared, in a fixed order. A change makes a new snapshot
// that shares with the one before whole parts in which nothing changed, so that its cost follows the change.
//
// Thread rule: immutable once made, so any thread may read them.
#pragma once

#include "model/snapshot_ptr.hpp"

#include <drcon/model.hpp>
#include <drcon/update.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
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

/// A service whose endpoints are sorted by id, and its counts. It is kept as the C boundary needs it, in one block of
/// memory in which equal tags and metadata are there once: a hundred thousand endpoints of C++ strings and maps took
/// several times the memory.
class shared_service {
public:
  explicit shared_service(service value);
  shared_service(const shared_service&) = delete;
  shared_service& operator=(const shared_service&) = delete;

  using endpoint_range = stride_range<endpoint_view, drcon_endpoint>;

  const std::string& name() const noexcept { return name_; }
  endpoint_range endpoints() const noexcept { return service_view(&view_).endpoints(); }
  const std::map<std::string, std::string>& values() const noexcept { return values_; }
  std::uint64_t revision() const noexcept { return view_.revision; }
  /// An owned copy.
  service value() const { return service_view(&view_).copy(); }
  const drcon_service* view() const noexcept { return &view_; }
  const population& counts() const noexcept { return counts_; }

private:
  const std::string name_;
  const std::map<std::string, std::string> values_;
  const population counts_;             // here, so that a snapshot adds up its services and not all their endpoints
  std::unique_ptr<std::byte[]> block_;  // what view_ points to, but for the name and the values
  drcon_service view_{};
};

/// All members are equal.
bool same_content(const endpoint_view& a, const endpoint_view& b);
/// Same name, endpoints and values. The revision does not count: a Consul index moves without a change.
bool same_content(const shared_service& a, const shared_service& b);

/// True for an endpoint that may get traffic; what the brake counts.
bool in_service(const endpoint& each);
bool in_service(const endpoint_view& each);

/// What differs between two snapshots, by name; null: the service is gone.
using service_changes = std::map<std::string, service_ptr>;

/// The complete set of services of a pipeline or a sink, in order of name.
class snapshot {
  // Some dozens of services that follow one another. Snapshots share the parts in which nothing changed: to make one,
  // and to compare two, costs a pointer for each part and not one for each service.
  struct part {
    std::vector<service_ptr> services;  // never empty
    population counts;
  };
  using part_ptr = std::shared_ptr<const part>;

public:
  class iterator {
  public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = service_ptr;
    using difference_type = std::ptrdiff_t;
    using pointer = const service_ptr*;
    using reference = const service_ptr&;

    iterator() = default;
    reference operator*() const { return (*part_)->services[place_]; }
    pointer operator->() const { return &**this; }
    iterator& operator++() {
      if (++place_ == (*part_)->services.size()) skip_part();
      return *this;
    }
    iterator operator++(int) {
      const auto old = *this;
      ++*this;
      return old;
    }
    bool operator==(const iterator&) const = default;
    /// When both are at the start of a part that they share, they go on to the next one: nothing in it differs. None of
    /// the two may be at its end.
    friend bool skip_shared(iterator& a, iterator& b) {
      if (a.place_ != 0 || b.place_ != 0 || *a.part_ != *b.part_) return false;
      a.skip_part();
      b.skip_part();
      return true;
    }

  private:
    friend class snapshot;
    explicit iterator(const part_ptr* at) : part_(at) {}
    void skip_part() {
      ++part_;
      place_ = 0;
    }
    const part_ptr* part_ = nullptr;
    std::size_t place_ = 0;
  };
  /// The services, in order.
  class range {
  public:
    range() = default;
    iterator begin() const { return first_; }
    iterator end() const { return last_; }
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }

  private:
    friend class snapshot;
    range(iterator first, iterator last, std::size_t size) : first_(first), last_(last), size_(size) {}
    iterator first_;
    iterator last_;
    std::size_t size_ = 0;
  };

  /// `services` must be sorted by name, each name once.
  snapshot(std::uint64_t revision, std::vector<service_ptr> services);
  /// The content of another one, but for these changes.
  snapshot(std::uint64_t revision, const snapshot& base, const service_changes& changes = {});
  snapshot(const snapshot&) = delete;
  snapshot& operator=(const snapshot&) = delete;

  std::uint64_t revision() const noexcept { return revision_; }
  range services() const noexcept;
  /// Null if there is no service of that name.
  const shared_service* find(std::string_view name) const;
  /// The same, to be kept.
  service_ptr share(std::string_view name) const;
  std::size_t endpoint_count() const noexcept { return counts_.endpoints; }
  /// What the brake looks at.
  std::size_t in_service_count() const noexcept { return counts_.in_service; }
  /// Endpoints of one health.
  std::size_t count_of(health which) const { return counts_.count_of(which); }

private:
  void divide(std::vector<service_ptr> services);
  void add_part(std::vector<service_ptr> services);
  const service_ptr* place_of(std::string_view name) const;

  std::uint64_t revision_;
  std::vector<part_ptr> parts_;
  std::size_t service_count_ = 0;
  population counts_;
};

/// Nothing where there is no snapshot yet.
std::optional<std::uint64_t> revision_of(const snapshot_ptr& of);

/// Equal services; the revision does not count. Cheap when they share what did not change.
bool same_content(const snapshot& a, const snapshot& b);

}  // namespace drcon::model
