#include "model/difference.hpp"

#include "model/snapshot.hpp"

#include <algorithm>

namespace drcon::model {
namespace {

const std::vector<endpoint>& endpoints_of(const service_ptr& service) {
  static const std::vector<endpoint> none;
  return service ? service->endpoints() : none;
}

// Calls `visit(before, after)` for each endpoint that differs; one of the two is null when it came or went. Both
// lists are sorted by id.
template <class Visit>
void each_difference(const service_change& change, Visit visit) {
  const auto& before = endpoints_of(change.before);
  const auto& after = endpoints_of(change.after);
  auto left = before.begin();
  auto right = after.begin();
  while (left != before.end() || right != after.end()) {
    if (right == after.end() || (left != before.end() && left->id < right->id)) {
      visit(&*left++, nullptr);
    } else if (left == before.end() || right->id < left->id) {
      visit(nullptr, &*right++);
    } else {
      if (*left != *right) visit(&*left, &*right);
      ++left;
      ++right;
    }
  }
}

}  // namespace

const std::string& name_of(const service_change& change) {
  return (change.after ? change.after : change.before)->name();
}

std::vector<service_change> difference(const snapshot* before, const snapshot& after) {
  std::vector<service_change> changes;
  static const std::vector<service_ptr> none;
  const auto& old = before ? before->services() : none;
  auto left = old.begin();
  auto right = after.services().begin();
  while (left != old.end() || right != after.services().end()) {
    if (right == after.services().end() || (left != old.end() && (*left)->name() < (*right)->name())) {
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
    each_difference(change, [&counts](const endpoint* before, const endpoint* after) {
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
    each_difference(change, [&](const endpoint* before, const endpoint* after) {
      if (listed.size() >= limit) return;
      const auto& shown = after ? *after : *before;
      listed.push_back({.service = name,
                        .endpoint = shown.id,
                        .address = shown.address + ":" + std::to_string(shown.port),
                        .what = !before  ? kind::added
                                : !after ? kind::removed
                                         : kind::changed});
    });
  }
  return listed;
}

}  // namespace drcon::model
