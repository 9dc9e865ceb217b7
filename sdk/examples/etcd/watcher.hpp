// Follows the keys below a prefix: all of them once, then every change, on the first member that answers.
//
// While no member answers as it should, everything is "unknown" and the last state stands.
// Thread rule: everything on the strand of its executor.
#pragma once

#include "connection.hpp"
#include "services.hpp"
#include "settings.hpp"

#include <drcon/context.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <random>
#include <string>

namespace etcd {

class watcher {
public:
  watcher(settings from, drcon::context host, boost::asio::any_io_executor strand);
  watcher(const watcher&) = delete;
  watcher& operator=(const watcher&) = delete;

  /// Until cancelled.
  boost::asio::awaitable<void> run();

private:
  boost::asio::awaitable<std::string> follow(const server& member);
  boost::asio::awaitable<std::string> log_in(const server& member);
  boost::asio::awaitable<answer> ask(const server& member, std::string target, std::string body);
  boost::asio::awaitable<std::string> read_all(const server& member);
  boost::asio::awaitable<std::string> watch(const server& member);
  boost::asio::awaitable<std::string> listen(connection& events);
  boost::asio::awaitable<std::string> compare(const server& member);

  std::string hear(const std::string& line);
  void publish();
  void tell_left_out();
  void lost(const std::string& why);
  connection::limits limits() const { return {.timeout = settings_.timeout, .largest = settings_.max_answer}; }
  boost::asio::awaitable<void> pause(std::chrono::nanoseconds length);
  std::chrono::nanoseconds next_pause();

  settings settings_;
  drcon::context host_;
  boost::asio::any_io_executor executor_;
  services services_;
  std::string token_;           // of the last login
  std::int64_t revision_ = 0;   // of etcd, up to which everything is known
  bool from_the_start_ = true;  // the keys must be read again, though nothing is wrong
  std::chrono::nanoseconds pause_{};
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace etcd
