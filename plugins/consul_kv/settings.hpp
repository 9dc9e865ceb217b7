// The consul-kv source's options, checked and in their own types.
#pragma once

#include "common/http_server.hpp"

#include <drcon/options.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace drcon::consul_kv {

/// What it means that Consul has nothing of an entry.
enum class absence {
  reported,  ///< no value is published, and the status says so
  awaited,   ///< it is unknown: the source is not ready before it has been there, and later its last value stays
  normal,    ///< no value is published
};

/// A key, or all below a prefix.
struct selection {
  std::string path;  ///< of the key, or the prefix
  bool is_prefix = false;
  std::int64_t depth = 0;  ///< levels below the prefix; 0: all
  std::string as;          ///< the name that the values are published under
  std::string datacenter;
  consul_kv::absence absence = absence::normal;
};

struct settings {
  common::http_server server;
  std::string token;
  std::string scope;  ///< "ns=…&partition=…", or empty
  std::vector<selection> keys;
  std::chrono::nanoseconds wait{};
  std::chrono::nanoseconds retry_max{};
};

/// Throws config_error for what the schema cannot judge.
settings read_settings(const options& table);

}  // namespace drcon::consul_kv
