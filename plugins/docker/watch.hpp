// Follows one Docker engine: its event stream, and its whole list at each connection and at an interval, so that a
// missed event leaves no stale endpoint.
//
// Thread rule: everything on the strand of its executor.
#pragma once

#include "common/backoff.hpp"
#include "common/http_client.hpp"
#include "docker/inspections.hpp"
#include "docker/services.hpp"
#include "docker/settings.hpp"

#include <drcon/context.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

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
  boost::asio::awaitable<std::string> agree_on_version();
  boost::asio::awaitable<void> recall();
  boost::asio::awaitable<std::string> listen();
  boost::asio::awaitable<std::string> work();
  boost::asio::awaitable<std::string> look_at_all();
  boost::asio::awaitable<std::string> look_at(std::string id);
  boost::asio::awaitable<common::http_answer> borrow_network(container& of);
  std::string unanswered(const std::string& id, const common::http_answer& answer);

  void take_event(const std::string& line);
  bool is_wanted(const container& each) const;
  void all_looked_at();
  void publish();
  bool would_lose(const std::string& service, const std::vector<endpoint>& now) const;
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
  std::map<std::string, std::string> listed_;    // container -> its row in the engine's list, when it was last read
  std::map<std::string, std::string> troubles_;  // container -> why its state is unknown
  inspections to_look_at_;
  unsigned silent_in_a_row_ = 0;   // inspections that were not answered in time
  bool any_inspected_ = false;     // since the connection was made
  bool looked_ = false;            // at everything, since the connection was made
  bool ever_looked_ = false;       // at everything, at all
  clock::time_point next_look_;    // at everything
  clock::time_point losses_from_;  // endpoints lost while the engine was unreachable may come back until then

  std::map<std::string, std::vector<endpoint>> published_;
  std::set<std::string> stale_;  // services to be published
};

}  // namespace drcon::docker
