// The docker source's options, checked and in their own types.
#pragma once

#include "common/http_server.hpp"
#include "docker/conventions.hpp"

#include <drcon/options.hpp>

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace drcon::docker {

struct settings {
  bool is_swarm = false;  ///< the services of a swarm instead of the containers of one engine
  std::chrono::nanoseconds swarm_interval{};
  common::http_server engine;
  rules conventions;
  std::vector<std::string> services;  ///< published even while no container offers them
  std::chrono::nanoseconds resync{};
  std::chrono::nanoseconds settle{};
  std::chrono::nanoseconds stop_wait{};
  std::chrono::nanoseconds timeout{};
  std::chrono::nanoseconds retry_max{};
};

/// The address that this machine uses towards other machines: the default of host_address.
std::string own_address();

/// Throws config_error for what the schema cannot judge.
settings read_settings(const options& table);

}  // namespace drcon::docker
