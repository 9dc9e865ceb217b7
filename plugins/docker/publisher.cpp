#include "docker/publisher.hpp"

#include "common/count_of.hpp"

#include <algorithm>
#include <utility>

namespace drcon::docker {

void publisher::take(inventory& found) { stale_.merge(found.changed()); }

void publisher::take_all(const inventory& found) {
  for (const auto& name : expected_) stale_.insert(name);
  for (const auto& [name, endpoints] : published_) stale_.insert(name);
  stale_.merge(found.services());
}

bool publisher::publish(inventory& found, bool keeps_losses) {
  bool any = false;
  for (auto each = stale_.begin(); each != stale_.end();) {
    auto now = found.endpoints(*each);
    if (keeps_losses && would_lose(*each, now)) {
      ++each;
      continue;
    }
    publish_one(*each, std::move(now));
    each = stale_.erase(each);
    any = true;
  }
  return omissions_.report(found.changed_findings()) || any;
}

void publisher::publish_one(const std::string& name, std::vector<endpoint> now) {
  if (now.empty() && std::ranges::find(expected_, name) == expected_.end()) {
    if (published_.erase(name) > 0) host_.withdraw(name);
    return;
  }
  host_.publish({.name = name, .revision = 0, .endpoints = now});
  published_.insert_or_assign(name, std::move(now));
}

bool publisher::would_lose(const std::string& service, const std::vector<endpoint>& now) const {
  const auto before = published_.find(service);
  if (before == published_.end()) return false;
  return std::ranges::any_of(before->second, [&now](const endpoint& each) {
    return std::ranges::none_of(now, [&each](const endpoint& other) { return other.id == each.id; });
  });
}

std::string publisher::report() const {
  std::size_t endpoints = 0;
  for (const auto& [name, each] : published_) endpoints += each.size();
  host_.gauge("containers_not_published", "Running containers that are not published; explain shows why.",
              static_cast<double>(omissions_.count()));
  return common::count_of(published_.size(), "service") + ", " + common::count_of(endpoints, "endpoint") +
         omissions_.text();
}

}  // namespace drcon::docker
