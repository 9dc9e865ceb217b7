// drcon/update.hpp: what a sink is given, as ranges and string_views over the C structs.
//
// Views borrow: they are valid until the sink has answered the update. Copy what must live longer.
#pragma once

#include <drcon/model.hpp>

#include <cstddef>
#include <iterator>

namespace drcon {

/// Iterates an array of growable structs by its stride, yielding View made from a pointer to each element.
template <class View, class Struct>
class stride_range {
public:
  class iterator {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = View;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = View;

    iterator() = default;
    iterator(const std::byte* at, std::size_t stride) noexcept : at_(at), stride_(stride) {}
    View operator*() const noexcept { return View{reinterpret_cast<const Struct*>(at_)}; }
    iterator& operator++() noexcept {
      at_ += stride_;
      return *this;
    }
    iterator operator++(int) noexcept {
      auto old = *this;
      ++*this;
      return old;
    }
    bool operator==(const iterator&) const = default;

  private:
    const std::byte* at_ = nullptr;
    std::size_t stride_ = 0;
  };

  stride_range(const Struct* first, std::size_t count, std::size_t stride) noexcept
      : first_(reinterpret_cast<const std::byte*>(first)), count_(count), stride_(stride) {}

  iterator begin() const noexcept { return {first_, stride_}; }
  iterator end() const noexcept { return {first_ + count_ * stride_, stride_}; }
  std::size_t size() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  View operator[](std::size_t i) const noexcept { return View{reinterpret_cast<const Struct*>(first_ + i * stride_)}; }

private:
  const std::byte* first_;
  std::size_t count_;
  std::size_t stride_;
};

/// A string of a C array, so that ranges of tags read as ranges of string_view.
struct string_element : std::string_view {
  explicit string_element(const drcon_string* from) noexcept : std::string_view(view(*from)) {}
};

/// A key and a value of the metadata.
struct meta_view {
  std::string_view key, value;
  explicit meta_view(const drcon_pair* from) noexcept : key(view(from->key)), value(view(from->value)) {}
};

class endpoint_view {
public:
  explicit endpoint_view(const drcon_endpoint* from) noexcept : raw_(from) {}

  std::string_view id() const noexcept { return view(raw_->id); }
  std::string_view node() const noexcept { return view(raw_->node); }
  std::string_view address() const noexcept { return view(raw_->address); }
  std::uint32_t port() const noexcept { return raw_->port; }
  std::uint32_t weight() const noexcept { return raw_->weight; }
  std::uint32_t priority() const noexcept { return raw_->priority; }
  drcon::health health() const noexcept { return static_cast<drcon::health>(raw_->health); }
  stride_range<string_element, drcon_string> tags() const noexcept {
    return {raw_->tags, raw_->tag_count, sizeof(drcon_string)};
  }
  stride_range<meta_view, drcon_pair> meta() const noexcept {
    return {raw_->meta, raw_->meta_count, sizeof(drcon_pair)};
  }

  /// An owned copy.
  endpoint copy() const {
    endpoint to{.id = std::string(id()),
                .node = std::string(node()),
                .address = std::string(address()),
                .port = port(),
                .weight = weight(),
                .priority = priority(),
                .health = health(),
                .tags = {},
                .meta = {}};
    for (const auto& tag : tags()) to.tags.emplace_back(tag);
    for (const auto& [key, value] : meta()) to.meta.emplace(key, value);
    return to;
  }

private:
  const drcon_endpoint* raw_;
};

class service_view {
public:
  explicit service_view(const drcon_service* from) noexcept : raw_(from) {}

  std::string_view name() const noexcept { return view(raw_->name); }
  std::uint64_t revision() const noexcept { return raw_->revision; }
  stride_range<endpoint_view, drcon_endpoint> endpoints() const noexcept {
    return {raw_->endpoints, raw_->endpoint_count, raw_->endpoint_size};
  }

  /// Settings instead of endpoints: who routes to endpoints passes such a service over.
  bool is_settings() const noexcept { return DRCON_HAS(raw_, value_count) && raw_->value_count > 0; }
  stride_range<meta_view, drcon_pair> values() const noexcept {
    return {is_settings() ? raw_->values : nullptr, is_settings() ? raw_->value_count : 0, sizeof(drcon_pair)};
  }

  /// An owned copy.
  service copy() const {
    service to{.name = std::string(name()), .revision = revision(), .endpoints = {}, .values = {}};
    for (const auto& [key, value] : values()) to.values.emplace(key, value);
    to.endpoints.reserve(raw_->endpoint_count);
    for (const auto each : endpoints()) to.endpoints.push_back(each.copy());
    return to;
  }

private:
  const drcon_service* raw_;
};

/// An element of a snapshot's array of pointers.
struct service_element : service_view {
  explicit service_element(const drcon_service* const* from) noexcept : service_view(*from) {}
};

class snapshot_view {
public:
  explicit snapshot_view(const drcon_snapshot* from) noexcept : raw_(from) {}

  std::uint64_t revision() const noexcept { return raw_->revision; }
  stride_range<service_element, const drcon_service*> services() const noexcept {
    return {raw_->services, raw_->service_count, sizeof(const drcon_service*)};
  }

private:
  const drcon_snapshot* raw_;
};

class change_view {
public:
  explicit change_view(const drcon_change* from) noexcept : raw_(from) {}

  bool added() const noexcept { return raw_->before == nullptr; }
  bool removed() const noexcept { return raw_->after == nullptr; }
  std::string_view name() const noexcept { return view((removed() ? raw_->before : raw_->after)->name); }
  /// Only when not added().
  service_view before() const noexcept { return service_view{raw_->before}; }
  /// Only when not removed().
  service_view after() const noexcept { return service_view{raw_->after}; }

private:
  const drcon_change* raw_;
};

class update_view {
public:
  explicit update_view(const drcon_update* from) noexcept : raw_(from) {}

  std::uint64_t ticket() const noexcept { return raw_->ticket; }
  /// Nothing is known to have changed; compare the target with wanted() and correct what differs.
  bool reconcile() const noexcept { return (raw_->flags & DRCON_UPDATE_RECONCILE) != 0; }
  snapshot_view wanted() const noexcept { return snapshot_view{raw_->wanted}; }
  bool has_applied() const noexcept { return raw_->applied != nullptr; }
  /// Only when has_applied().
  snapshot_view applied() const noexcept { return snapshot_view{raw_->applied}; }
  stride_range<change_view, drcon_change> changes() const noexcept {
    return {raw_->changes, raw_->change_count, raw_->change_size};
  }
  const drcon_update* get() const noexcept { return raw_; }

private:
  const drcon_update* raw_;
};

}  // namespace drcon
