// Follows the services of a swarm through one of its managers.
//
// The engine has no events of tasks on other nodes, so that services, tasks and nodes are read at an interval.
// Thread rule: everything on the strand of its executor.
#pragma once

#include "common/backoff.hpp"
#include "common/http_client.hpp"
#include "docker/publisher.hpp"
#include "docker/services.hpp"
#include "docker/settings.hpp"

#include <drcon/context.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace drcon::docker {

class swarm_watcher {
public:
  swarm_watcher(settings settings, context host, const boost::asio::any_io_executor& strand);
  swarm_watcher(const swarm_watcher&) = delete;
  swarm_watcher& operator=(const swarm_watcher&) = delete;

  /// Until cancelled.
  boost::asio::awaitable<void> run();

private:
  boost::asio::awaitable<std::string> look();
  boost::asio::awaitable<std::string> ask(const char* target, nlohmann::json& answer);
  void take(std::vector<container> tasks);

  settings settings_;
  context host_;
  boost::asio::steady_timer wake_;
  common::http_connection manager_;
  std::string version_;  // "/v1.41"; empty while there is no connection
  common::backoff backoff_;
  inventory inventory_;
  publisher publisher_;
};

}  // namespace drcon::docker
