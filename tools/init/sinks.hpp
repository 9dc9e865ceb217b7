// The sink table of the first configuration.
//
// Pure functions but for the rights of directories, which are looked up.
#pragma once

#include "init/first_configuration.hpp"

namespace drcon::init {

struct sink_part {
  std::string name;
  std::string toml;
  std::vector<step> steps;               ///< before drcon is started
  std::vector<step> steps_when_it_runs;  ///< what needs what drcon has written
};

/// `services`: those whose names are known; the first stands in the examples.
sink_part nginx_sink(const nginx_server& nginx, const std::vector<std::string>& services, const runner& user);
sink_part haproxy_sink(const haproxy_server& haproxy, const std::vector<std::string>& services, const runner& user);
/// Registers at the agent what the source publishes, as Registrator does.
sink_part catalog_sink(const consul_agent& agent);

}  // namespace drcon::init
