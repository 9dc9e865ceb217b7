// What every watch asks of a Docker engine first: the version of its API that both speak; and how its faults read.
#pragma once

#include "common/http_client.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>

namespace drcon::docker {

/// Why an answer is none: `what` is what was asked for.
std::string fault_of(const common::http_answer& answer, const std::string& what);

/// The prefix of all further targets, "/v1.41"; or why there is none.
struct api_version {
  std::string prefix;
  bool is_podman = false;  ///< it has no event of a stop before the end
  std::string fault;
};
boost::asio::awaitable<api_version> agree_on_version(common::http_connection& engine, std::chrono::nanoseconds timeout);

}  // namespace drcon::docker
