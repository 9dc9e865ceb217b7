#include "nomad/probe.hpp"

#include "common/http_client.hpp"
#include "nomad/answer.hpp"

#include <drcon/url.hpp>

namespace drcon::nomad {
namespace {

void probe_service(const settings& options, const selection& asked, const probing& into) {
  const auto query = scope(asked.ns, options.region);
  const auto answer =
      common::get_once(options.server, token_headers(options.token),
                       "/v1/service/" + url_encode(asked.name) + (query.empty() ? "" : "?" + query), into.timeout());
  if (const auto fault = fault_of(answer))
    return into.failed(
        answer.status == 403 ? probed::rights : probed::readable, *fault,
        answer.status == 403 ? "correct the option 'token', or give its policy read-job" : "look at the agent's log");
  std::string why;
  const auto found = read_instances(answer.body, asked, why);
  if (!found) return into.failed(probed::readable, why, "look whether a Nomad agent answers there");
  if (found->endpoints.empty())
    return into.warning(probed::readable, "Nomad has no instance of " + asked.name,
                        "look at `nomad service list`: the job must register it with provider = \"nomad\"");
  into.ok(probed::readable, "Nomad has " + asked.name);
}

}  // namespace

void probe_agent(const settings& options, const probing& into) {
  const auto where = name_of(options.server);
  const auto leader =
      common::get_once(options.server, token_headers(options.token), "/v1/status/leader", into.timeout());
  if (leader.fault != common::http_fault::none)
    return into.failed(probed::reachable, "cannot reach Nomad at " + where + ": " + leader.why,
                       "start the agent, or correct the option 'address'");
  if (leader.status != 200 || leader.body.find(':') == std::string::npos)
    return into.failed(probed::reachable,
                       "Nomad at " + where + " answers, and knows no leader (" + std::to_string(leader.status) + ")",
                       "look at the agent's log, and at `nomad server members`");
  into.ok(probed::reachable, "Nomad answers at " + where);
  for (const auto& each : options.services) probe_service(options, each, into);
}

}  // namespace drcon::nomad
