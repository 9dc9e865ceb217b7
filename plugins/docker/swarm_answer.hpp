// The tasks of a swarm as containers: what a manager says of services, tasks and nodes, put together, so that the same
// conventions hold for a task as for a container.
//
// Pure functions.
#pragma once

#include "docker/answer.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace drcon::docker {

struct swarm_tasks {
  std::vector<container> all;  ///< in order of id: those that a service has, and that have got a node
  std::string fault;           ///< why the answers cannot be read; empty if they can
};

/// From GET /services, /tasks and /nodes. A port that is published by ingress leads to every task of a service from
/// each node: of the tasks on one node, the first that runs stands for all.
swarm_tasks read_tasks(const nlohmann::json& services, const nlohmann::json& tasks, const nlohmann::json& nodes);

}  // namespace drcon::docker
