// Watches entries of Consul's key-value store, each by a blocking query of its own, and publishes them as settings.
//
// Thread rule: everything on the strand given to it.
#pragma once

#include "common/consul_progress.hpp"
#include "common/http_answer.hpp"
#include "common/readiness.hpp"
#include "consul_kv/settings.hpp"

#include <drcon/context.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace drcon::consul_kv {

class watcher {
public:
  using work = std::function<boost::asio::awaitable<void>()>;
  using spawner = std::function<void(work begin, std::function<void(const std::string& why)> failed)>;

  /// `spawn` starts a coroutine on `strand`, and after an exception calls `failed` and starts it again; all of them end
  /// before the watcher does.
  watcher(settings settings, context host, boost::asio::any_io_executor strand, spawner spawn);
  watcher(const watcher&) = delete;
  watcher& operator=(const watcher&) = delete;

  boost::asio::awaitable<void> run();

private:
  boost::asio::awaitable<void> watch(const selection& entry);
  std::string target_of(const selection& entry, const common::consul::query_progress& progress) const;
  std::string take(const selection& entry, const common::http_answer& answer, common::consul::query_progress& progress);
  std::string read(const selection& entry, const common::http_answer& answer, std::uint64_t revision);
  void publish_nothing(const selection& entry);
  std::string why_missing(const selection& entry) const;
  void worked(const selection& entry);
  void failed(const selection& entry, const common::http_answer& answer, const std::string& why);
  void become_ready();
  void report_status();

  const settings settings_;
  const context host_;
  const boost::asio::any_io_executor strand_;
  const spawner spawn_;
  std::map<std::string, common::standing> standings_;  // by entry; "known" is one that is not there as well
  std::map<std::string, std::string> failures_;        // entry -> why its last query failed
  std::map<std::string, std::string> missing_;  // entry -> what the status says of it, since Consul has no such key
  bool was_ready_ = false;                      // from then on nothing waits for a required key
  common::readiness readiness_;                 // in an outage every entry fails
};

}  // namespace drcon::consul_kv
