// DNS questions to several servers in turn.
//
// When a server fails, only refers to others, or has no right to say that there is nothing, the next one is asked. The
// reason of each server is kept for the status.
// Thread rule: everything on its executor, a strand; held by the coroutines that use it.
#pragma once

#include "consul_dns/answer.hpp"
#include "consul_dns/channel.hpp"
#include "consul_dns/message.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace drcon::consul_dns {

struct resolver_options {
  std::vector<std::string> servers;  ///< "127.0.0.1:8600", "[::1]:53"; asked in turn
  transport over = transport::tcp;
  std::chrono::nanoseconds timeout{};  ///< for each server
  bool authoritative = true;           ///< only an authority may say that there is no such service
};

struct dns_answer {
  verdict found;   ///< with a fault: the reason of every server
  message parsed;  ///< empty when there is no message
  std::size_t bytes = 0;
  bool met_silence = false;  ///< a server that was asked has not answered, whatever the next one says
};

class resolver {
public:
  resolver(boost::asio::any_io_executor executor, resolver_options options);

  /// Never throws for what a network or server can do; operation_aborted when it is cancelled.
  boost::asio::awaitable<dns_answer> ask(std::string name, record_type type);

  transport over() const { return options_.over; }

private:
  using clock = std::chrono::steady_clock;
  struct server {
    std::string address;
    std::shared_ptr<channel> current;
    int questions;  // over one connection
    clock::time_point limited_at{};
  };
  boost::asio::awaitable<reply> exchange(server& which, const std::vector<unsigned char>& query);
  boost::asio::awaitable<dns_answer> ask_one(server& which, const std::vector<unsigned char>& query, record_type type);
  std::shared_ptr<channel> channel_to(server& which);

  boost::asio::any_io_executor executor_;
  const resolver_options options_;
  std::vector<server> servers_;
  std::size_t preferred_ = 0;  // the server that answered last
};

}  // namespace drcon::consul_dns
