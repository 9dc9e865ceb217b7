// The options of a consul-dns source, read and checked.
#pragma once

#include "consul_dns/pace.hpp"
#include "consul_dns/resolver.hpp"

#include <drcon/options.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace drcon::consul_dns {

/// One service to ask for.
struct watched_service {
  std::string service;       ///< the name it is published under
  std::string question;      ///< the SRV name
  std::string tag;           ///< carried by its endpoints; empty: none
  std::size_t at_least = 0;  ///< endpoints in service without which the source does not become ready
  bool warning = false;      ///< endpoints in warning are published too
  bool of_consul = true;     ///< weight 0 may mean "warning" in Consul; elsewhere it is just the smallest weight
};

struct settings {
  resolver_options resolver;
  std::vector<watched_service> services;
  consul_dns::pace pace;
  std::chrono::nanoseconds absent_after{};
  std::chrono::nanoseconds settle{};
};

settings read_settings(const options& table);

}  // namespace drcon::consul_dns
