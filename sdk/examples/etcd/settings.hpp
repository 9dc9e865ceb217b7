// The options of one instance, checked and in their own types.
#pragma once

#include <drcon/options.hpp>

#include <boost/asio/ssl/context.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace etcd {

/// One member of the cluster.
struct server {
  std::string url;   ///< for messages
  std::string host;  ///< without brackets
  std::string port;
  std::shared_ptr<boost::asio::ssl::context> tls;  ///< null: plain HTTP
};

struct settings {
  std::vector<server> servers;
  std::string prefix;
  std::vector<std::string> services;  ///< published from the start, with or without keys
  std::string user;                   ///< empty: no authentication
  std::string password;
  std::chrono::nanoseconds timeout{};
  std::chrono::nanoseconds check{};
  std::chrono::nanoseconds retry_max{};
  std::size_t max_answer = 0;
};

/// Throws drcon::config_error for what the schema cannot judge.
settings read_settings(const drcon::options& from);

}  // namespace etcd
