// Watches entries of Consul's key-value store, each by a blocking query of its own, and publishes them as settings.
//
// Thread rule: everything on the strand given to it.
#pragma once

#include "common/http_answer.hpp"
#include "consul_kv/settings.hpp"

#include <drcon/context.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>

namespace drcon::consul_kv {

class watcher {
public:
  using spawner = std::function<void(boost::asio::awaitable<void>)>;

  /// `spawn` starts a coroutine on `strand`; all of them end before the watcher does.
  watcher(settings settings, context host, boost::asio::any_io_executor strand, spawner spawn);
  watcher(const watcher&) = delete;
  watcher& operator=(const watcher&) = delete;

  boost::asio::awaitable<void> run();

private:
  // How far one entry is known: belongs to its coroutine.
  struct progress {
    std::uint64_t index = 0;  // 0: the next query is a plain one
    bool is_known = false;    // published since the last failure
  };

  boost::asio::awaitable<void> watch(const selection& entry);
  std::string target_of(const selection& entry, std::uint64_t index) const;
  std::string take(const selection& entry, const common::http_answer& answer, progress& reached);
  void failed(const selection& entry, const std::string& why);
  void report_status();

  const settings settings_;
  const context host_;
  const boost::asio::any_io_executor strand_;
  const spawner spawn_;
  std::set<std::string> unknown_;                // entries that have not been published yet
  std::map<std::string, std::string> failures_;  // entry -> why its last query failed
};

}  // namespace drcon::consul_kv
