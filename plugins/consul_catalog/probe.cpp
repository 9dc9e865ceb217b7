#include "consul_catalog/probe.hpp"

#include "common/consul_probe.hpp"

namespace drcon::consul_catalog {

void probe_agent(const target_settings& options, const probing& into) {
  const common::consul::agent agent{.server = options.server, .token = options.token, .scope = options.scope};
  if (!common::consul::probe_agent(agent, into).answers) return;
  // Which services will be registered is known only when there are some.
  common::consul::probe_rights(agent, {{.resource = "service", .segment = "", .access = "write", .may_be_less = true}},
                               into);
}

}  // namespace drcon::consul_catalog
