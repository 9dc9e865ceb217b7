// Follows one Docker engine: its event stream, and its whole list at each connection and at an interval, so that a
// missed event leaves no stale endpoint.
//
// Thread rule: everything on the strand of its executor.
#pragma once

#include "common/backoff.hpp"
#include "common/http_client.hpp"
#include "docker/engine.hpp"
#include "docker/inspections.hpp"
#include "docker/publisher.hpp"
#include "docker/services.hpp"
#include "docker/settings.hpp"

#include <drcon/context.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <map>
#include <string>

namespace drcon::docker {

class watcher {
public:
  watcher(settings settings, context host, const boost::asio::any_io_executor& strand);
  watcher(const watcher&) = delete;
  watcher& operator=(const watcher&) = delete;

  /// Until cancelled.
  boost::asio::awaitable<void> run();

private:
  using clock = std::chrono::steady_clock;

  boost::asio::awaitable<std::string> follow();
  boost::asio::awaitable<void> recall();
  boost::asio::awaitable<std::string> listen();
  boost::asio::awaitable<std::string> work();
  boost::asio::awaitable<std::string> look_at_all();
  boost::asio::awaitable<std::string> look_at(std::string id);
  boost::asio::awaitable<common::http_answer> borrow_network(container& of);
  std::string unanswered(const std::string& id, const common::http_answer& answer);

  void take_event(const std::string& line);
  void look_soon();
  void all_looked_at();
  void publish();
  void report_status() const;
  clock::time_point next_deadline() const;

  settings settings_;
  context host_;
  boost::asio::steady_timer wake_;
  common::http_connection events_;
  common::http_connection questions_;
  std::string version_;  // "/v1.41"
  common::backoff backoff_;

  inventory inventory_;
  publisher publisher_;
  std::map<std::string, std::string> listed_;    // container -> its row in the engine's list, when it was last read
  std::map<std::string, std::string> troubles_;  // container -> why its state is unknown
  inspections to_look_at_;
  unsigned silent_in_a_row_ = 0;  // inspections that were not answered in time
  bool any_inspected_ = false;    // since the connection was made
  bool looked_ = false;           // at everything, since the connection was made
  bool ever_looked_ = false;      // at everything, at all
  std::chrono::nanoseconds look_interval_{};
  clock::time_point next_look_;    // at everything
  clock::time_point losses_from_;  // endpoints lost while the engine was unreachable may come back until then
};

}  // namespace drcon::docker
