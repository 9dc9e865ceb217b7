// Whether a Consul agent will do: it answers, its version, its token's rights, the connections that it allows.
//
// Nothing is changed at the agent. Thread rule: any; blocks the caller.
#pragma once

#include "common/http_server.hpp"

#include <drcon/probe.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace drcon::common::consul {

/// A right of Consul's ACL language: {"service", "web", "read"}; an empty segment is every one of that kind.
struct needed_right {
  std::string resource;
  std::string segment;
  std::string access = "read";
  bool may_be_less = false;  ///< a right to a part of it would do, which nobody can know
};

struct agent {
  const http_server& server;
  const std::string& token;
  std::string scope;  ///< "dc=…&ns=…", or empty
};

struct probed_agent {
  bool answers = false;
  std::optional<std::string> self;  ///< the body of /v1/agent/self, where the token may read it
};

/// Whether it answers, and its version. Only when it does is there anything else to look at.
probed_agent probe_agent(const agent& which, const probing& into);

/// Whether the token has each right. Consul hides what a token may not read, so that a missing right looks like a
/// service without endpoints.
void probe_rights(const agent& which, const std::vector<needed_right>& all, const probing& into);

}  // namespace drcon::common::consul
