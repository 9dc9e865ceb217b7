#include "engine/merged_services.hpp"

#include "model/snapshot.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace drcon::engine {

merged_services::merged_services()
    : last_(std::make_shared<const model::snapshot>(0, std::vector<model::service_ptr>{})) {}

model::service_ptr merged_services::find(const std::string& name) const {
  const auto changed = changes_.find(name);
  return changed != changes_.end() ? changed->second : last_->share(name);
}

bool merged_services::set(const std::string& name, model::service_ptr now) {
  const auto before = find(name);
  if (before && now ? same_content(*before, *now) : before == now) return false;
  changes_.insert_or_assign(name, std::move(now));
  return true;
}

void merged_services::fold(std::uint64_t revision) const {
  if (changes_.empty() && last_->revision() == revision) return;
  last_ = std::make_shared<const model::snapshot>(revision, *last_, changes_);
  changes_.clear();
}

std::set<std::string> merged_services::names() const {
  fold(last_->revision());
  std::set<std::string> all;
  for (const auto& each : last_->services()) all.insert(all.end(), each->name());
  return all;
}

model::snapshot_ptr merged_services::snapshot(std::uint64_t revision) const {
  fold(revision);
  return last_;
}

}  // namespace drcon::engine
