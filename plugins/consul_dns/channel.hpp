// One c-ares channel to one server, with its sockets and time-outs on Asio.
//
// c-ares sends many questions over one connection and matches the answers to them. It has no event loop, it never gives
// up a connection that has gone silent, and servers close a connection after some number of questions. So a channel is
// used up at some point, and the next question needs a new one. Thread rule: its executor, a strand; held by the
// coroutines that wait on it, so that it ends there too.
#pragma once

#include "consul_dns/received_messages.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <ares.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace drcon::consul_dns {

enum class transport { tcp, udp };

struct reply {
  std::vector<unsigned char> bytes;
  std::string why;    ///< why there are no bytes; empty when there are
  bool lost = false;  ///< the connection could not be made, or was closed
  /// c-ares gave up well before the time-out that was set: from 1.32 on it expects that a server keeps its pace. A new
  /// channel has no such expectation.
  bool too_early = false;
};

class channel : public std::enable_shared_from_this<channel> {
public:
  /// Throws std::runtime_error when the server cannot be used.
  channel(boost::asio::any_io_executor executor, const std::string& server, transport over,
          std::chrono::nanoseconds timeout);
  /// Answers what is under way, and closes the sockets.
  ~channel();
  channel(const channel&) = delete;
  channel& operator=(const channel&) = delete;

  /// Never throws for what a network or server can do; operation_aborted when it is cancelled.
  boost::asio::awaitable<reply> ask(std::vector<unsigned char> query);

  /// The next question needs a new channel, where the server takes so many over one connection.
  bool used_up(int most_questions) const { return broken_ || asked_ >= most_questions; }
  /// Questions that were answered.
  int answers() const { return answers_; }

  static constexpr int udp_payload = 4096;  ///< offered by EDNS; beyond it servers set TC, or cut

private:
  struct direction;
  struct watched;
  static void socket_changed(void* owner, ares_socket_t socket, int readable, int writable);
  void watch(ares_socket_t socket, bool readable, bool writable);
  void wait(ares_socket_t socket, const std::shared_ptr<watched>& which, direction watched::*which_way);
  void arm_timer();

  boost::asio::any_io_executor executor_;
  boost::asio::steady_timer timer_;
  std::chrono::nanoseconds timeout_;
  std::map<ares_socket_t, std::shared_ptr<watched>> sockets_;
  received_messages received_;  // outlives the channel of c-ares, which puts into it
  ares_channel ares_ = nullptr;
  int asked_ = 0;
  int answers_ = 0;
  bool broken_ = false;
};

}  // namespace drcon::consul_dns
