// drcon/testing/update.hpp: an update as a sink gets it, made from plain services.
//
// It goes when the object goes: under AddressSanitizer a sink that uses it after `done` is caught.
#pragma once

#include <drcon/model.hpp>

#include <algorithm>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace drcon::testing {

/// Services laid out in the order that the host keeps. Borrowed views point into it: it stays where it is.
class snapshot {
public:
  explicit snapshot(std::vector<service> services, std::uint64_t revision = 0) : services_(std::move(services)) {
    std::sort(services_.begin(), services_.end(), [](auto& a, auto& b) { return a.name < b.name; });
    for (auto& each : services_) {
      std::sort(each.endpoints.begin(), each.endpoints.end());
      pointers_.push_back(views_.emplace_back(each).get());
    }
    view_ = {.size = sizeof(drcon_snapshot),
             .reserved = 0,
             .revision = revision,
             .services = pointers_.data(),
             .service_count = pointers_.size()};
  }
  snapshot(const snapshot&) = delete;
  snapshot& operator=(const snapshot&) = delete;

  const drcon_snapshot* get() const noexcept { return &view_; }
  const std::vector<service>& services() const noexcept { return services_; }

private:
  std::vector<service> services_;
  std::list<c_service> views_;
  std::vector<const drcon_service*> pointers_;
  drcon_snapshot view_{};
};

class update {
public:
  /// From `applied` (nothing: never applied) to `wanted`.
  update(std::uint64_t ticket, std::vector<service> wanted, std::optional<std::vector<service>> applied,
         std::uint32_t flags = 0)
      : wanted_(std::move(wanted), ticket) {
    if (applied) applied_ = std::make_unique<snapshot>(std::move(*applied), ticket - 1);
    find_changes();
    view_ = {.size = sizeof(drcon_update),
             .flags = flags,
             .ticket = ticket,
             .wanted = wanted_.get(),
             .applied = applied_ ? applied_->get() : nullptr,
             .changes = changes_.data(),
             .change_count = changes_.size(),
             .change_size = sizeof(drcon_change)};
  }
  update(const update&) = delete;
  update& operator=(const update&) = delete;

  const drcon_update* get() const noexcept { return &view_; }

private:
  static bool equal(const service& a, const service& b) { return a.endpoints == b.endpoints && a.values == b.values; }

  // Both sides are in order of name.
  void find_changes() {
    static const std::vector<service> none;
    const auto& before = applied_ ? applied_->services() : none;
    const auto& after = wanted_.services();
    std::size_t b = 0;
    std::size_t a = 0;
    while (b < before.size() || a < after.size()) {
      const bool only_before = a == after.size() || (b < before.size() && before[b].name < after[a].name);
      const bool only_after = !only_before && (b == before.size() || after[a].name < before[b].name);
      if (only_before) add(applied_->get()->services[b++], nullptr);
      else if (only_after) add(nullptr, wanted_.get()->services[a++]);
      else {
        if (!equal(before[b], after[a])) add(applied_->get()->services[b], wanted_.get()->services[a]);
        ++b;
        ++a;
      }
    }
  }
  void add(const drcon_service* before, const drcon_service* after) {
    changes_.push_back({.size = sizeof(drcon_change), .reserved = 0, .before = before, .after = after});
  }

  snapshot wanted_;
  std::unique_ptr<snapshot> applied_;
  std::vector<drcon_change> changes_;
  drcon_update view_{};
};

}  // namespace drcon::testing
