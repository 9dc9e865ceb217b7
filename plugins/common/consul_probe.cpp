#include "common/consul_probe.hpp"

#include "common/consul_rules.hpp"
#include "common/http_client.hpp"
#include "common/short_text.hpp"
#include "common/version_probe.hpp"

#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

#include <utility>

namespace drcon::common::consul {
namespace {

using nlohmann::json;

std::string right_text(const needed_right& right) {
  return right.resource + (right.segment.empty() ? "" : " \"" + right.segment + "\"") + ":" + right.access;
}

void report_version(const std::string& body, const std::string& where, const probing& into) {
  const auto self = parsed_json(body);
  const auto config = self.is_object() ? self.find("Config") : self.end();
  std::string version;
  if (self.is_object() && config != self.end() && config->is_object() && config->contains("Version") &&
      (*config)["Version"].is_string())
    version = (*config)["Version"].get<std::string>();
  if (version.empty()) return;
  probe_tested_version("Consul " + version + " at " + where, version, {"1.8.7"}, into);
}

// What refuses the token as a whole, or nothing.
std::string token_fault(const http_answer& answer) {
  if (answer.fault != http_fault::none || answer.status != 403) return {};
  return answer.body.find("ACL not found") != std::string::npos
             ? "Consul does not know the token (" + std::string(shortened(answer.body, 100)) + ")"
             : std::string();
}

}  // namespace

probed_agent probe_agent(const agent& which, const probing& into) {
  const auto where = name_of(which.server);
  const auto headers = token_headers(which.token);
  const auto leader = get_once(which.server, headers, "/v1/status/leader", into.timeout());
  if (leader.fault != http_fault::none) {
    into.failed(probed::reachable, "cannot reach Consul at " + where + ": " + leader.why,
                "start the agent, or correct the option 'address'");
    return {};
  }
  if (leader.status != 200 || leader.body == "\"\"") {
    into.failed(probed::reachable,
                "Consul at " + where + " answers, and knows no leader (" + std::to_string(leader.status) + ")",
                "look at the agent's log, and at `consul members`: it has no server to ask");
    return {};
  }
  into.ok(probed::reachable, "Consul answers at " + where);
  probed_agent found{.answers = true, .self = {}};
  const auto self = get_once(which.server, headers, "/v1/agent/self", into.timeout());
  if (const auto fault = token_fault(self); !fault.empty() && !which.token.empty()) {
    into.failed(probed::rights, fault, "set the option 'token' to one that `consul acl token list` shows");
    return {};
  }
  if (self.fault == http_fault::none && self.status == 200) {
    report_version(self.body, where, into);
    found.self = self.body;
  }
  return found;
}

void probe_rights(const agent& which, const std::vector<needed_right>& all, const probing& into) {
  auto asked = json::array();
  for (const auto& each : all)
    asked.push_back({{"Resource", each.resource}, {"Segment", each.segment}, {"Access", each.access}});
  const auto target = std::string("/v1/internal/acl/authorize") + (which.scope.empty() ? "" : "?") + which.scope;
  const auto answer = post_once(which.server, token_headers(which.token), target, asked.dump(), into.timeout());
  const auto answered = parsed_json(answer.body);
  // With ACLs disabled Consul answers 401, and everybody may do everything.
  if (answer.fault == http_fault::none && answer.status == 401)
    return into.ok(probed::rights, "Consul has ACLs disabled: every right is there");
  if (answer.fault != http_fault::none || answer.status != 200 || !answered.is_array() || answered.size() != all.size())
    return into.warning(probed::rights,
                        "Consul does not say which rights the token has (status " + std::to_string(answer.status) + ")",
                        "make sure that it has " + right_text(all.front()));
  std::string missing;
  bool certain = false;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& one = answered[i];
    if (one.is_object() && one.value("Allow", false)) continue;
    missing += (missing.empty() ? "" : ", ") + right_text(all[i]);
    certain |= !all[i].may_be_less;
  }
  const std::string who = which.token.empty() ? "without a token, drcon" : "the token";
  if (missing.empty()) return into.ok(probed::rights, who + " has the rights that are needed");
  const std::string advice = which.token.empty()
                                 ? "set the option 'token' to one whose policy has these rights"
                                 : "add these rights to a policy of the token, or set the option 'token' to another";
  if (certain) return into.failed(probed::rights, who + " lacks " + missing, advice);
  into.warning(probed::rights, who + " lacks " + missing + " of every name, and may have it of those that are needed",
               advice);
}

}  // namespace drcon::common::consul
