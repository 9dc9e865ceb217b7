// The source table of the first configuration.
//
// Pure functions.
#pragma once

#include "init/first_configuration.hpp"

namespace drcon::init {

struct source_part {
  std::string name;
  std::string toml;
  std::vector<std::string> services;  ///< that are named; empty when the source publishes whatever there is
  std::vector<step> steps;
};

/// `balancer`: where its backends have the names of services, those are chosen; null: any will do.
source_part consul_source(const consul_agent& agent, const haproxy_server* balancer);
source_part docker_source(const docker_engine& engine, const runner& user);

}  // namespace drcon::init
