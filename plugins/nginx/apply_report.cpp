// What is reported of a change: the services and endpoints without it, and what needs attention.
#include "common/count_of.hpp"
#include "nginx/apply.hpp"
#include "nginx/keep_last_servers.hpp"

namespace drcon::nginx {

void applier::leave_out(const std::map<std::string, std::string>& services) const {
  for (const auto& [name, why] : services) host_.refused(name, {}, why);
}

// Requests for such a service go to servers that are gone, as far as the registry knows.
void applier::report_kept(const std::vector<upstream>& admitted) const {
  std::size_t count = 0;
  for (const auto& each : admitted) {
    const bool too_few_left = loss_of(each, last_).keeps_last();
    count += too_few_left ? 1 : 0;
    if (too_few_left || !each.servers.empty() || form_.empty != empty_policy::keep || !last_.contains(each.name))
      continue;
    ++count;
    host_.refused(each.name, {}, "service " + each.name + " has no usable endpoints; its last servers are kept");
  }
  host_.gauge("kept_services", "Services without usable endpoints whose last servers are kept.",
              static_cast<double>(count));
}

void applier::report(const left_out& omitted, const std::vector<upstream>& admitted) {
  std::vector<std::string> remarks;
  if (!warning_.empty()) remarks.push_back(warning_);
  if (live_ && !live_->remark().empty()) remarks.push_back(live_->remark());
  if (!form_.sticky.empty() && !form_.can_stick)
    remarks.push_back("sticky is left out, since this nginx is older than 1.29.6: sessions are not bound to servers");
  for (const auto& each : admitted)
    if (const auto loss = loss_of(each, last_); loss.keeps_last())
      remarks.push_back(common::kept_because_of("service " + each.name, loss));
  if (!retained_.empty()) {
    std::string names;
    for (const auto& name : retained_) names += (names.empty() ? "" : ", ") + name;
    remarks.push_back("gone from the registry, but nginx's configuration still needs them: " + names +
                      "; kept as empty services (" + retained_why_ + ")");
  }
  for (const auto& [name, why] : omitted.services) {
    host_.refused(name, {}, why);
    remarks.push_back("left out " + name +
                      ", since nginx's own configuration has an upstream, or a host, of that name");
  }
  for (const auto& [which, why] : omitted.endpoints) host_.refused(which.first, which.second, why);
  if (!omitted.endpoints.empty())
    remarks.push_back("left out " + common::count_of(omitted.endpoints.size(), "endpoint") +
                      " whose host name does not resolve, the first one " + omitted.endpoints.begin()->first.second +
                      " of " + omitted.endpoints.begin()->first.first);
  remarks_.emplace();
  for (const auto& each : remarks) *remarks_ += (remarks_->empty() ? "" : "; ") + each;
  watch_retirement();
}

void applier::watch_retirement() {
  if (!remarks_) return;
  if (live_) live_->watch();
  if (master_) retirement_.look(*master_);
  host_.gauge("retiring_workers", "Workers of earlier generations of nginx that have not ended.",
              static_cast<double>(retirement_.workers()));
  show_status();
}

void applier::show_status() const {
  bool is_fault = false;
  auto left = retirement_.remark(is_fault);
  if (const auto doubt = live_ ? live_->doubt() : std::string(); !doubt.empty()) {
    is_fault = true;
    left += (left.empty() ? "" : "; ") + doubt;
  }
  if (remarks_->empty() && !is_fault) return host_.status_ok(left);
  host_.status_degraded(*remarks_ + (remarks_->empty() || left.empty() ? "" : "; ") + left);
}

}  // namespace drcon::nginx
