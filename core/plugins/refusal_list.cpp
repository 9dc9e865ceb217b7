#include "plugins/refusal_list.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace drcon::plugins {

std::vector<refusal> refusal_list::replace_all(const std::vector<refusal>& now) {
  const std::lock_guard lock(mutex_);
  return keep(now, std::exchange(all_, {}));
}

std::vector<refusal> refusal_list::replace(const std::string& service, const std::vector<refusal>& now) {
  const std::lock_guard lock(mutex_);
  std::set<refusal> before;
  auto each = all_.lower_bound({service, {}, {}});
  while (each != all_.end() && each->service == service) before.insert(all_.extract(each++));
  return keep(now, before);
}

std::vector<refusal> refusal_list::keep(const std::vector<refusal>& now, const std::set<refusal>& before) {
  std::vector<refusal> fresh;
  const auto when = std::chrono::system_clock::now();
  for (auto one : now) {
    const auto known = before.find(one);
    one.since = known == before.end() ? when : known->since;
    if (all_.insert(one).second && known == before.end()) fresh.push_back(std::move(one));
  }
  return fresh;
}

refusal refusal_list::begun(refusal one) {
  one.since = std::chrono::system_clock::now();
  return one;
}

bool refusal_list::add(const refusal& one) {
  const std::lock_guard lock(mutex_);
  return all_.size() < most && all_.insert(begun(one)).second;
}

void refusal_list::set(const refusal& one) {
  const std::lock_guard lock(mutex_);
  const auto is_same = [&](const refusal& each) {
    return each.service == one.service && each.endpoint == one.endpoint;
  };
  for (auto each = all_.lower_bound({one.service, one.endpoint, {}}); each != all_.end() && is_same(*each);)
    each = all_.erase(each);
  if (!one.why.empty() && all_.size() < most) all_.insert(begun(one));
}

void refusal_list::clear() {
  const std::lock_guard lock(mutex_);
  all_.clear();
}

std::vector<refusal> refusal_list::first(std::size_t at_most) const {
  const std::lock_guard lock(mutex_);
  const auto count = static_cast<std::ptrdiff_t>(std::min(at_most, all_.size()));
  return {all_.begin(), std::next(all_.begin(), count)};
}

std::string refusal_list::why(const std::string& service, const std::string& endpoint) const {
  const std::lock_guard lock(mutex_);
  auto each = all_.lower_bound({service, {}, {}});
  for (; each != all_.end() && each->service == service; ++each)
    if (each->endpoint.empty() || each->endpoint == endpoint) return each->why;
  return {};
}

std::size_t refusal_list::count() const {
  const std::lock_guard lock(mutex_);
  return all_.size();
}

}  // namespace drcon::plugins
