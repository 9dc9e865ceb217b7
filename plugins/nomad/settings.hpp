// The nomad source's options, checked and in their own types.
#pragma once

#include "common/http_server.hpp"

#include <drcon/options.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace drcon::nomad {

/// A service of Nomad's own service discovery.
struct selection {
  std::string name;
  std::string as;                 ///< the name that it is published under
  std::string ns;                 ///< Nomad's namespace; empty: the default one
  std::vector<std::string> tags;  ///< only instances that carry all of them
  std::string filter;             ///< an expression of Nomad's filter language, or empty
  std::size_t at_least = 0;
};

struct settings {
  common::http_server server;
  std::string token;
  std::string region;
  std::vector<selection> services;
  std::chrono::nanoseconds wait{};
  std::chrono::nanoseconds retry_max{};
};

/// Throws config_error for what the schema cannot judge.
settings read_settings(const options& table);

}  // namespace drcon::nomad
