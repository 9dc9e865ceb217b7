#include "consul_http/probe.hpp"

#include "common/consul_probe.hpp"
#include "common/consul_rules.hpp"
#include "common/count_of.hpp"
#include "common/http_client.hpp"
#include "common/nearest.hpp"
#include "consul_http/agent_limit.hpp"
#include "consul_http/answer.hpp"
#include "consul_http/request_targets.hpp"

#include <drcon/url.hpp>

#include <map>
#include <string_view>
#include <vector>

namespace drcon::consul {
namespace {

namespace shared = common::consul;

std::string scope_of(const selection& place) {
  auto scope = shared::scope(place.ns, place.partition);
  if (!place.datacenter.empty()) scope += (scope.empty() ? "dc=" : "&dc=") + url_encode(place.datacenter);
  return scope;
}

// Each place with the services that are chosen there.
std::map<std::string, std::vector<const selection*>> by_place(const settings& options) {
  std::map<std::string, std::vector<const selection*>> all;
  for (const auto& each : options.services) all[each.place()].push_back(&each);
  return all;
}

void probe_connections(const settings& options, const std::string& self, const probing& into) {
  const auto allowed = parse_agent_limit(self);
  if (!allowed) return;
  const auto used = options.connections.value_or(share_of(*allowed, descriptor_limit()));
  const auto says = *allowed == 0 ? "the agent allows any number of connections"
                                  : "the agent allows " + common::count_of(*allowed, "connection") + " of this machine";
  const auto uses = ", and this source uses " + std::to_string(used) + " at most";
  if (*allowed == 0 || used < *allowed) return into.ok(probed::connections, says + uses);
  into.failed(probed::connections, says + uses,
              "lower the option 'connections', or raise limits.http_max_conns_per_client of the agent");
}

void probe_names(const settings& options, const std::vector<const selection*>& chosen, const probing& into) {
  const auto answer = common::get_once(options.server, shared::token_headers(options.token),
                                       catalog_target(options, *chosen.front(), {}, false), into.timeout());
  if (const auto fault = shared::fault_of(answer, "service:read"))
    return into.failed(probed::parts, "cannot list the services: " + *fault,
                       "see what the agent's log says of this request");
  std::string why;
  const auto known = parse_catalog(answer.body, why);
  if (!known) return into.failed(probed::parts, "cannot read the list of services: " + why, "is this Consul?");
  std::vector<std::string_view> names;
  for (const auto& [name, tags] : *known) names.push_back(name);
  std::size_t there = 0;
  for (const auto* each : chosen) {
    if (!each->by_name() || each->is_unlisted()) continue;
    if (known->contains(each->name)) ++there;
    else
      into.warning(probed::parts, "Consul knows no service \"" + each->name + "\"" + common::nearest(each->name, names),
                   "register it, or correct its name; it has no endpoints until then");
  }
  if (there > 0)
    into.ok(probed::parts, "Consul knows " + common::count_of(there, "service") + " of those that are named");
}

}  // namespace

void probe_agent(const settings& options, const probing& into) {
  const shared::agent agent{.server = options.server, .token = options.token, .scope = {}};
  const auto found = shared::probe_agent(agent, into);
  if (!found.answers) return;
  if (found.self) probe_connections(options, *found.self, into);
  for (const auto& [place, chosen] : by_place(options)) {
    std::vector<shared::needed_right> rights;
    // What a prepared query answers takes rights on services that its definition names.
    for (const auto* each : chosen)
      if (!each->is_query())
        rights.push_back({.resource = "service", .segment = each->name, .may_be_less = !each->by_name()});
    rights.push_back({.resource = "node", .segment = "", .may_be_less = true});
    shared::probe_rights({.server = options.server, .token = options.token, .scope = scope_of(*chosen.front())}, rights,
                         into);
    probe_names(options, chosen, into);
  }
}

}  // namespace drcon::consul
