// Requests to one Consul agent, several at a time, on the caller's thread.
//
// Thread rule: owned by one thread, which its functions block.
#pragma once

#include "common/http_client.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace drcon::consul_catalog {

struct target_settings {
  common::http_server server;
  std::string token;
  std::string scope;  ///< "ns=…&partition=…", or empty
  std::chrono::nanoseconds timeout{};
};

class target {
public:
  explicit target(target_settings options);
  ~target();
  target(const target&) = delete;
  target& operator=(const target&) = delete;

  struct request {
    bool put = true;
    std::string target;  ///< without the scope
    std::string body;
  };

  /// Sends the requests and returns the answers, in the same order. Once a connection fails, or a stop is requested,
  /// the others are not sent, and have a fault as well.
  std::vector<common::http_answer> ask(const std::vector<request>& all, const std::stop_token& stop);

private:
  boost::asio::awaitable<void> work(common::http_connection& over, const std::vector<request>& all, std::size_t& next,
                                    std::vector<common::http_answer>& answers, const std::stop_token& stop);
  std::string with_scope(const std::string& target) const;

  const target_settings options_;
  boost::asio::io_context context_{1};
  std::vector<std::unique_ptr<common::http_connection>> connections_;
};

}  // namespace drcon::consul_catalog
