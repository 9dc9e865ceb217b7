// Watches services of one Consul agent and publishes what it learns.
//
// With few services each has a blocking query of its own, on a connection of its own. Beyond the bound on connections,
// the services that changed last keep theirs ("direct"); the others take turns ("rotation"): two cheap blocking queries
// tell that something changed somewhere, and plain queries then find out what, suspects first.
// Thread rule: everything on the strand given to it.
#pragma once

#include "common/backoff.hpp"
#include "common/http_client.hpp"
#include "consul_http/answer.hpp"
#include "consul_http/bucket.hpp"
#include "consul_http/settings.hpp"

#include <drcon/context.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace drcon::consul {

class watcher {
public:
  using spawner = std::function<void(boost::asio::awaitable<void>)>;

  /// `spawn` starts a coroutine on `strand`; all of them end before the watcher does.
  watcher(settings from, context host, boost::asio::any_io_executor strand, spawner spawn);
  ~watcher();
  watcher(const watcher&) = delete;
  watcher& operator=(const watcher&) = delete;

  boost::asio::awaitable<void> run();

private:
  using clock = std::chrono::steady_clock;
  struct watch;
  struct slot;
  class idle_wait;
  using watch_ptr = std::shared_ptr<watch>;
  using slot_ptr = std::shared_ptr<slot>;

  // What is watched.
  void add(const selection& from, const std::string& name);
  void drop(const std::string& published);
  void balance();
  bool too_many() const;
  std::size_t direct_capacity() const;
  std::size_t rotation_workers() const;
  std::map<std::string, const selection*> places() const;
  void give_up_place(const watch_ptr& each);

  // The coroutines.
  boost::asio::awaitable<void> watch_directly(slot_ptr mine);
  boost::asio::awaitable<void> rotate(std::size_t number);
  boost::asio::awaitable<void> watch_catalog(selection place);
  boost::asio::awaitable<void> watch_checks(selection place);
  boost::asio::awaitable<void> show_figures();
  boost::asio::awaitable<void> pause(clock::duration length);
  common::backoff retries() const { return {settings_.retry_min, settings_.retry_max}; }

  // What answers mean.
  bool take(const watch_ptr& each, const common::http_answer& answer, std::optional<std::uint64_t> asked,
            clock::time_point started);
  void failed(const std::string& what, const common::http_answer& answer, const std::string& why);
  void worked(const std::string& what);
  bool nothing_works() const;
  void take_catalog(const selection& place, const catalog& now);
  void become_ready();
  bool is_connection_limit(const common::http_answer& answer) const;
  void limit_hit();
  void raise_limit();

  // Rotation.
  watch_ptr next_due(clock::time_point now, clock::duration& wait);
  void suspect(const std::string& service);
  void something_changed();
  void promote(const watch_ptr& each);
  void wake_rotation();

  void show_status();
  std::shared_ptr<common::http_connection> connection();
  std::size_t proven_connections() const;
  void count(const common::http_answer& answer) const;

  settings settings_;
  context host_;
  boost::asio::any_io_executor strand_;
  spawner spawn_;

  std::map<std::string, watch_ptr> watches_;  // by the name they are published under
  std::list<slot_ptr> slots_;
  std::list<watch_ptr> rotating_;  // longest unchecked first
  std::vector<boost::asio::steady_timer*> idle_;
  std::map<std::string, const selection*> catalogs_;  // places whose catalogue chooses services
  std::size_t catalogs_told_ = 0;
  std::map<std::string, catalog> catalogs_known_;  // by place
  bool rotation_runs_ = false;
  std::vector<std::weak_ptr<common::http_connection>> connections_;
  std::size_t allowed_;              // connections; fewer than the option after the agent's limit was met
  clock::time_point limit_since_{};  // when it was met, or when allowed_ was last raised
  std::string limit_fault_;

  std::set<std::string> failing_;  // what cannot be told now
  std::string last_fault_;
  bool away_ = false;
  bool ready_told_ = false;
  std::size_t untold_ = 0;

  clock::time_point last_change_{};  // when something was last known to change, anywhere
  clock::time_point round_start_{};
  double round_seconds_ = 0;
  bucket rotation_bucket_;
  bucket promotion_bucket_{20, 20};
};

}  // namespace drcon::consul
