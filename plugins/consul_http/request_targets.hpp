// The request targets of Consul's HTTP API.
#pragma once

#include "consul_http/settings.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace drcon::consul {

/// /v1/health/service/NAME: with an index a blocking query, without one a plain one. `confirmed`: the leader answers,
/// and makes sure first that it is the leader and knows all, whatever the option `consistency` says.
std::string service_target(const settings& all, const selection& selected, const std::string& name,
                           std::optional<std::uint64_t> index, bool confirmed);

/// /v1/catalog/services. `confirmed`: as above.
std::string catalog_target(const settings& all, const selection& selected, std::optional<std::uint64_t> index,
                           bool confirmed);

/// /v1/health/state/any, for the checks that do not pass: it answers when any check has changed.
std::string failing_checks_target(const settings& all, const selection& selected, std::optional<std::uint64_t> index);

/// /v1/catalog/nodes, answered by the leader.
std::string nodes_target(const settings& all, const selection& selected, std::optional<std::uint64_t> index);

/// /v1/catalog/node/NODE: the node, and all that is registered at it, answered by the leader.
std::string node_target(const settings& all, const selection& selected, const std::string& node);

}  // namespace drcon::consul
