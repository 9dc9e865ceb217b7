#include "model/difference.hpp"

#include "model/snapshot.hpp"

#include <optional>

namespace drcon::model {
namespace {

shared_service::endpoint_range endpoints_of(const service_ptr& service) {
  return service ? service->endpoints() : shared_service::endpoint_range(nullptr, 0, sizeof(drcon_endpoint));
}

// Calls `visit(before, after)` for each endpoint that differs; one of the two is empty when it came or went. Both
// ranges are sorted by id.
template <class Visit>
void each_difference(const service_change& change, Visit visit) {
  const auto before = endpoints_of(change.before);
  const auto after = endpoints_of(change.after);
  std::size_t left = 0;
  std::size_t right = 0;
  while (left < before.size() || right < after.size()) {
    std::optional<endpoint_view> old;
    std::optional<endpoint_view> now;
    if (left < before.size()) old = before[left];
    if (right < after.size()) now = after[right];
    if (old && now) {
      if (old->id() < now->id()) now.reset();
      else if (now->id() < old->id()) old.reset();
    }
    left += old ? 1 : 0;
    right += now ? 1 : 0;
    if (!old || !now || !same_content(*old, *now)) visit(old, now);
  }
}

}  // namespace

const std::string& name_of(const service_change& change) {
  return (change.after ? change.after : change.before)->name();
}

std::vector<service_change> difference(const snapshot* before, const snapshot& after) {
  std::vector<service_change> changes;
  const auto old = before ? before->services() : snapshot::range();
  auto left = old.begin();
  auto right = after.services().begin();
  const auto end = after.services().end();
  while (left != old.end() || right != end) {
    if (left != old.end() && right != end && skip_shared(left, right)) continue;
    if (right == end || (left != old.end() && (*left)->name() < (*right)->name())) {
      changes.push_back({*left++, nullptr});
    } else if (left == old.end() || (*right)->name() < (*left)->name()) {
      changes.push_back({nullptr, *right++});
    } else {
      if (!same_content(**left, **right)) changes.push_back({*left, *right});
      ++left;
      ++right;
    }
  }
  return changes;
}

endpoint_counts count_endpoints(const std::vector<service_change>& changes) {
  endpoint_counts counts;
  for (const auto& change : changes) {
    each_difference(change, [&counts](const auto& before, const auto& after) {
      if (!before) ++counts.added;
      else if (!after) ++counts.removed;
      else ++counts.changed;
    });
  }
  return counts;
}

const char* to_string(enum endpoint_change::kind what) {
  switch (what) {
    case endpoint_change::kind::added: return "added";
    case endpoint_change::kind::removed: return "removed";
    case endpoint_change::kind::changed: break;
  }
  return "changed";
}

std::vector<endpoint_change> list_endpoints(const std::vector<service_change>& changes, std::size_t limit) {
  using kind = endpoint_change::kind;
  std::vector<endpoint_change> listed;
  for (const auto& change : changes) {
    const auto& name = name_of(change);
    each_difference(change, [&](const auto& before, const auto& after) {
      if (listed.size() >= limit) return;
      const auto& shown = after ? *after : *before;
      listed.push_back({.service = name,
                        .endpoint = std::string(shown.id()),
                        .address = std::string(shown.address()) + ":" + std::to_string(shown.port()),
                        .what = !before  ? kind::added
                                : !after ? kind::removed
                                         : kind::changed});
    });
  }
  return listed;
}

}  // namespace drcon::model
