// What is reported of a comparison: to the log, the status, and of each endpoint that is not registered.
#include "common/count_of.hpp"
#include "common/short_text.hpp"
#include "consul_catalog/apply.hpp"

namespace drcon::consul_catalog {

// One warning for each change of what is missing. Whoever may label endpoints decides how much that is, and a line for
// each of them at each update would bury the rest of the log.
void applier::log_what_is_missing() {
  std::set<std::string> now;
  for (const auto& [id, each] : desired_->all)
    for (const auto& what : each.left_out)
      now.insert("service '" + each.service + "', endpoint '" + each.endpoint + "': registered without " + what);
  if (now == without_) return;
  without_ = std::move(now);
  if (without_.empty()) return host_.info("every registration has all that its endpoint asks for again");
  std::string text = *without_.begin();
  if (without_.size() > 1)
    text += "; and " + std::to_string(without_.size() - 1) + " more things that registrations are without";
  host_.warn(text);
}

void applier::show(const std::vector<const registration*>& conflicts) const {
  host_.gauge("registered", "Services that are kept registered.",
              static_cast<double>(desired_->all.size() - conflicts.size() - rejected_.size()));
  for (const auto* each : conflicts)
    host_.refused(each->service, each->endpoint,
                  "Consul's agent has a service with the id '" + each->id +
                      "' that is not ours; adopt = true takes it over when no drcon owns it");
  for (const auto& [id, each] : stuck_)
    host_.refused(each.service, id, "it is not desired any more, and Consul does not remove it: " + each.why);
  host_.gauge("not_removed", "Registrations that are not desired any more, and that Consul does not remove.",
              static_cast<double>(stuck_.size()));
  const auto remark = first_remark(conflicts);
  if (remark.empty()) host_.status_ok(common::count_of(desired_->all.size(), "registration"));
  else host_.status_degraded(remark);
}

// What needs attention most, or empty.
std::string applier::first_remark(const std::vector<const registration*>& conflicts) const {
  if (!kept_.empty())
    return common::kept_because_of("service " + kept_.begin()->first, kept_.begin()->second) +
           (kept_.size() > 1 ? " (the same of " + common::count_of(kept_.size() - 1, "more service") + ")" : "");
  if (const auto& other = lease_.bystander(); other && lease_.has_seen_another())
    return "registration '" + other->id + "' has the mark of another drcon (" + place_of(other->holder) +
           ") with the same owner: nothing is removed that this sink has not registered itself; give one of the two "
           "sinks "
           "another 'owner', or deregister it";
  if (const auto& theirs = foreign_.all(); !theirs.empty())
    return common::count_of(theirs.size(), "registration") + (theirs.size() == 1 ? " is" : " are") +
           " of another drcon or another configuration with the same owner, and " +
           (theirs.size() == 1 ? "stays: " : "stay: ") +
           common::first_of(theirs, [](const std::string& id) { return id; }) +
           "; give one of the two sinks another 'owner', or deregister them";
  if (!conflicts.empty())
    return common::count_of(conflicts.size(), "endpoint") + (conflicts.size() == 1 ? " has an id" : " have ids") +
           " that others registered, '" + conflicts.front()->id + "' first";
  if (!rejected_.empty())
    return "Consul refuses " + common::count_of(rejected_.size(), "registration") + ", '" + rejected_.begin()->first +
           "' first";
  if (!stuck_.empty())
    return "Consul does not remove " + common::count_of(stuck_.size(), "registration") +
           (stuck_.size() == 1 ? " that is" : " that are") +
           " not desired any more: " + common::first_of(stuck_, [](const auto& each) { return each.first; }) + "; " +
           stuck_.begin()->second.why;
  if (!left_behind_.empty())
    return common::count_of(left_behind_.size(), "registration") + " of owner '" + left_behind_.begin()->second +
           "', from which others were taken over, " + (left_behind_.size() == 1 ? "is" : "are") +
           " kept by no sink any more: " + common::first_of(left_behind_, [](const auto& each) { return each.first; }) +
           "; deregister them, or give this sink that owner until it has removed them";
  return {};
}

}  // namespace drcon::consul_catalog
