// What the agent has beside what it should have, for people.
#include "consul_catalog/apply.hpp"

#include <nlohmann/json.hpp>

namespace drcon::consul_catalog {
namespace {

using nlohmann::json;

// The body of a registration that is as desired but for the status of its own check.
std::string with_status(const std::string& body, const std::string& status) {
  auto changed = json::parse(body);
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

std::vector<applier::shown> applier::preview(const snapshot_view& snapshot) const {
  const auto desired = desired_from(snapshot, options_.desired);
  target agent(options_.target);
  std::string why;
  const auto now = look(agent, desired, {}, why);
  std::vector<shown> all;
  for (const auto& [id, each] : desired.all) {
    shown one{.id = id, .desired = each.body + "\n", .live = {}};
    if (now) {
      const auto found = now->services.find(id);
      const auto status = now->own_checks.find(id);
      one.live =
          found == now->services.end()
              ? std::string()
              : live_line(found->second, &each, status == now->own_checks.end() ? nullptr : &status->second) + "\n";
    }
    all.push_back(std::move(one));
  }
  if (!now) return all;
  for (const auto& [id, each] : now->services)
    if (each.owner == options_.desired.owner && !desired.all.contains(id))
      all.push_back({.id = id, .desired = {}, .live = live_line(each, nullptr, nullptr) + "\n"});
  return all;
}

}  // namespace drcon::consul_catalog
