#include "consul_catalog/plan.hpp"

#include "common/json_text.hpp"

#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

namespace drcon::consul_catalog {
namespace {

using common::json_text;
using nlohmann::json;

// Whether the agent has what was registered: the digest alone does not show that somebody edited the rest.
bool is_untouched(const json& seen, const json& body) {
  const auto same = [&](const char* seen_key, const char* body_key) {
    return seen.contains(seen_key) && seen[seen_key] == body[body_key];
  };
  const auto tags = seen.value("Tags", json::array());
  return same("Service", "Name") && same("Address", "Address") && same("Port", "Port") && same("Meta", "Meta") &&
         same("Weights", "Weights") && (tags.is_null() ? json::array() : tags) == body["Tags"];
}

bool has_all_checks(const std::set<std::string>& present, const json& body) {
  for (const auto& each : body["Checks"])
    if (!present.contains(each["CheckID"].get<std::string>())) return false;
  return true;
}

}  // namespace

std::optional<agent_state> read_agent(const json& services, const json& checks, const registrations& desired) {
  if (!services.is_object() || !checks.is_object()) return {};
  std::set<std::string> check_ids;
  std::map<std::string, std::string> outputs;  // of own checks, by service
  agent_state result;
  for (const auto& [id, each] : checks.items()) {
    if (!each.is_object()) return {};
    check_ids.insert(id);
    const auto service = json_text(each, "ServiceID");
    if (id != own_check(service)) continue;
    result.own_checks.emplace(service, json_text(each, "Status"));
    outputs.emplace(service, json_text(each, "Output"));
  }
  for (const auto& [id, each] : services.items()) {
    if (!each.is_object()) return {};
    const auto meta = each.value("Meta", json::object());
    present one{.owner = meta.is_object() ? json_text(meta, owner_key) : std::string(),
                .origin = meta.is_object() ? json_text(meta, origin_key) : std::string(),
                .digest = {},
                .service = json_text(each, "Service"),
                .output = outputs[id],
                .shown = {}};
    const auto found = desired.all.find(id);
    if (found != desired.all.end()) {
      const auto body = parsed_json(found->second.body);
      if (is_untouched(each, body) && has_all_checks(check_ids, body)) one.digest = json_text(meta, digest_key);
    }
    if (one.digest.empty() && (found != desired.all.end() || !one.owner.empty()))
      one.shown = each.dump(-1, ' ', false, json::error_handler_t::replace);
    result.services.emplace(id, std::move(one));
  }
  return result;
}

steps plan(const registrations& desired, const agent_state& now, const std::string& owner,
           const std::set<std::string>& adoptable) {
  steps result;
  for (const auto& [id, each] : desired.all) {
    const auto found = now.services.find(id);
    const bool is_others =
        found != now.services.end() && found->second.owner != owner && !adoptable.contains(found->second.owner);
    if (is_others) {
      result.conflicts.push_back(&each);
      continue;
    }
    if (found == now.services.end() || found->second.owner != owner || found->second.digest != each.digest)
      result.to_register.push_back(&each);
    // A registration leaves the status of a check that was there before as it was.
    const auto status = now.own_checks.find(id);
    if (status != now.own_checks.end() && status->second != each.status) result.to_update.push_back(&each);
  }
  for (const auto& [id, each] : now.services)
    if (each.owner == owner && !desired.all.contains(id)) result.to_remove.push_back(id);
  return result;
}

std::map<std::string, common::refused_loss> unbearable_losses(const registrations& desired, const agent_state& now,
                                                              const std::string& owner,
                                                              const std::set<std::string>& missing) {
  std::map<std::string, common::refused_loss> losses;
  for (const auto& each : desired.refused)
    if (each.in_service) {
      ++losses[each.service].desired;
      ++losses[each.service].refused;
    }
  for (const auto& [id, each] : desired.all)
    if (each.in_service()) {
      ++losses[each.service].desired;
      losses[each.service].refused += missing.contains(id) ? 1 : 0;
    }
  for (const auto& [id, each] : now.services) {
    const auto status = now.own_checks.find(id);
    if (each.owner == owner && status != now.own_checks.end() && status->second != "critical")
      ++losses[each.service].served;
  }
  std::erase_if(losses, [](const auto& each) { return !each.second.keeps_last(); });
  return losses;
}

}  // namespace drcon::consul_catalog
