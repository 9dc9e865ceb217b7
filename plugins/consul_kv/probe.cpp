#include "consul_kv/probe.hpp"

#include "common/consul_probe.hpp"

#include <vector>

namespace drcon::consul_kv {

void probe_agent(const settings& options, const probing& into) {
  const common::consul::agent agent{.server = options.server, .token = options.token, .scope = options.scope};
  if (!common::consul::probe_agent(agent, into).answers) return;
  std::vector<common::consul::needed_right> rights;
  for (const auto& each : options.keys)
    rights.push_back({.resource = "key", .segment = each.path, .may_be_less = each.is_prefix});
  common::consul::probe_rights(agent, rights, into);
}

}  // namespace drcon::consul_kv
