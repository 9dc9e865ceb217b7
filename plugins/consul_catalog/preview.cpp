// What the agent has beside what it should have, for people.
#include "consul_catalog/apply.hpp"

#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

namespace drcon::consul_catalog {
namespace {

using nlohmann::json;

// The body of a registration that is as desired but for the status of its own check.
std::string with_status(const std::string& body, const std::string& status) {
  auto changed = parsed_json(body);
  changed["Checks"].back()["Status"] = status;
  return changed.dump(-1, ' ', false, json::error_handler_t::replace);
}

// What the agent has is read back as it was registered, so that it is shown as that where nobody has changed it.
std::string live_line(const present& now, const registration* desired, const std::string* status) {
  if (desired == nullptr || now.digest != desired->digest) return now.shown;
  if (status == nullptr) return now.shown;
  return *status == desired->status ? desired->body : with_status(desired->body, *status);
}

}  // namespace

std::pair<std::string, std::optional<std::string>> applier::preview(const snapshot_view& snapshot) const {
  const auto desired = desired_from(snapshot, options_.desired);
  std::string next;
  for (const auto& [id, each] : desired.all) next += each.body + "\n";
  target agent(options_.target);
  std::string why;
  const auto now = look(agent, desired, {}, why);
  if (!now) return {std::move(next), std::nullopt};
  std::string live;
  for (const auto& [id, each] : now->services) {  // in order of their ids, as the desired ones are
    const auto wanted = desired.all.find(id);
    const bool is_ours = each.owner == options_.desired.owner && !each.is_of_another(options_.desired.origin);
    if (wanted == desired.all.end() && !is_ours) continue;
    const auto status = now->own_checks.find(id);
    live += live_line(each, wanted == desired.all.end() ? nullptr : &wanted->second,
                      status == now->own_checks.end() ? nullptr : &status->second) +
            "\n";
  }
  return {std::move(next), std::move(live)};
}

}  // namespace drcon::consul_catalog
