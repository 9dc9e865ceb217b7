// The http source's options, checked and in their own types.
#pragma once

#include "common/http_answer.hpp"
#include "common/http_server.hpp"

#include <drcon/options.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace drcon::http {

/// How the server is asked for changes.
enum class watching {
  poll,   ///< at an interval
  index,  ///< it holds a request until the feed has another index than the request names
  etag,   ///< it holds a request until the feed has another entity tag than the request names
};

struct settings {
  std::string url;  ///< as written, for messages
  common::http_server server;
  std::string target;                        ///< of each request: path and query
  std::vector<common::http_header> headers;  ///< of each request
  watching how = watching::poll;
  std::string index_header;  ///< of answers, in lower case
  std::chrono::nanoseconds poll{};
  std::chrono::nanoseconds wait{};  ///< how long the server is asked to hold a request
  std::chrono::nanoseconds timeout{};
  std::chrono::nanoseconds retry_max{};
  std::size_t max_size = 0;  ///< in bytes; a larger feed is not used
};

/// Throws config_error for what the schema cannot judge.
settings read_settings(const options& table);

}  // namespace drcon::http
